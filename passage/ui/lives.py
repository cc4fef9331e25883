"""How long points live, as sentences with a date that can be checked in a calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from passage.engine.expiry import Expiry, ExpiryKind, active_from, expires_at, idle_until
from passage.engine.lots import NEVER
from passage.ui.wording import day_text


def life_sentences(expiry: Expiry, /, *, pending_days: int, at: datetime, zone: str) -> list[str]:
    """The policy, the wait before they can be used, and what both come to for points that are earned at ``at``."""
    said = [_policy(expiry, zone)]
    if pending_days:
        days = ngettext("Usable after %(days)s day.", "Usable after %(days)s days.", pending_days)
        said.append(days % {"days": pending_days})
    place = ZoneInfo(zone)
    start = active_from(pending_days=pending_days, at=at, zone=place)
    end = expires_at(expiry, start=start, zone=place)
    if expiry.kind is ExpiryKind.INACTIVITY:
        end = idle_until(expiry, active_at=at, zone=place)
    values = {"day": day_text(at, zone=zone), "start": day_text(start, zone=zone)}
    if end == NEVER:
        return said
    values["last"] = day_text(end - timedelta(seconds=1), zone=zone)
    if pending_days:
        said.append(_("Earned on %(day)s: usable from %(start)s to %(last)s.") % values)
    else:
        said.append(_("Earned on %(day)s: usable until %(last)s.") % values)
    return said


def _policy(expiry: Expiry, zone: str) -> str:
    count = expiry.count
    match expiry.kind:
        case ExpiryKind.NONE:
            pattern = _("They never end.")
        case ExpiryKind.DAYS:
            pattern = ngettext(
                "They end %(count)s day after they can be used.",
                "They end %(count)s days after they can be used.",
                count,
            )
        case ExpiryKind.END_OF_MONTH:
            pattern = ngettext(
                "They end with the month, %(count)s month later.",
                "They end with the month, %(count)s months later.",
                count,
            )
        case ExpiryKind.END_OF_YEAR:
            pattern = ngettext(
                "They end with the year, %(count)s year later.", "They end with the year, %(count)s years later.", count
            )
        case ExpiryKind.FIXED_DATE:
            pattern = _("They all end on %(day)s.")
        case ExpiryKind.INACTIVITY:
            pattern = ngettext(
                "All of them end %(count)s day after the last purchase.",
                "All of them end %(count)s days after the last purchase.",
                count,
            )
    return pattern % {"count": count, "day": day_text(expiry.on, zone=zone) if expiry.on else ""}

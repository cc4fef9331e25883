"""How levels are won and lost, as sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from passage.engine.tiers import Downgrade, TierPolicy, Window


def policy_sentences(policy: TierPolicy, /) -> list[str]:
    said = [_counted(policy)]
    if policy.window is Window.LIFETIME:
        said.append(_("A level that was reached stays."))
    elif policy.downgrade is Downgrade.ONE_STEP:
        said.append(_("Who did not earn enough in the period goes down by one level."))
    else:
        said.append(_("Who did not earn enough in the period goes to the level that was earned."))
    if policy.grace_days and policy.window is not Window.LIFETIME:
        days = ngettext(
            "That happens %(days)s day after the period has ended.",
            "That happens %(days)s days after the period has ended.",
            policy.grace_days,
        )
        said.append(days % {"days": policy.grace_days})
    if policy.revoke_on_return:
        said.append(_("A return takes away the level that the purchase had reached."))
    return said


def _counted(policy: TierPolicy) -> str:
    match policy.window:
        case Window.LIFETIME:
            return _("Everything ever earned counts.")
        case Window.CALENDAR_YEAR:
            return _("What was earned in the calendar year counts.")
        case Window.ROLLING_MONTHS:
            months = ngettext(
                "What was earned in the last %(months)s month counts.",
                "What was earned in the last %(months)s months counts.",
                policy.months,
            )
            return months % {"months": policy.months}

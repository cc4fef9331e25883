"""How long who stays away is kept: the setting, and the night's work that follows from it (F-95)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from passage.audit.actions import note
from passage.members.models import Member
from passage.privacy import queries
from passage.privacy.actions.erasing import erase
from passage.privacy.models import Erasure, Notice, Retention
from passage.programme.errors import Refused
from passage.programme.models import Programme

LONGEST_MONTHS, LONGEST_NOTICE = 240, 365
AT_ONCE = 500


@transaction.atomic
def set_retention(*, programme: Programme, months: int, notice_days: int, by: str, at: datetime) -> Retention:
    """From tonight on. 0 months keeps everybody for ever. Raises ``Refused("out_of_range")``."""
    if not 0 <= months <= LONGEST_MONTHS:
        raise Refused("out_of_range", field="months", params={"limit": LONGEST_MONTHS})
    if not 0 <= notice_days <= LONGEST_NOTICE:
        raise Refused("out_of_range", field="notice_days", params={"limit": LONGEST_NOTICE})
    row: Retention
    row, _made = Retention.objects.update_or_create(
        programme=programme, defaults={"months": months, "notice_days": notice_days}
    )
    subject = f"programme:{programme.slug}"
    note(
        programme=programme, by=by, verb="retention.set", subject=subject, at=at, months=months, notice_days=notice_days
    )
    return row


def forget_absent(*, programme: Programme, at: datetime, by: str = "system:retention") -> int:
    """Unmarks who came back, forgets those whose day has come, and marks who has now stayed away too long.

    How many were forgotten. Safe to run again; a person at a time, so that a stop in between harms nobody.
    """
    kept = queries.retention(programme)
    if not kept.months:
        Notice.objects.of(programme).delete()
        return 0
    since = queries.limit_of(programme, months=kept.months, at=at)
    absent = queries.absent(programme, since=since)
    Notice.objects.of(programme).exclude(member__in=absent).delete()
    today = at.astimezone(ZoneInfo(programme.zone)).date()
    due = Notice.objects.of(programme).filter(erase_on__lte=today).order_by("id").values_list("member_id", flat=True)
    forgotten = sum(_forget(programme, pk, since=since, by=by, at=at) for pk in list(due[:AT_ONCE]))
    new = [
        Notice(programme=programme, member=member, erase_on=today + timedelta(days=kept.notice_days), made_at=at)
        for member in absent.filter(notice=None)[: 10 * AT_ONCE]
    ]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    return forgotten


@transaction.atomic
def _forget(programme: Programme, pk: int, *, since: datetime, by: str, at: datetime) -> int:
    """Looked at once more: somebody may have come back this very night."""
    member: Member | None = queries.absent(programme, since=since).filter(pk=pk).first()
    if member is None:
        return 0
    erase(member=member, why=Erasure.Why.ABSENT, by=by, at=at)
    return 1

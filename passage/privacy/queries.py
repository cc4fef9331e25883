"""Who has stayed away for too long, and what the programme has decided about them."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from passage.cards.models import Card
from passage.engine.expiry import add_months, start_of_day
from passage.ledger import queries as ledger
from passage.members.models import Consent, Member, MemberQuerySet
from passage.privacy.models import Erasure, Notice, Retention
from passage.programme.models import Programme
from passage.purchases import queries as purchases
from passage.rewards.models import Redemption


def retention(programme: Programme) -> Retention:
    """The setting, also where nobody has touched it yet."""
    found: Retention | None = Retention.objects.of(programme).first()
    return found or Retention(programme=programme)


def limit_of(programme: Programme, *, months: int, at: datetime) -> datetime:
    """Whoever was last seen before this moment has stayed away for ``months``."""
    zone = ZoneInfo(programme.zone)
    return start_of_day(add_months(at.astimezone(zone).date(), -months), zone)


def absent(programme: Programme, *, since: datetime) -> MemberQuerySet:
    """Members of whom nothing was seen since: no purchase, return, reward, entry, card, consent or enrolment.

    That points ended by themselves is nothing that a member does, nor is a mail that we sent.
    """
    kept = Member.objects.of(programme).filter(
        status__in=(Member.Status.ACTIVE, Member.Status.BLOCKED), joined_at__lt=since
    )
    mine = OuterRef("pk")
    seen = (
        purchases.seen_since(programme, since=since).filter(member=mine),
        Redemption.objects.of(programme).filter(Q(made_at__gte=since), member=mine),
        Consent.objects.of(programme).filter(Q(at__gte=since), member=mine),
        Card.objects.of(programme).filter(Q(changed_at__gte=since), member=mine),
        ledger.active_since(programme, since=since).filter(account__member=mine),
    )
    for rows in seen:
        kept = kept.filter(~Exists(rows))
    # What happened under a record that was joined to theirs is theirs too.
    aliases = Member.objects.of(programme).filter(merged_into=OuterRef("pk"))
    active = reduce(or_, (Q(Exists(rows)) for rows in seen)) | Q(joined_at__gte=since)
    members: MemberQuerySet = kept.filter(~Exists(aliases.filter(active))).order_by("id")
    return members


def notices(programme: Programme, *, limit: int) -> list[Notice]:
    """Those who will be forgotten unless they come back, the nearest first."""
    rows = Notice.objects.of(programme).select_related("member")
    return list(rows.order_by("erase_on", "id")[:limit])


def notice_of(member: Member) -> Notice | None:
    found: Notice | None = Notice.objects.of(member.programme_id).filter(member=member).first()
    return found


def erased(programme: Programme) -> int:
    """How many persons have been forgotten."""
    return int(Erasure.objects.of(programme).count())


def erasure_of(member: Member) -> Erasure | None:
    found: Erasure | None = Erasure.objects.of(member.programme_id).filter(public_id=member.public_id).first()
    return found

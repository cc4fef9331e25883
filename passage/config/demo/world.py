"""Building the demo's world: all of it or nothing, and the same one for the same moment, seed and size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from passage.config.demo.backroom import set_out
from passage.config.demo.cast import cast
from passage.config.demo.chain import SHOPS, SLUG, found_chain, found_empty
from passage.config.demo.people import neighbours
from passage.config.demo.year import Regular, Year
from passage.programme.models import Programme

MEMBERS = 500
DAYS = 400  # a year, and a month more, so that there are points that have ended and tiers that were reviewed
SEED = 1795
EARLY = 0.6  # of the members, those who join in the first month
FIRST_MONTH = 30


@dataclass(frozen=True, slots=True)
class Built:
    """What there is now; ``secret`` is the text of the chain's key, to be had only here."""

    secret: str
    members: int
    sales: int
    returns: int
    refused: int


def is_built() -> bool:
    return Programme.objects.filter(slug=SLUG).exists()


@transaction.atomic
def build(
    *, now: datetime, members: int = MEMBERS, days: int = DAYS, seed: int = SEED, tell: Callable[[float], None]
) -> Built:
    """Both programmes, with ``days`` of history that end at ``now``. ``tell`` is given how much is done, 0 to 1."""
    rng = Random(seed)  # noqa: S311 - a story, not a secret
    today = now.astimezone(ZoneInfo("Europe/Warsaw")).date()
    first = today - timedelta(days=days)
    chain = found_chain(opened=now - timedelta(days=days + 1), now=now, members=members)
    regulars = _regulars(rng, members=members, first=first, today=today, days=days)
    year = Year(chain=chain, regulars=regulars, rng=rng, now=now)
    for number in range(days + 1):
        year.live(first + timedelta(days=number))
        tell((number + 1) / (days + 1))
    set_out(chain, regulars, now=now)
    found_empty(now=now)
    return Built(chain.secret, members, year.sales, year.returns, year.refused)


def _regulars(rng: Random, *, members: int, first: date, today: date, days: int) -> list[Regular]:
    named = [
        Regular(
            each.person,
            joins=first,
            account=each.account,
            errands={today - timedelta(days=errand.days_ago): errand for errand in each.errands},
        )
        for each in cast()
    ]
    others = islice(neighbours(rng, shops=tuple(SHOPS), first=len(named) + 1), max(members - len(named), 0))
    return [*named, *(Regular(person, joins=_joins(rng, first, days)) for person in others)]


def _joins(rng: Random, first: date, days: int) -> date:
    """Many when the programme began, the others one by one."""
    span = min(FIRST_MONTH, days) if rng.random() < EARLY else days
    return first + timedelta(days=rng.randrange(span))

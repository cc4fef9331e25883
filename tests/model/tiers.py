"""A person's tier at a moment: by credits, the scheme, and reviews at their due moments (E-40). Never by the balance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.model.amounts import months_later


@dataclass
class Scheme:
    """``steps`` are credits by the name of the tier; ``window`` lifetime, calendar_year or rolling_months."""

    steps: dict[str, int] = field(default_factory=dict)
    window: str = "lifetime"
    months: int = 12
    grace_days: int = 0
    one_step: bool = False  # a downgrade goes down by one
    revoke: bool = True  # a return takes the upgrade with it


@dataclass
class Credit:
    """``counts`` when the sale was, ``happened`` when it was earned or taken back."""

    counts: datetime
    happened: datetime
    points: int


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def begins(scheme: Scheme, at: datetime, zone: ZoneInfo) -> datetime:
    """From when on credits count at ``at``."""
    day = at.astimezone(zone).date()
    if scheme.window == "calendar_year":
        return midnight(date(day.year, 1, 1), zone)
    if scheme.window == "rolling_months":
        return midnight(months_later(day, -scheme.months), zone)
    return datetime.min.replace(tzinfo=UTC)


def due(scheme: Scheme, since: datetime, zone: ZoneInfo) -> datetime | None:
    """When a tier held since then is judged for a downgrade."""
    day = since.astimezone(zone).date()
    if scheme.window == "calendar_year":
        return midnight(date(day.year + 1, 1, 1) + timedelta(days=scheme.grace_days), zone)
    if scheme.window == "rolling_months":
        return midnight(months_later(day, scheme.months) + timedelta(days=scheme.grace_days), zone)
    return None


def best(scheme: Scheme, credits: int) -> str:
    reached = [name for name, least in scheme.steps.items() if credits >= least]
    return max(reached, key=lambda name: scheme.steps[name], default="")


def tier_at(scheme: Scheme, credits: Sequence[Credit], at: datetime, zone: ZoneInfo, *, before: bool = False) -> str:
    """The tier at ``at``; ``before``: the one that a purchase at that moment earns at."""

    def known(each: Credit, moment: datetime) -> bool:
        # Where an upgrade is kept, what comes back later does not count yet at this moment.
        return scheme.revoke or each.happened <= moment

    def summed(start: datetime, end: datetime, moment: datetime) -> int:
        return sum(each.points for each in credits if start <= each.counts <= end and known(each, moment))

    held, since = "", datetime.min.replace(tzinfo=UTC)
    moments = sorted({each.counts for each in credits if each.counts < at or (each.counts == at and not before)})
    for moment in [*moments, None]:
        while held and (end := due(scheme, since, zone)) is not None:
            if end > (moment or at) or (before and end >= at):
                break
            held, since = _reviewed(scheme, held, end, summed, zone), end
        if moment is None:
            break
        reached = best(scheme, summed(begins(scheme, moment, zone), moment, moment))
        if scheme.steps.get(reached, 0) > scheme.steps.get(held, 0):
            held, since = reached, moment
    return held


def _reviewed(scheme, held, end, summed, zone) -> str:  # type: ignore[no-untyped-def]
    """The window that has just ended, its grace not counted, decides (E-40)."""
    last = midnight(end.astimezone(zone).date() - timedelta(days=scheme.grace_days), zone)
    deserved = best(
        scheme, summed(begins(scheme, last - timedelta(days=1), zone), last - timedelta(microseconds=1), end)
    )
    if scheme.steps.get(deserved, 0) >= scheme.steps[held]:
        return deserved
    if scheme.one_step:
        lower = [name for name, least in scheme.steps.items() if least < scheme.steps[held]]
        return max(lower, key=lambda name: scheme.steps[name], default="")
    return deserved

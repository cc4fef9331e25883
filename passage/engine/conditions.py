"""Does a rule or a reward apply here, now, to this member? If not: why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from passage.engine.basket import Line
from passage.engine.facts import Facts, Moment, Terms, celebration_year
from passage.engine.reasons import Step, WhyNot, why_not
from passage.engine.rules import Conditions


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who, where and when, without any basket.

    ``promised_at``: points were reserved then and are still held. What the calendar allowed then, it still allows.
    """

    facts: Facts
    moment: Moment
    terms: Terms
    promised_at: datetime | None = None

    @property
    def days(self) -> tuple[datetime, ...]:
        """The local moments of which one has to suit the calendar, the present one first."""
        promised = () if self.promised_at is None else (self.promised_at.astimezone(self.terms.tz),)
        return (self.moment.local(self.terms), *promised)


@dataclass(frozen=True, slots=True)
class Case:
    """What conditions are held against. ``basis`` is what counts of the ``lines``, minor units."""

    basis: int
    lines: Sequence[Line]
    currency: str
    facts: Facts
    moment: Moment
    terms: Terms
    promised_at: datetime | None = None

    @property
    def circumstances(self) -> Circumstances:
        return Circumstances(self.facts, self.moment, self.terms, self.promised_at)


def failing(when: Conditions, case: Case, *, name: str) -> Step | None:
    """The first condition that does not hold, as a reason; None when all hold."""
    return (
        _currency(when, name, case.currency, case.terms)
        or failing_without_basket(when, case.circumstances, name=name)
        or _purchase(when, name, case.facts)
        or _basket(when, name, case.basis, case.lines)
    )


def failing_without_basket(
    when: Conditions, now: Circumstances, *, name: str, is_place_known: bool = True
) -> Step | None:
    """As `failing`, of what can be judged before there is a basket. A place that is not known yet is judged later."""
    checks: tuple[Callable[[], Step | None], ...] = (
        lambda: _at_any(now.days, lambda local: _calendar(when, name, local)),
        lambda: _place(when, name, now.moment.shop) if is_place_known else None,
        lambda: _person(when, name, now.facts),
        lambda: _at_any(now.days, lambda local: _feast(when, name, now.facts, local, now.terms)),
    )
    return next((step for check in checks if (step := check()) is not None), None)


def needs_basket(when: Conditions, terms: Terms) -> bool:
    """Whether some condition is about a purchase, so that it holds for nothing that is handed out without one."""
    is_other_currency = when.currency not in ("", terms.currency)
    return is_other_currency or bool(when.minimum or when.any_of or when.all_of or when.first_purchase)


def feast_year(when: Conditions, facts: Facts, day: date, terms: Terms) -> int | None:
    """The year whose birthday or name day is celebrated on ``day`` by what is given once a year; None for all else."""
    for within, feast in ((when.birthday_days, facts.birthday), (when.name_day_days, facts.name_day)):
        if within is not None and feast is not None:
            return celebration_year(feast, on=day, within=within, leap_on_28th=terms.leap_day_on_28th)
    return None


def _at_any(moments: Sequence[datetime], check: Callable[[datetime], Step | None]) -> Step | None:
    """What fails at the first of the moments, unless it holds at another one."""
    steps = [check(moment) for moment in moments]
    return None if None in steps else steps[0]


def _currency(when: Conditions, name: str, currency: str, terms: Terms) -> Step | None:
    wanted = when.currency or terms.currency
    if currency != wanted:
        return why_not(WhyNot.WRONG_CURRENCY, rule=name, currency=wanted)
    return None


def _calendar(when: Conditions, name: str, local: datetime) -> Step | None:
    if when.starts and local.date() < when.starts:
        return why_not(WhyNot.NOT_YET, rule=name, starts=when.starts.isoformat())
    if when.ends and local.date() > when.ends:
        return why_not(WhyNot.OVER, rule=name, ended=when.ends.isoformat())
    if when.weekdays and local.isoweekday() not in when.weekdays:
        days = ",".join(str(day) for day in when.weekdays)
        return why_not(WhyNot.WRONG_DAY, rule=name, weekdays=days)
    minute = local.hour * 60 + local.minute
    if when.hours and not any(start <= minute < end for start, end in when.hours):
        hours = ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in when.hours)
        return why_not(WhyNot.WRONG_HOUR, rule=name, hours=hours)
    return None


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _place(when: Conditions, name: str, shop: str) -> Step | None:
    if when.shops and shop not in when.shops:
        return why_not(WhyNot.WRONG_SHOP, rule=name)
    return None


def _person(when: Conditions, name: str, facts: Facts) -> Step | None:
    if when.tiers and facts.tier not in when.tiers:
        return why_not(WhyNot.WRONG_TIER, rule=name, tiers=",".join(when.tiers))
    if when.tags and not set(when.tags) & set(facts.tags):
        return why_not(WhyNot.WRONG_TAG, rule=name, tags=",".join(when.tags))
    return None


def _purchase(when: Conditions, name: str, facts: Facts) -> Step | None:
    if when.first_purchase and not facts.first_purchase:
        return why_not(WhyNot.NOT_FIRST_PURCHASE, rule=name)
    return None


def _feast(when: Conditions, name: str, facts: Facts, local: datetime, terms: Terms) -> Step | None:
    feasts = (
        (when.birthday_days, facts.birthday, WhyNot.NOT_BIRTHDAY),
        (when.name_day_days, facts.name_day, WhyNot.NOT_NAME_DAY),
    )
    for within, day, code in feasts:
        if within is None:
            continue
        if day is None or not _feast_near(day, local, within, terms):
            return why_not(code, rule=name)
    return None


def _feast_near(day: tuple[int, int], local: datetime, within: int, terms: Terms) -> bool:
    year = celebration_year(day, on=local.date(), within=within, leap_on_28th=terms.leap_day_on_28th)
    return year is not None


def _basket(when: Conditions, name: str, basis: int, lines: Sequence[Line]) -> Step | None:
    if when.minimum and basis < when.minimum:
        return why_not(WhyNot.MINIMUM_NOT_REACHED, rule=name, minimum=when.minimum, basis=max(basis, 0))
    bought = [line for line in lines if line.amount >= 0]  # not what was taken back in exchange
    if when.any_of and not any(when.any_of.matches(line) for line in bought):
        return why_not(WhyNot.PRODUCT_MISSING, rule=name, products=when.any_of.text())
    products = {line.product for line in bought}
    categories = {category for line in bought for category in line.categories}
    missing = [code for code in when.all_of.products if code not in products]
    missing += [code for code in when.all_of.categories if code not in categories]
    if missing:
        return why_not(WhyNot.PRODUCT_MISSING, rule=name, products=",".join(missing))
    return None

"""Earning rules as values: what earns, for whom, when, and within which limits.

Plain dataclasses with a ``kind`` tag, so that they read from and write to JSON without a parser of
our own. Rule versions are immutable once used (E-37); ``version`` names the version, ``family`` the
rule through all its versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from passage.engine.basket import Line
from passage.engine.money import MAX_AMOUNT, MAX_BALANCE, ceil_div, in_range

# Read by whoever turns JSON into these values: a misspelt word is an error, never ignored.
STRICT_READING: dict[str, str] = {"extra": "forbid"}
MINUTES_OF_A_DAY = 24 * 60
MAX_MINUTES = 7 * MINUTES_OF_A_DAY
MAX_FEAST_DAYS = 180  # beyond half a year the next feast is nearer


class Rounding(StrEnum):
    FLOOR = "floor"
    HALF_UP = "half_up"
    CEIL = "ceil"


class OnReturn(StrEnum):
    RECOMPUTE = "recompute"
    PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True)
class PerAmount:
    """``points`` for each ``step`` minor units of the basis.

    Proportional by default (3 points per 2.00 give 1 point for 0.67); ``whole_steps`` pays only full
    steps. With ``carry`` the remainder waits on the account for the next sale (E-03) and rounding
    is always down; without it each sale is rounded once by ``rounding`` (E-02).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    points: int
    step: int
    whole_steps: bool = False
    carry: bool = True
    rounding: Rounding = Rounding.FLOOR
    kind: Literal["per_amount"] = "per_amount"

    def __post_init__(self) -> None:
        in_range("points", self.points, 1, MAX_AMOUNT)
        in_range("step", self.step, 1, MAX_AMOUNT)

    def weight(self, amount: int) -> int:
        """The exact contribution of ``amount``, in ``1/step`` of what one step pays."""
        return amount if self.whole_steps else amount * self.points

    @property
    def per_step(self) -> int:
        return self.points if self.whole_steps else 1

    def alone(self, amount: int) -> int:
        """Points of this amount by itself, without any remainder of other sales."""
        weight = self.weight(amount)
        steps = weight // self.step
        if not self.carry and self.rounding is Rounding.CEIL:
            steps = -(-weight // self.step)
        if not self.carry and self.rounding is Rounding.HALF_UP:
            steps = (2 * weight + self.step) // (2 * self.step)
        return steps * self.per_step

    @property
    def least(self) -> int:
        """The smallest amount that earns anything by itself, minor units."""
        weight = self.step
        if not self.carry and self.rounding is Rounding.CEIL:
            weight = 1
        if not self.carry and self.rounding is Rounding.HALF_UP:
            weight = ceil_div(self.step, 2)
        return weight if self.whole_steps else ceil_div(weight, self.points)


@dataclass(frozen=True, slots=True)
class PerVisit:
    """``points`` for a visit; a second visit within ``minutes_between`` in the same shop gives none (E-39)."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    points: int
    minutes_between: int = 10
    kind: Literal["per_visit"] = "per_visit"

    def __post_init__(self) -> None:
        in_range("minutes_between", self.minutes_between, 0, MAX_MINUTES)
        in_range("points", self.points, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class PerUnit:
    """``points`` for each piece of the selected products."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    points: int
    kind: Literal["per_unit"] = "per_unit"

    def __post_init__(self) -> None:
        in_range("points", self.points, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A bonus of ``points`` once per sale."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    points: int
    kind: Literal["fixed"] = "fixed"

    def __post_init__(self) -> None:
        in_range("points", self.points, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class Multiplier:
    """The base points of the sale times ``num``/``den``: adds base x (num - den) / den, rounded down."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    num: int
    den: int = 1
    kind: Literal["multiplier"] = "multiplier"

    def __post_init__(self) -> None:
        in_range("den", self.den, 1, 1000)
        in_range("num", self.num, 1, 1000 * self.den)
        if self.num <= self.den:
            raise ValueError("a multiplier is greater than one")


class Occasion(StrEnum):
    JOINED = "joined"
    BIRTHDAY = "birthday"
    NAME_DAY = "name_day"


@dataclass(frozen=True, slots=True)
class Event:
    """``points`` for something that is no purchase: once for joining, once a year for a feast (E-41)."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    points: int
    on: Occasion
    kind: Literal["event"] = "event"

    def __post_init__(self) -> None:
        in_range("points", self.points, 1, MAX_AMOUNT)


Earns = PerAmount | PerVisit | PerUnit | Fixed | Multiplier | Event


@dataclass(frozen=True, slots=True)
class Selection:
    """Products by code or by category; an empty selection selects nothing in particular."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.products or self.categories)

    def matches(self, line: Line) -> bool:
        return line.product in self.products or any(c in self.categories for c in line.categories)

    def text(self) -> str:
        return ",".join((*self.products, *self.categories))


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that are set must hold. Dates, weekdays (1 = Monday) and hours are the programme's local time.

    ``hours`` are pairs of minutes of the day [from, until); ``minimum`` is in minor units of the
    eligible basis; ``any_of`` needs one matching line, ``all_of`` one for each code.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    starts: date | None = None
    ends: date | None = None
    weekdays: tuple[int, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    shops: tuple[str, ...] = ()
    minimum: int = 0
    currency: str = ""
    any_of: Selection = Selection()
    all_of: Selection = Selection()
    tiers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    first_purchase: bool = False
    birthday_days: int | None = None
    name_day_days: int | None = None

    def __post_init__(self) -> None:
        for day in self.weekdays:
            in_range("weekday, from Monday to Sunday,", day, 1, 7)
        for start, end in self.hours:
            in_range("start of the hours in minutes of the day", start, 0, MINUTES_OF_A_DAY - 1)
            in_range("end of the hours, after their start,", end, start + 1, MINUTES_OF_A_DAY)
        in_range("minimum in minor units", self.minimum, 0, MAX_AMOUNT)
        for within in (self.birthday_days, self.name_day_days):
            if within is not None:
                in_range("days around a feast", within, 0, MAX_FEAST_DAYS)


@dataclass(frozen=True, slots=True)
class Limits:
    """Points per sale, local day and member; times per local day and member. None is no limit."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    sale: int | None = None
    day: int | None = None
    member: int | None = None
    times_day: int | None = None
    times_member: int | None = None

    def __post_init__(self) -> None:
        for limit in (self.sale, self.day, self.member, self.times_day, self.times_member):
            if limit is not None:
                in_range("limit", limit, 0, MAX_BALANCE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of an earning rule. Within a ``group`` only the best for the member applies (E-38)."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    version: int
    family: int
    name: str
    unit: str
    earns: Earns
    only: Selection = Selection()
    exclude: Selection = Selection()
    exclude_discounted: bool = False
    when: Conditions = Conditions()
    limits: Limits = Limits()
    priority: int = 0
    group: str = ""
    on_return: OnReturn = OnReturn.RECOMPUTE

    @property
    def asks_history(self) -> bool:
        """Whether what it gives depends on the member's other purchases; a remainder alone does not count."""
        limits, when = self.limits, self.when
        counted = (limits.day, limits.member, limits.times_day, limits.times_member)
        is_feast = when.birthday_days is not None or when.name_day_days is not None
        waits = isinstance(self.earns, PerVisit) and self.earns.minutes_between > 0
        return when.first_purchase or is_feast or waits or any(limit is not None for limit in counted)

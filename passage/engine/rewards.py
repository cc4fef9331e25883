"""Rewards as values: what points, stamps or purse money can be turned into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from passage.engine.money import MAX_AMOUNT, in_range
from passage.engine.rules import STRICT_READING, Conditions, Selection

MOST_PIECES = 1000  # how many pieces one reward may touch
ALWAYS = Conditions()


class Settlement(StrEnum):
    """A discount lowers the price and its VAT; a tender pays the full price (E-06)."""

    DISCOUNT = "discount"
    TENDER = "tender"


class FreeStyle(StrEnum):
    """How the till writes a free product (E-07): fiscal printers differ."""

    DISCOUNT = "discount"
    PRICE_ZERO = "price_zero"
    SYMBOLIC = "symbolic"  # 0.01 is left to pay


class Pick(StrEnum):
    DEAREST = "dearest"
    CHEAPEST = "cheapest"


@dataclass(frozen=True, slots=True)
class FreeProduct:
    """One piece of one of ``products`` for nothing."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    products: Selection
    style: FreeStyle = FreeStyle.DISCOUNT
    kind: Literal["free_product"] = "free_product"


@dataclass(frozen=True, slots=True)
class ValueOff:
    """``amount`` minor units off the whole order."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    amount: int
    kind: Literal["value_off"] = "value_off"

    def __post_init__(self) -> None:
        in_range("amount", self.amount, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class PercentOff:
    """``percent_bp`` basis points off the whole order, at most ``cap`` minor units."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    percent_bp: int
    cap: int | None = None
    kind: Literal["percent_off"] = "percent_off"

    def __post_init__(self) -> None:
        in_range("percent_bp", self.percent_bp, 1, 10_000)
        if self.cap is not None:
            in_range("cap", self.cap, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class ProductDiscount:
    """Off up to ``most`` pieces of the selected products: ``percent_bp`` or ``amount`` each."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    products: Selection
    percent_bp: int = 0
    amount: int = 0
    most: int = 1
    pick: Pick = Pick.DEAREST
    kind: Literal["product_discount"] = "product_discount"

    def __post_init__(self) -> None:
        in_range("percent_bp", self.percent_bp, 0, 10_000)
        in_range("amount", self.amount, 0, MAX_AMOUNT)
        in_range("most", self.most, 1, MOST_PIECES)
        if bool(self.percent_bp) == bool(self.amount):
            raise ValueError("a product discount is either a percentage or an amount")


@dataclass(frozen=True, slots=True)
class Cashback:
    """Points as money: each is worth ``worth`` minor units; the amount is chosen at the till.

    ``least`` is the smallest amount offered, minor units. The last cents may always be paid:
    points round up, the bill is never overpaid (E-08).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    worth: int
    least: int = 1
    kind: Literal["cashback"] = "cashback"

    def __post_init__(self) -> None:
        in_range("worth", self.worth, 1, MAX_AMOUNT)
        in_range("least", self.least, 1, MAX_AMOUNT)


Gives = FreeProduct | ValueOff | PercentOff | ProductDiscount | Cashback


@dataclass(frozen=True, slots=True)
class Reward:
    """One version of a catalogue item. ``cost`` is in ``unit``; cashback is priced by its worth instead."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT_READING
    version: int
    family: int
    name: str
    unit: str
    cost: int
    gives: Gives
    settlement: Settlement = Settlement.DISCOUNT
    when: Conditions = ALWAYS
    per_member: int | None = None

    def __post_init__(self) -> None:
        priced_by_worth = isinstance(self.gives, Cashback)
        in_range("cost", self.cost, 0 if priced_by_worth else 1, MAX_AMOUNT)
        if self.per_member is not None:
            in_range("per_member", self.per_member, 1, MAX_AMOUNT)


@dataclass(frozen=True, slots=True)
class Had:
    """How often a person has had a reward, or holds it, besides the claim that is judged; and for which years' feasts."""

    times: int = 0
    feasts: tuple[int, ...] = ()


NEVER_HAD = Had()


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward chosen for an order. ``key`` names it; ``amount`` is the wish for cashback, None: all.

    ``points`` is what was reserved, the most the claim may cost; None where nothing was. ``is_held``: the reservation
    still holds them, so that they need not be free. ``promised_at`` is when that was, None where it is over.
    ``granted``: it was judged and taken off this very bill before, so that no condition is held against it again.
    """

    key: str
    reward: Reward
    amount: int | None = None
    points: int | None = None
    is_held: bool = False
    promised_at: datetime | None = None
    had: Had = NEVER_HAD
    granted: bool = False

    def __post_init__(self) -> None:
        if self.amount is not None:
            in_range("amount", self.amount, 1, MAX_AMOUNT)
        if self.points is not None:
            in_range("points", self.points, 0, MAX_AMOUNT)

"""Rewards meet the basket: what each takes off which line, and what it costs in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from passage.engine.basket import Line
from passage.engine.conditions import Case, Circumstances, failing, feast_year
from passage.engine.facts import Facts, Moment, Terms
from passage.engine.money import ceil_div, half_up, split
from passage.engine.reasons import Step, WhyNot, why_not
from passage.engine.rewards import (
    MOST_PIECES,
    Cashback,
    Claim,
    FreeProduct,
    FreeStyle,
    Had,
    PercentOff,
    Pick,
    ProductDiscount,
    Reward,
    Settlement,
    ValueOff,
)
from passage.engine.rules import Selection
from passage.engine.settled import OUTSIDE, SettledLine, payable_by_points


@dataclass(frozen=True, slots=True)
class Applied:
    """A claim on the bill: ``value`` minor units, spread over the lines, for ``points`` of its unit.

    ``lost`` is what the points were worth beyond the bill (E-08).
    """

    claim: Claim
    points: int
    value: int
    per_line: tuple[int, ...]
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """What claims are judged by: points free per unit, debts, and who, where, when."""

    currency: str
    available: dict[str, int]
    debt: dict[str, int]
    facts: Facts
    moment: Moment
    terms: Terms


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a reward would take off, before asking whether the member can afford it."""

    per_line: tuple[int, ...]
    cost: int
    lost: int = 0


def in_order(claims: Sequence[Claim]) -> list[Claim]:
    """Product rewards first, then the order's value, then its percentage, money last; else as given."""
    rank = {FreeProduct: 0, ProductDiscount: 1, ValueOff: 2, PercentOff: 3, Cashback: 4}
    return sorted(claims, key=lambda claim: rank[type(claim.reward.gives)])


def apply_claim(claim: Claim, lines: Sequence[SettledLine], counter: Counter) -> Applied | Step:
    """Take the claim off the lines, or say why not. Never more than is left to pay, never below zero."""
    reward = claim.reward
    case = Case(
        basis=sum(line.paid for line in lines if line.line.kind not in OUTSIDE),
        lines=[line.line for line in lines],
        currency=counter.currency,
        facts=counter.facts,
        moment=counter.moment,
        terms=counter.terms,
        promised_at=claim.promised_at,
    )
    refused = (
        None
        if claim.granted
        else (
            failing(reward.when, case, name=reward.name)
            or used_up(reward, case.circumstances, claim.had)
            or _indebted(claim, counter)
        )
    )
    if refused is not None:
        return refused
    offer = _offer(claim, lines, counter)
    if isinstance(offer, Step):
        return offer
    value = sum(offer.per_line)
    if value == 0:
        return why_not(WhyNot.NOTHING_TO_PAY, rule=reward.name)
    have = _have(claim, counter)
    if offer.cost > have:
        return _insufficient(reward, offer.cost, have)
    return Applied(claim, offer.cost, value, offer.per_line, offer.lost)


def put_on(lines: Sequence[SettledLine], applied: Applied) -> tuple[SettledLine, ...]:
    """The lines after an applied claim: cheaper for a discount, partly paid for a tender."""
    tender = applied.claim.reward.settlement is Settlement.TENDER
    return tuple(
        replace(line, tendered=line.tendered + part) if tender else replace(line, discount=line.discount + part)
        for line, part in zip(lines, applied.per_line, strict=True)
    )


def used_up(reward: Reward, now: Circumstances, had: Had) -> Step | None:
    """Whether the person has had it as often as they may: ever, and what is for a feast once in its year (E-41)."""
    if reward.per_member is not None and had.times >= reward.per_member:
        return why_not(WhyNot.LIMIT_REACHED, rule=reward.name, limit=reward.per_member)
    if had.feasts and feast_of(reward, now) in had.feasts:
        return why_not(WhyNot.CAP_REACHED, rule=reward.name, cap="year", limit=1)
    return None


def feast_of(reward: Reward, now: Circumstances) -> int | None:
    """The year of the feast that the reward is for, today or when it was promised; None where it is for none."""
    years = (feast_year(reward.when, now.facts, local.date(), now.terms) for local in now.days)
    return next((year for year in years if year is not None), None)


def _indebted(claim: Claim, counter: Counter) -> Step | None:
    """A debt keeps free points from being spent; what a reservation holds was promised before."""
    debt = counter.debt.get(claim.reward.unit, 0)
    if debt and not claim.is_held:
        return why_not(WhyNot.IN_DEBT, rule=claim.reward.name, debt=debt)
    return None


def _have(claim: Claim, counter: Counter) -> int:
    """The most it may cost: what is held for it, or what is free and no more than was once reserved (E-15)."""
    free = counter.available.get(claim.reward.unit, 0)
    if claim.points is None:
        return free
    return claim.points if claim.is_held else min(free, claim.points)


def _insufficient(reward: Reward, cost: int, have: int) -> Step:
    return why_not(WhyNot.INSUFFICIENT_POINTS, rule=reward.name, missing=cost - have, available=have)


def _offer(claim: Claim, lines: Sequence[SettledLine], counter: Counter) -> _Offer | Step:
    gives, cost = claim.reward.gives, claim.reward.cost
    match gives:
        case FreeProduct():
            return _free_product(claim.reward, gives, lines)
        case ProductDiscount():
            return _product_discount(claim.reward, gives, lines)
        case ValueOff():
            per_line = _over_order(lines, gives.amount)
            return _Offer(per_line, cost, lost=gives.amount - sum(per_line))
        case PercentOff():
            whole = half_up(Fraction(min(sum(_room(lines)), _due(lines)) * gives.percent_bp, 10_000))
            return _Offer(_over_order(lines, whole if gives.cap is None else min(whole, gives.cap)), cost)
        case Cashback():
            return _cashback(claim, gives, lines, counter)
        case _:
            assert_never(gives)


def _due(lines: Sequence[SettledLine]) -> int:
    """What is left to pay of the whole bill. Goods taken back in exchange lower it, never below zero (E-46)."""
    return max(sum(line.paid for line in lines), 0)


def _room(lines: Sequence[SettledLine]) -> list[int]:
    """What can still come off each line: nothing off deposits, tips, gift cards and goods taken back."""
    return [0 if line.line.kind in OUTSIDE else max(line.paid, 0) for line in lines]


def _over_order(lines: Sequence[SettledLine], amount: int) -> tuple[int, ...]:
    room = _room(lines)
    return split(min(amount, sum(room), _due(lines)), room)


def _pieces(lines: Sequence[SettledLine], wanted: Selection) -> list[tuple[int, int]]:
    """(price left to pay, line index) of the pieces of the wanted products: earlier claims took the dearest whole."""
    pieces: list[tuple[int, int]] = []
    for index, each in enumerate(lines):
        if each.line.amount < 0 or each.line.kind in OUTSIDE or not wanted.matches(each.line):
            continue
        left = max(each.paid, 0)
        for price in _prices(each.line):
            pieces.append((min(price, left), index))
            left -= min(price, left)
    return pieces


def _prices(line: Line) -> list[int]:
    """The price of each piece of a line, cheapest first; of very many, as many as a reward may touch."""
    price, dearer = divmod(line.amount, line.units)
    return [price] * min(line.units - dearer, MOST_PIECES) + [price + 1] * min(dearer, MOST_PIECES)


def _free_product(reward: Reward, gives: FreeProduct, lines: Sequence[SettledLine]) -> _Offer | Step:
    pieces = _pieces(lines, gives.products)
    if not pieces:
        return why_not(WhyNot.PRODUCT_NOT_IN_BASKET, rule=reward.name, products=gives.products.text())
    price, index = max(pieces, key=lambda piece: (piece[0], -piece[1]))
    if gives.style is FreeStyle.SYMBOLIC:
        price = max(price - 1, 0)
    per_line = [0] * len(lines)
    per_line[index] = min(price, _due(lines))
    return _Offer(tuple(per_line), reward.cost)


def _product_discount(reward: Reward, gives: ProductDiscount, lines: Sequence[SettledLine]) -> _Offer | Step:
    pieces = _pieces(lines, gives.products)
    if not pieces:
        return why_not(WhyNot.PRODUCT_NOT_IN_BASKET, rule=reward.name, products=gives.products.text())
    sign = -1 if gives.pick is Pick.DEAREST else 1
    paying = [piece for piece in pieces if piece[0]]
    chosen = sorted(paying, key=lambda piece: (sign * piece[0], piece[1]))[: gives.most]
    most = [0] * len(lines)
    for price, index in chosen:
        most[index] += min(gives.amount, price) if gives.amount else price
    whole = sum(most) if gives.amount else half_up(Fraction(sum(most) * gives.percent_bp, 10_000))
    return _Offer(split(min(whole, _due(lines)), most), reward.cost)


def _cashback(claim: Claim, gives: Cashback, lines: Sequence[SettledLine], counter: Counter) -> _Offer | Step:
    room = payable_by_points(lines)
    due = min(sum(room), _due(lines))
    least = min(gives.least, due)
    have = _have(claim, counter)
    wish = min(due, have * gives.worth if claim.amount is None else claim.amount)
    if due and not have:
        return _insufficient(claim.reward, ceil_div(least, gives.worth), have)
    if wish < least:
        return why_not(WhyNot.BELOW_STEP, rule=claim.reward.name, minimum=least)
    points = ceil_div(wish, gives.worth)
    return _Offer(split(wish, room), points, points * gives.worth - wish)

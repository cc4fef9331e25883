"""Any basket, rule, reward and till: what the property tests draw from, small enough to meet every corner."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from passage.engine.basket import PIECE, Basket, Line, LineKind, Tender, TenderKind
from passage.engine.rewards import (
    Cashback,
    Claim,
    FreeProduct,
    FreeStyle,
    PercentOff,
    Pick,
    ProductDiscount,
    Settlement,
    ValueOff,
)
from passage.engine.rules import (
    Conditions,
    Fixed,
    Limits,
    Multiplier,
    OnReturn,
    PerAmount,
    PerUnit,
    PerVisit,
    Rounding,
    Selection,
)
from passage.engine.settle import Purse
from passage.engine.tests.world import TERMS, Till, reward, rule

PRODUCTS = ("roll", "latte", "cake")
amounts = st.integers(0, 50_000)
choices = st.sampled_from(
    [Selection(products=(each,)) for each in PRODUCTS] + [Selection(categories=("food",)), Selection()]
)


@st.composite
def lines(draw, key, *, negative=True):
    return Line(
        id=key,
        amount=draw(st.integers(-5_000 if negative else 0, 20_000)),
        quantity=draw(st.sampled_from([PIECE, 2 * PIECE, 3 * PIECE, 7 * PIECE, 345])),
        product=draw(st.sampled_from(PRODUCTS)),
        categories=draw(st.sampled_from([(), ("food",)])),
        kind=draw(st.sampled_from([LineKind.PRODUCT] * 6 + list(LineKind))),
        vat_bp=draw(st.sampled_from([None, 0, 500, 550, 800, 1000, 2000, 2300])),
        discounted=draw(st.booleans()),
        measured=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def baskets(draw, *, negative=True):
    count = draw(st.integers(1, 6))
    bought = tuple(draw(lines(str(number), negative=negative)) for number in range(count))
    tenders = draw(st.lists(st.builds(Tender, st.sampled_from(list(TenderKind)), amounts), max_size=2))
    return Basket(currency="EUR", lines=bought, tenders=tuple(tenders))


gives = st.one_of(
    st.builds(ValueOff, st.integers(1, 30_000)),
    st.builds(PercentOff, st.integers(1, 10_000), st.none() | st.integers(1, 5_000)),
    st.builds(FreeProduct, choices, st.sampled_from(list(FreeStyle))),
    st.builds(ProductDiscount, choices, percent_bp=st.integers(1, 10_000), most=st.integers(1, 5)),
    st.builds(ProductDiscount, choices, amount=st.integers(1, 900), pick=st.sampled_from(list(Pick))),
    st.builds(Cashback, st.sampled_from([1, 5, 7, 100]), st.sampled_from([1, 500])),
)


@st.composite
def claims(draw):
    return tuple(
        Claim(
            key=str(number),
            reward=reward(each, cost=draw(st.integers(1, 200)), settlement=draw(st.sampled_from(list(Settlement)))),
            amount=draw(st.none() | st.integers(1, 9_000)) if isinstance(each, Cashback) else None,
            points=(points := draw(st.none() | st.integers(0, 400))),
            is_held=points is not None and draw(st.booleans()),
        )
        for number, each in enumerate(draw(st.lists(gives, max_size=3)))
    )


earnings = st.one_of(
    st.builds(
        PerAmount,
        points=st.integers(1, 7),
        step=st.sampled_from([1, 7, 100, 200, 5_000]),
        whole_steps=st.booleans(),
        carry=st.booleans(),
        rounding=st.sampled_from(list(Rounding)),
    ),
    st.builds(PerVisit, st.integers(1, 20)),
    st.builds(PerUnit, st.integers(1, 5)),
    st.builds(Fixed, st.integers(1, 50)),
    st.builds(lambda num, den: Multiplier(num=num + den, den=den), st.integers(1, 5), st.integers(1, 3)),
)
conditions = st.builds(
    Conditions, minimum=st.sampled_from([0, 0, 2_000, 8_000]), any_of=st.sampled_from([Selection()] * 2) | choices
)
limits = st.builds(Limits, sale=st.none() | st.integers(0, 300), day=st.none() | st.integers(0, 300))


@st.composite
def rules(draw):
    return tuple(
        rule(
            earns,
            family=family,
            unit=draw(st.sampled_from(["points", "points", "stamps"])),
            only=draw(st.sampled_from([Selection()] * 2) | choices),
            exclude=draw(st.sampled_from([Selection()] * 4) | choices),
            exclude_discounted=draw(st.booleans()),
            when=draw(conditions),
            limits=draw(limits),
            priority=draw(st.integers(-1, 1)),
            group=draw(st.sampled_from(["", "", "g", "h"])),
            on_return=draw(st.sampled_from(list(OnReturn))),
        )
        for family, earns in enumerate(draw(st.lists(earnings, min_size=1, max_size=5)), start=1)
    )


terms = st.builds(
    lambda **chosen: replace(TERMS, **chosen),
    basis_with_tax=st.booleans(),
    delivery_earns=st.booleans(),
    points_paid_earns=st.booleans(),
    gift_card_paid_earns=st.booleans(),
)


@st.composite
def tills(draw, *, restore=None):
    chosen = draw(terms)
    return Till(
        rules=draw(rules()),
        claims=draw(claims()),
        purses={"points": Purse(available=draw(st.integers(0, 2_000)))},
        terms=replace(chosen, restore=restore) if restore else chosen,
    )

"""A quote can be held against the sale: what it promised is signed, short-lived, and about that very sale."""

from dataclasses import replace
from datetime import timedelta

import pytest

from passage.engine.basket import Basket, Line
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.purchases import quote_tokens
from passage.purchases.queries import quote
from passage.purchases.values import MemberRef, Sale
from tests.cast import AT, BY, CARD, a_bakery

pytestmark = pytest.mark.django_db
NOON = AT + timedelta(days=30)


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def sale():
    basket = Basket("PLN", (Line("1", 1290, product="bread", vat_bp=500),))
    return Sale(client_id="q", occurred_at=NOON, basket=basket, member=MemberRef(card=CARD), shop="rynek")


@pytest.fixture
def asked(cast, sale):
    source = programmes.add_source(programme=cast.bakery, code="s", name="S", by=BY, at=AT)
    return quote(programme=cast.bakery, source=source, sale=sale, at=NOON)


@pytest.fixture
def text(cast, sale, asked):
    return quote_tokens.signed(
        sale, programme=cast.bakery, member=cast.anna.public_id, settlement=asked.settlement, at=NOON
    )


def held(cast, text, sale, settlement, *, at=NOON, member=None):
    promise = quote_tokens.read(text, programme=cast.bakery, at=at)
    return quote_tokens.broken(promise, sale, member=member or cast.anna.public_id, settlement=settlement)


def test_a_promise_that_is_kept_or_bettered_says_nothing(cast, text, sale, asked):
    assert held(cast, text, sale, asked.settlement) is None
    cheaper = {**asked.settlement, "payable": asked.settlement["payable"] - 100}
    assert held(cast, text, sale, cheaper) is None
    # When and how it is paid is no part of it, nor what the sale is called.
    assert held(cast, text, replace(sale, client_id="x", receipt="7"), asked.settlement) is None


def test_what_the_member_would_lose_is_said_in_numbers(cast, text, sale, asked):
    dearer = {**asked.settlement, "payable": 1300}
    assert held(cast, text, sale, dearer) == {"payable": 1300, "promised": 1290}
    fewer = {**asked.settlement, "earned": [{"unit": "points", "points": 10}]}
    assert held(cast, text, sale, fewer) == {"fewer": {"points": 14}}


def refused(code, work):
    with pytest.raises(Refused) as caught:
        work()
    assert caught.value.code == code


def test_a_promise_is_about_one_sale_of_one_member_in_one_programme(cast, text, sale, asked):
    other = replace(sale, basket=Basket("PLN", (Line("1", 1300),)))
    refused("quote_other", lambda: held(cast, text, other, asked.settlement))
    refused("quote_other", lambda: held(cast, text, sale, asked.settlement, member=cast.bakery.public_id))
    refused("quote_unknown", lambda: quote_tokens.read(text, programme=cast.stranger.programme, at=NOON))


def test_a_promise_ends_after_five_minutes_and_is_never_forged(cast, text):
    refused(
        "quote_expired",
        lambda: quote_tokens.read(text, programme=cast.bakery, at=NOON + timedelta(minutes=5, seconds=1)),
    )
    for forged in ("", "x", text[:-1], text.replace(text[3], "A" if text[3] != "A" else "B", 1)):
        refused("quote_unknown", lambda forged=forged: quote_tokens.read(forged, programme=cast.bakery, at=NOON))

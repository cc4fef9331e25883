"""The till in a real browser, as a clerk uses it, in French and in Polish."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.counter import Counter

LANGUAGES = ("fr-FR", "pl-PL")
in_both_languages = pytest.mark.parametrize("locale", list(LANGUAGES), indirect=True)


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def test_a_sale_with_a_member_earns_points(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino")
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    expect(page.locator(".figure-big.plus")).to_contain_text("+52")
    assert Purchase.objects.count() == 1

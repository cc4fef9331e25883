"""Undo, return by line, void and move at the till, with what becomes of points and rewards shown before it is done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.cast import BY

Kind = Purchase.Kind


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter(points=0)


@pytest.fixture
def sold(page: Page, counter: Counter) -> Page:
    """Two loaves and a coffee for Anna: 39.70, 78 points."""
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Chleb wiejski", "Cappuccino")
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    at.settled(page)
    assert balance(counter) == 78
    return page


def balance(counter: Counter) -> int:
    return ledger.balances(counter.cast.anna, at=at.now())[0].balance


def kinds() -> list[str]:
    return list(Purchase.objects.order_by("id").values_list("kind", flat=True))


def open_sale(page: Page) -> None:
    at.next_order(page)
    at.go(page, "history")
    page.locator(".tile-row").first.click()


@in_both_languages
def test_a_clerk_undoes_a_sale_at_once(sold: Page, counter: Counter, locale: str) -> None:
    sold.locator(".till-pay section:first-child .btn").last.click()
    assert english(sold, locale[:2]) == []
    sold.locator("dialog .btn-error").click()
    expect(sold.locator(".till-goods")).to_be_visible()
    at.settled(sold)
    assert balance(counter) == 0


@in_both_languages
def test_a_return_by_line_shows_what_it_takes_before_it_is_done(sold: Page, counter: Counter, locale: str) -> None:
    open_sale(sold)
    assert english(sold, locale[:2]) == []
    sold.locator("dialog [data-step=return]").click()
    sold.locator("dialog [role=group]").first.locator(".btn").last.click()
    sold.locator("dialog .btn-primary").click()
    told = sold.locator("dialog .sheet")
    expect(told).to_contain_text("12")  # 12.90 to give back
    expect(told).to_contain_text("26")
    assert english(sold, locale[:2]) == []
    assert kinds() == [Kind.SALE]
    sold.locator("dialog .btn-error").click()
    at.settled(sold)
    assert kinds() == [Kind.SALE, Kind.RETURN]
    assert balance(counter) == 52


@in_both_languages
def test_a_void_needs_the_managers_pin(sold: Page, counter: Counter, locale: str) -> None:
    open_sale(sold)
    sold.locator("dialog [data-step=void]").click()
    sold.locator("dialog input").fill("Pomyłka")
    sold.keyboard.press("Enter")
    expect(sold.locator("dialog .sheet").first).to_be_visible()
    sold.get_by_role("button", name="Maria").click()
    assert english(sold, locale[:2]) == []
    sold.keyboard.type("0000")
    sold.keyboard.press("Enter")
    expect(sold.locator("dialog .tone-error")).to_be_visible()
    sold.keyboard.type(at.MARIAS)
    sold.keyboard.press("Enter")
    expect(sold.locator("dialog[open]")).to_have_count(0)
    at.settled(sold)
    assert kinds() == [Kind.SALE, Kind.VOID]
    assert balance(counter) == 0


def test_a_sale_is_given_to_the_right_member(page: Page, counter: Counter) -> None:
    other = members.enrol(programme=counter.cast.bakery, by=BY, at=at.now(), first_name="Iga", phone="602 000 111")
    at.open_till(page, counter, name="Maria", pin=at.MARIAS)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    at.settled(page)
    open_sale(page)
    page.locator("dialog [data-step=move]").click()
    page.locator("dialog form input").first.fill("602000111")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .tone-success")).to_contain_text("Iga")
    page.locator("dialog .btn-error").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    at.settled(page)
    assert balance(counter) == 0
    assert ledger.balances(other, at=at.now())[0].balance == 24


def test_a_forgotten_card_is_found_again_by_the_code_on_the_receipt(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.to_payment(page)
    at.pay(page)
    code = page.locator(".paper-code").inner_text()
    at.settled(page)
    at.next_order(page)
    at.go(page, "history")
    expect(page.locator("form[role=search] button")).to_be_enabled()
    page.locator("form[role=search] input").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator(".tile-row")).to_have_count(1)
    expect(page.locator("form[role=search] button")).to_be_enabled()  # while it looks, it takes no other question
    page.locator("form[role=search] input").fill("ZZZZZ-ZZZZZ")
    page.keyboard.press("Enter")
    expect(page.locator(".tile-row")).to_have_count(0)

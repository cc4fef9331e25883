"""Restaurants and mixed payments: tables, covers, split bills, tips, parts, change, notes, weights."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from passage.journal.models import TillOperation
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def tender(page: Page, kind: str, amount: str = "") -> None:
    if amount:
        page.locator(".till-pay form input").last.fill(amount)
    page.locator(f"[data-tender={kind}]").click()


@in_both_languages
def test_a_bill_is_split_by_goods_and_each_part_has_its_own_member(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino", "Cappuccino")
    at.seat(page, table="12", covers=3)
    page.locator(".till-ticket .btn-ghost").nth(1).click()
    page.locator("dialog li [role=group] .btn").last.click()
    assert english(page, locale[:2]) == []
    page.locator("dialog .btn-primary").last.click()
    expect(page.locator(".till-lines li")).to_have_count(1)
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    at.next_order(page)
    page.locator(".till-tabs .fascia-link", has_text="12").click()
    at.to_payment(page)
    at.pay(page)
    at.settled(page)
    rows = list(Purchase.objects.order_by("id"))
    assert [(row.total, row.member) for row in rows] == [(1390, counter.cast.anna), (2680, None)]
    told = [operation.payload for operation in TillOperation.objects.order_by("id")]
    assert {each["table"] for each in told} == {"12"}
    assert len({each["order"] for each in told}) == 1  # both are parts of one order


def test_a_bill_is_paid_in_equal_parts_by_three(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    page.locator(".till-ticket .btn-ghost").nth(1).click()
    for _ in range(2):
        page.locator("dialog section").first.locator("[role=group] .btn").last.click()
    page.locator("dialog .btn-primary").first.click()
    for part in ("4.64", "4.63", "4.63"):
        expect(page.locator("[data-left]")).to_contain_text(part)
        tender(page, "card")
    expect(page.locator(".paper")).to_be_visible()
    at.settled(page)
    [row] = Purchase.objects.all()
    assert [each["amount"] for each in row.basket["tenders"]] == [1390]


@in_both_languages
def test_parts_in_cash_and_by_card_with_a_tip_and_change(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Woda")
    at.to_payment(page)
    page.locator(".till-pay section:first-child > .btn").last.click()
    page.locator(".till-pay section:first-child form input").fill("2")
    page.keyboard.press("Enter")
    tender(page, "card", "10")
    expect(page.locator("[data-left]")).to_contain_text("10,30")
    assert english(page, locale[:2]) == []
    tender(page, "cash", "15")
    expect(page.locator(".paper")).to_contain_text("4,70")  # the change
    expect(page.locator(".figure-huge")).to_contain_text("4,70")
    at.settled(page)
    [row] = Purchase.objects.all()
    lines = [(line.get("kind", "product"), line["amount"]) for line in row.basket["lines"]]
    assert lines == [("product", 1290), ("product", 490), ("deposit", 50), ("tip", 200)]
    assert [(each["kind"], each["amount"]) for each in row.basket["tenders"]] == [("card", 1000), ("cash", 1030)]


def test_a_card_never_takes_more_than_is_due_and_a_payment_can_be_taken_back(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.to_payment(page)
    tender(page, "gift_card", "5")
    page.locator(".till-pay .sheet .btn").click()
    expect(page.locator("[data-left]")).to_contain_text("12.90")
    tender(page, "card", "50")
    expect(page.locator(".paper")).to_be_visible()
    at.settled(page)
    assert [each["amount"] for each in Purchase.objects.get().basket["tenders"]] == [1290]


def test_weighed_goods_a_note_and_a_typed_amount(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Sernik")
    page.locator("dialog input").fill("0,345")
    page.keyboard.press("Enter")
    page.locator(".till-line").first.click()
    page.locator("dialog input").fill("na wynos")
    page.keyboard.press("Enter")
    expect(page.locator(".till-line").first).to_contain_text("na wynos")
    page.locator(".till-goods .btn").first.click()
    page.locator("dialog input").first.fill("abc")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .field-error")).to_be_visible()
    page.locator("dialog input").first.fill("7.50")
    page.keyboard.press("Enter")
    at.to_payment(page)
    at.pay(page)
    expect(page.locator(".paper")).to_contain_text("na wynos")
    at.settled(page)
    lines = Purchase.objects.get().basket["lines"]
    assert [(line["amount"], line.get("quantity", 1000)) for line in lines] == [(2381, 345), (750, 1000)]


def test_lines_are_counted_up_taken_off_and_an_order_is_cleared(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Kajzerka", "Chleb wiejski")
    page.locator(".till-line").first.click()
    page.locator("dialog [role=group] .btn").last.click()
    page.keyboard.press("Escape")
    expect(page.locator(".till-line .num").first).to_have_text("2")
    page.locator(".till-line").last.click()
    page.locator("dialog .btn-error").click()
    expect(page.locator(".till-line")).to_have_count(1)
    page.locator(".till-ticket .btn-ghost").nth(2).click()
    page.locator("dialog .btn-error").click()
    expect(page.locator(".till-line")).to_have_count(0)

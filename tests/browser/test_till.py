"""The till in a real browser, as a clerk uses it, in French and in Polish: pairing, orders, the loyalty button."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from passage.programme.models import Key
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.cast import CARD, PASSWORD

LANGUAGES = ("fr-FR", "pl-PL")
in_both_languages = pytest.mark.parametrize("locale", list(LANGUAGES), indirect=True)
EVERYTHING_KEPT = """async () => {
    const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
        for (const store of db.objectStoreNames) {
            const rows = db.transaction(store).objectStore(store).getAll();
            found.push(JSON.stringify(await new Promise((done) => (rows.onsuccess = () => done(rows.result)))));
        }
        db.close();
    }
    return found.join("\\n");
}"""


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


@in_both_languages
def test_a_device_is_paired_by_code_and_works_at_once(page: Page, counter: Counter, locale: str) -> None:
    page.goto("/till/")
    expect(page.locator("main form")).to_be_visible()
    assert english(page, locale[:2]) == []
    at.open_till(page, counter)
    assert english(page, locale[:2]) == []
    assert Key.objects.filter(till=counter.till, revoked_at=None).count() == 1


@in_both_languages
def test_a_device_is_paired_by_log_in_and_keeps_no_password(page: Page, counter: Counter, locale: str) -> None:
    page.goto("/till/")
    page.locator(".join .btn").nth(4).click()
    page.locator("input[type=email]").fill("maria@example.org")
    page.locator("input[type=password]").fill("a wrong password")
    page.keyboard.press("Enter")
    expect(page.locator(".field-error")).to_be_visible()
    assert english(page, locale[:2]) == []
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Piotr")).to_be_visible()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert "pk_" in kept
    assert PASSWORD not in kept


def test_a_wrong_pin_says_how_often_it_may_still_be_wrong(page: Page, counter: Counter) -> None:
    at.pair(page, counter)
    at.enter_pin(page, "Piotr", "9999")
    expect(page.locator(".notice")).to_contain_text("4")
    page.keyboard.type(at.PIOTRS)
    page.keyboard.press("Enter")
    expect(page.locator(".till-goods")).to_be_visible()


@in_both_languages
def test_the_loyalty_service_is_switched_off_and_says_what_is_missing(
    page: Page, counter: Counter, locale: str
) -> None:
    at.open_till(page, counter, name="Maria", pin=at.MARIAS)
    expect(at.loyalty(page)).to_be_visible()
    at.go(page, "settings")
    expect(page.locator("section li.plus")).to_have_count(6)
    assert english(page, locale[:2]) == []
    page.locator("input[role=switch]").click()
    expect(page.locator("input[role=switch]")).not_to_be_checked()
    at.go(page, "sell")
    expect(page.locator("button[data-loyalty]")).to_have_count(0)
    page.reload()
    at.enter_pin(page, "Maria", at.MARIAS)
    expect(page.locator("button[data-loyalty]")).to_have_count(0)
    at.ring_up(page, "Kajzerka")
    at.to_payment(page)
    at.pay(page)
    at.next_order(page)
    assert not Purchase.objects.exists()
    at.go(page, "settings")
    page.locator("input[role=switch]").click()
    expect(page.locator("input[role=switch]")).to_be_checked()
    at.settled(page)
    assert Purchase.objects.count() == 1


@in_both_languages
def test_the_loyalty_button_says_in_words_who_is_attached_everywhere(page: Page, counter: Counter, locale: str) -> None:
    word = {"fr": "Fidélité", "pl": "Lojalność"}[locale[:2]]
    at.open_till(page, counter)
    expect(at.loyalty(page)).to_have_text(word)
    page.locator(".till-ticket .btn-ghost").first.click()
    expect(page.locator("dialog button[data-loyalty]")).to_have_text(word)
    page.keyboard.press("Escape")
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    page.locator(".till-ticket .btn-ghost").first.click()
    expect(page.locator("dialog button[data-loyalty]")).to_contain_text("Anna Ś.")
    page.keyboard.press("Escape")
    at.to_payment(page)
    expect(at.loyalty(page)).to_contain_text("Anna Ś.")
    expect(at.loyalty(page)).to_contain_text(word)
    assert english(page, locale[:2]) == []


def test_an_order_keeps_its_lines_table_and_member_through_reload_and_restart(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino", "Cappuccino")
    at.attach(page)
    at.seat(page, table="7", covers=2)
    page.locator(".till-tabs .fascia-link").last.click()
    at.ring_up(page, "Kajzerka")
    at.kept(page, orders=2)
    page.reload()
    at.enter_pin(page, "Piotr", at.PIOTRS)
    again = page.context.new_page()
    page.close()
    again.goto("/till/")
    at.enter_pin(again, "Piotr", at.PIOTRS)
    expect(again.locator(".till-tabs .fascia-link")).to_have_count(3)
    again.locator(".till-tabs .fascia-link", has_text="7").click()
    expect(at.loyalty(again)).to_contain_text("Anna Ś.")
    expect(again.locator(".till-lines li")).to_have_count(2)
    at.to_payment(again)
    at.pay(again)
    at.settled(again)
    row = Purchase.objects.get()
    assert row.member == counter.cast.anna
    assert row.basket["covers"] == 2


FINDS = ["600 100 200", "+48600100200", "0048 600-100-200", " ANNA@example.org ", CARD, f"https://x.example/c/{CARD}"]


@pytest.mark.parametrize("text", FINDS)
def test_a_member_is_found_by_anything_a_clerk_has_in_hand(page: Page, counter: Counter, text: str) -> None:
    at.open_till(page, counter)
    at.look_for(page, text)
    expect(at.loyalty(page)).to_contain_text("Anna Ś.")


@in_both_languages
def test_several_who_may_be_meant_are_listed_masked(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.look_for(page, "Anna")
    rows = page.locator("dialog li")
    expect(rows).to_have_count(2)
    assert english(page, locale[:2]) == []
    shown = page.locator("dialog").inner_text()
    assert not any(secret in shown for secret in ("Świętek", "Sowa", "600", "anna@example.org"))
    rows.filter(has_text="Anna Ś.").locator("button").click()
    expect(at.loyalty(page)).to_contain_text("Anna Ś.")


def test_a_card_that_cannot_be_used_says_why(page: Page, counter: Counter) -> None:
    from passage.cards import actions as cards

    cards.lose(card=counter.cast.card, by="system:test", at=at.now(), reason="Zgubiona")
    at.open_till(page, counter)
    at.look_for(page, CARD)
    expect(page.locator("dialog .notice.tone-error")).to_be_visible()
    assert "Anna" not in page.locator("dialog").inner_text()


def test_a_scanner_needs_no_field_and_steals_no_focus(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    search = page.locator("input[type=search]")
    search.fill("kaw")
    search.focus()
    at.scan(page, at.BREAD_CODE)
    expect(page.locator(".till-lines li")).to_have_count(1)
    expect(search).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    at.scan(page, CARD)
    expect(at.loyalty(page)).to_contain_text("Anna Ś.")
    at.to_payment(page)
    at.scan(page, at.BREAD_CODE)
    expect(page.locator(".till-line .num").first).to_have_text("2")


@in_both_languages
def test_a_guest_with_a_members_address_is_attached_and_one_tap_undoes_it(
    page: Page, counter: Counter, locale: str
) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.seat(page, email="Anna@Example.org", reference="K-17")
    expect(at.loyalty(page)).to_contain_text("Anna Ś.")
    assert english(page, locale[:2]) == []
    page.locator(".till-toast .btn").first.click()
    expect(at.loyalty(page)).not_to_contain_text("Anna")
    at.attach(page, CARD)
    at.to_payment(page)
    at.pay(page)
    at.settled(page)
    from passage.journal.models import TillOperation

    payload = TillOperation.objects.get().payload
    assert (payload["guest"], payload["member"]) == ("K-17", {"id": str(counter.cast.anna.public_id)})


def test_a_sale_is_rung_up_and_paid_by_keyboard_alone(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    page.locator("input[type=search]").focus()
    page.keyboard.type("cappu")
    page.keyboard.press("Enter")
    expect(page.locator(".till-lines li")).to_have_count(1)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-pay]')"):
            break
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-tender=card]')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".paper")).to_be_visible()
    at.settled(page)
    assert Purchase.objects.get().total == 1390

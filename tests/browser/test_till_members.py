"""Members added and put right at the till, with a blank card, a phone number or an address in hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.engine.basket import Basket, Line
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions as ledger
from passage.members.models import Consent, Member
from passage.members.queries import find
from passage.programme import actions as programmes
from passage.purchases.actions import record
from passage.purchases.values import MemberRef, Sale
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.cast import BY, CARD

NEVER_MADE = "2900000000032"  # a right number of a card that is in no batch


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def one(counter: Counter, text: str) -> Member:
    [member] = find(programme=counter.cast.bakery, text=text)
    return member


@in_both_languages
def test_nobody_found_offers_to_add_with_what_was_typed(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.look_for(page, "601 700 800")
    page.locator("dialog [aria-live] .btn-primary").click()
    expect(page.locator("dialog input[type=tel]")).to_have_value("+48601700800")
    assert english(page, locale[:2]) == []
    page.locator("dialog input").first.fill("Ewa")
    page.locator("dialog input[type=checkbox]").first.check()
    page.locator("dialog button[type=submit]").click()
    expect(at.loyalty(page)).to_contain_text("Ewa")
    ewa = one(counter, "601700800")
    given = {consent.purpose: consent.version for consent in Consent.objects.of(counter.cast.bakery).filter(member=ewa)}
    assert given == {"email": "2026-1"}


def test_who_is_known_already_cannot_be_added_again(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.look_for(page, "nowa@example.org")
    page.locator("dialog [aria-live] .btn-primary").click()
    page.locator("dialog input[type=tel]").fill("600 100 200")
    before = Member.objects.of(counter.cast.bakery).count()
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog .field-error")).to_be_visible()
    expect(page.locator("dialog input[type=tel]")).to_have_attribute("aria-invalid", "true")
    assert Member.objects.of(counter.cast.bakery).count() == before


@in_both_languages
def test_a_blank_card_is_scanned_and_becomes_a_members_in_one_step(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    at.scan(page, at.BLANK)
    page.locator("dialog [aria-live] .btn-primary").click()
    expect(page.locator("dialog .notice")).to_contain_text(at.BLANK)
    assert english(page, locale[:2]) == []
    page.locator("dialog input").first.fill("Olga")
    page.locator("dialog button[type=submit]").click()
    expect(at.loyalty(page)).to_contain_text("Olga")
    at.to_payment(page)
    at.pay(page)
    at.next_order(page)
    at.scan(page, at.BLANK)
    expect(at.loyalty(page)).to_contain_text("Olga")


def test_a_card_that_was_never_made_is_refused_with_the_reason(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.scan(page, "2900000000099")
    expect(page.locator("dialog .tone-error")).to_be_visible()
    expect(page.locator("dialog [aria-live] .btn-primary")).to_have_count(0)
    at.look_further(page, NEVER_MADE)
    page.locator("dialog [aria-live] .btn-primary").click()
    page.locator("dialog input").first.fill("Olga")
    page.locator("dialog button[type=submit]").click()
    expect(at.loyalty(page)).to_contain_text("Olga")  # a member, but nothing was made of the number
    from passage.cards.models import Card

    assert not Card.objects.of(counter.cast.bakery).filter(number=NEVER_MADE).exists()


@in_both_languages
def test_a_wrong_number_is_put_right_after_it_was_read_back(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.attach(page)
    at.loyalty(page).click()
    page.locator("dialog .btn").nth(2).click()
    phone = page.locator("dialog input[type=tel]")
    expect(phone).to_have_value("+48600100200")
    phone.fill("600 100 299")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog dd").first).to_contain_text("600 100 299")
    assert english(page, locale[:2]) == []
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert one(counter, "600100299") == counter.cast.anna
    note = Event.objects.of(counter.cast.bakery).filter(verb="member.edited").latest("id")
    assert note.by == f"staff:{counter.cast.piotr.pk}"


def test_the_members_window_says_what_is_there_what_waits_and_what_ends_soon(page: Page, counter: Counter) -> None:
    bakery, then = counter.cast.bakery, at.now() - timedelta(days=15)
    soon = Expiry(ExpiryKind.DAYS, 20)
    ledger.set_up_unit(programme=bakery, code="stamps", name="Pieczątki", kind="stamps", expiry=soon, pending_days=2)
    earns = {"unit": "stamps", "earns": {"kind": "per_visit", "points": 3}}
    earning.create_rule(programme=bakery, name="Wizyta", definition=earns, effective_from=then, by=BY, at=then)
    basket, whom = Basket("PLN", (Line("1", 500),)), MemberRef(public_id=counter.cast.anna.public_id)
    sale = Sale(client_id="then", occurred_at=then + timedelta(hours=1), basket=basket, member=whom)
    source = programmes.add_source(programme=bakery, code="before", name="Before", by=BY, at=then)
    record(programme=bakery, source=source, batch=[sale], by=BY, at=at.now())
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    at.settled(page)
    at.next_order(page)
    at.attach(page)
    at.loyalty(page).click()
    stamps = page.locator("dialog .figures").last.locator("div")
    expect(stamps).to_have_count(3)
    assert stamps.nth(0).inner_text().endswith("3 stamps")
    assert stamps.nth(1).inner_text() == "Not active yet\n3 stamps"
    assert stamps.nth(2).inner_text().startswith("Good until")


@in_both_languages
def test_a_clerk_is_told_that_a_colleague_serves_their_own_card(page: Page, counter: Counter, locale: str) -> None:
    cards.name_own(staff=counter.cast.piotr, member=counter.cast.anna, by=BY, at=at.now())
    at.open_till(page, counter)
    at.look_for(page, CARD)
    told = page.locator("dialog .notice.tone-error")
    expect(told).to_be_visible()
    expect(told).to_contain_text({"fr": "votre propre carte", "pl": "twoja własna karta"}[locale[:2]])
    assert english(page, locale[:2]) == []
    page.keyboard.press("Escape")
    page.locator(".till-menu .fascia-link").last.click()
    at.enter_pin(page, "Maria", at.MARIAS)
    at.attach(page, CARD)

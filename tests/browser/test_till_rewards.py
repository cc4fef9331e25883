"""Rewards at the till: listed, chosen, held, taken with the sale, let go with the order. The server says what they are
worth; the ticket shows it line by line."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from passage.cards.models import Card
from passage.config.verification import verify
from passage.ledger import queries as ledger
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.purchases.models import Purchase
from passage.rewards.actions import put_picture
from passage.rewards.models import Redemption, Reward
from passage.rewards.pictures import drawn
from passage.rewards.tests.test_pictures import a_picture
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.browser.test_till_offline import a_backup, ready_for_offline
from tests.cast import BY

State = Redemption.State


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


@pytest.fixture
def paying(page: Page, counter: Counter) -> Page:
    """Bread and coffee for Anna, who has 200 points, at the payment page."""
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino")
    at.attach(page)
    at.to_payment(page)
    return page


def choose(page: Page, name: str) -> None:
    at.loyalty(page).click()
    page.locator(".offer", has_text=name).click()


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def due(page: Page) -> str:
    return page.locator("[data-left]").inner_text().replace("\u00a0", " ").replace("\u202f", " ")


def available(counter: Counter) -> int:
    return ledger.balances(counter.cast.anna, at=at.now())[0].available


@in_both_languages
def test_what_can_be_had_comes_first_and_the_rest_says_what_is_missing(
    paying: Page, counter: Counter, locale: str
) -> None:
    at.loyalty(paying).click()
    offers = paying.locator(".offer")
    expect(offers).to_have_count(6)
    expect(offers.last).to_be_disabled()
    expect(offers.last).to_contain_text("800")  # 5000 less the 200 there are
    expect(offers.first).to_be_enabled()
    assert english(paying, locale[:2]) == []


KINDS = [
    ("Chleb gratis", "13.90", 20),
    ("5 zł mniej", "21.80", 30),
    ("10% taniej", "24.12", 25),
    ("Kawa za pół ceny", "19.85", 10),
]


@pytest.mark.parametrize(("name", "left", "points"), KINDS)
def test_a_reward_comes_off_the_ticket_and_its_points_off_the_account_with_the_sale(
    paying: Page, counter: Counter, name: str, left: str, points: int
) -> None:
    choose(paying, name)
    expect(paying.locator("dialog .tone-success")).to_contain_text(name)
    assert available(counter) == 200 - points
    close(paying)
    expect(paying.locator("[data-left]")).to_contain_text(left)
    at.pay(paying)
    at.settled(paying)
    row = Redemption.objects.of(counter.cast.bakery).get()
    assert (row.state, row.spent) == (State.CAPTURED, points)
    sale = Purchase.objects.get()
    assert f"{sale.settlement['payable'] / 100:.2f}" == left
    taxes = {rate: tax for rate, tax in sale.settlement["vat"].items() if tax}
    paper = paying.locator(".paper").inner_text().replace("\u00a0", " ")
    assert all(f"{tax / 100:.2f}" in paper for tax in taxes.values())


def test_cashback_asks_how_much_and_pays_that_much(paying: Page, counter: Counter) -> None:
    choose(paying, "Płacę punktami")
    paying.locator("dialog dialog input").fill("4")
    paying.locator("dialog dialog button[type=submit]").click()
    expect(paying.locator("dialog .tone-success")).to_be_visible()
    close(paying)
    expect(paying.locator("[data-left]")).to_contain_text("22.80")
    at.pay(paying, "cash")
    at.settled(paying)
    row = Redemption.objects.of(counter.cast.bakery).get()
    assert (row.state, row.spent, row.value) == (State.CAPTURED, 100, 400)


def test_a_free_product_that_is_not_on_the_ticket_is_rung_up(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    at.attach(page)
    at.to_payment(page)
    choose(page, "Chleb gratis")
    expect(page.locator("dialog .tone-success")).to_be_visible()
    close(page)
    expect(page.locator("[data-left]")).to_contain_text("13.90")
    at.pay(page)
    at.settled(page)
    assert [line["product"] for line in Purchase.objects.get().basket["lines"]] == ["coffee", "bread"]


def test_points_come_back_when_the_reward_the_member_or_the_order_goes(paying: Page, counter: Counter) -> None:
    def held(points: int) -> bool:
        """The till tells the server in its own time."""
        for _ in range(50):
            if 200 - available(counter) == points:
                return True
            paying.wait_for_timeout(100)
        return False

    choose(paying, "5 zł mniej")
    expect(paying.locator("dialog .tone-success")).to_be_visible()
    paying.locator("dialog .tone-success .btn").click()
    expect(paying.locator("dialog .tone-success")).to_have_count(0)
    assert held(0)
    paying.locator(".offer", has_text="5 zł mniej").click()
    expect(paying.locator("dialog .tone-success")).to_be_visible()
    close(paying)
    paying.locator(".till-pay .btn-ghost").first.click()
    at.loyalty(paying).click()
    paying.locator("dialog .btn").last.click()  # taken off the order
    assert held(0)
    at.attach(paying)
    at.to_payment(paying)
    choose(paying, "10% taniej")
    expect(paying.locator("dialog .tone-success")).to_be_visible()
    assert held(25)
    close(paying)
    paying.locator(".till-pay .btn-ghost").first.click()
    paying.locator(".till-ticket .btn-ghost").nth(2).click()
    paying.locator("dialog .btn-error").click()
    assert held(0)
    assert not Purchase.objects.exists()


def test_nothing_moves_before_the_payment(paying: Page, counter: Counter) -> None:
    choose(paying, "5 zł mniej")
    expect(paying.locator("dialog .tone-success")).to_be_visible()
    [account] = ledger.balances(counter.cast.anna, at=at.now())
    assert (account.balance, account.reserved) == (200, 30)
    assert not Purchase.objects.exists()


def test_one_round_trip_from_the_payment_key_to_the_points(paying: Page, counter: Counter) -> None:
    expect(paying.locator(".till-totals .muted")).to_be_visible()
    asked: list[str] = []
    paying.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    at.pay(paying)
    expect(paying.locator(".figure-big.plus")).to_be_visible()
    assert [url.rsplit("/api/v1", 1)[1] for url in asked] == ["/till/operations"]


def test_what_was_shown_before_is_what_is_earned(paying: Page, counter: Counter) -> None:
    told = paying.locator(".till-totals .muted dd").inner_text()
    at.pay(paying)
    expect(paying.locator(".figure-big.plus")).to_have_text(f"+{told}")


def test_a_rewards_picture_is_shown_and_once_seen_needs_no_network(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    reward = Reward.objects.of(counter.cast.bakery).get(name="Chleb gratis")
    put_picture(reward=reward, picture=drawn(a_picture()), by=BY, at=at.now())
    at.open_till(page, counter)
    ready_for_offline(page)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    at.loyalty(page).click()
    shown = page.locator(".offer", has_text="Chleb gratis").locator("img")
    expect(shown).to_be_visible()
    is_drawn = "(image) => image.decode().then(() => image.naturalWidth)"
    assert shown.evaluate(is_drawn) == 192
    address = shown.get_attribute("src")
    context.set_offline(True)
    again = (
        "async (src) => { const image = new Image(); image.src = src; await image.decode(); return image.naturalWidth }"
    )
    assert page.evaluate(again, f"{address}?again") == 192
    context.set_offline(False)


def test_a_member_a_card_and_a_reward_come_back_when_the_server_lost_them(page: Page, counter: Counter) -> None:
    """What the device keeps of them is sent again with the sales, and all is as it was."""
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    restore = a_backup()
    at.scan(page, at.BLANK)
    page.locator("dialog [aria-live] .btn-primary").click()
    page.locator("dialog input").first.fill("Olga")
    page.locator("dialog button[type=submit]").click()
    expect(at.loyalty(page)).to_contain_text("Olga")
    at.to_payment(page)
    at.pay(page)
    at.next_order(page)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    choose(page, "5 zł mniej")
    expect(page.locator("dialog .tone-success")).to_be_visible()
    close(page)
    at.pay(page)
    at.settled(page)
    before = known(counter)
    restore()
    programmes.begin_epoch(at=at.now())
    assert known(counter) != before
    page.reload()
    at.enter_pin(page, "Piotr", at.PIOTRS)
    page.wait_for_timeout(1500)
    at.settled(page)
    assert known(counter) == before
    assert list(verify(programme=counter.cast.bakery)) == []


def known(counter: Counter) -> list[object]:
    return [
        available(counter),
        sorted(Member.objects.values_list("public_id", "first_name", "joined_at")),
        list(Card.objects.filter(number=at.BLANK).values_list("state", "member__public_id")),
        list(Redemption.objects.values_list("public_id", "state", "spent", "value")),
        list(Purchase.objects.order_by("id").values_list("public_id", "member__public_id", "total")),
    ]

"""What goes wrong at a counter sooner or later: a device that moves, a database put back, a large note, two windows."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from passage.journal.models import TillOperation
from passage.programme import actions as programmes
from passage.programme.models import Key, PairingCode
from passage.purchases.models import Purchase
from passage.rewards.models import Redemption
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.test_till import EVERYTHING_KEPT
from tests.browser.test_till_offline import sell, totals
from tests.cast import BY, CARD


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def test_a_device_that_moves_to_another_till_leaves_nothing_behind_and_delivers_there(
    page: Page, counter: Counter
) -> None:
    at.open_till(page, counter, name="Maria", pin=at.MARIAS)
    at.attach(page)
    sell(page, "Chleb wiejski")
    at.settled(page)
    at.ring_up(page, "Cappuccino")
    at.go(page, "settings")
    page.locator(".till-page .btn-error").click()
    page.locator("dialog .btn-error").click()
    expect(page.locator("main form")).to_be_visible()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert not any(secret in kept for secret in ("Anna", "pk_", "Cappuccino"))
    other = programmes.add_till(shop=counter.cast.dworzec, code="9")
    code = programmes.make_pairing_code(till=other, by=BY, at=at.now())[1]
    page.locator("main form input").fill(code)
    page.keyboard.press("Enter")
    at.enter_pin(page, "Maria", at.MARIAS)
    expect(page.locator(".till-goods")).to_be_visible()
    sell(page, "Kajzerka")
    at.settled(page)
    assert [(row.shop.code, row.total) for row in Purchase.objects.order_by("id")] == [
        ("rynek", 1290),
        ("dworzec", 110),
    ]


def test_a_server_put_back_to_before_the_pairing_gets_what_was_sold_since(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    at.open_till(page, counter)
    context.set_offline(True)
    sell(page, "Chleb wiejski")
    sell(page, "Kajzerka")
    # The database knows neither the key nor the code any more.
    Key.objects.all()._raw_delete("default")
    PairingCode.objects.all()._raw_delete("default")
    context.set_offline(False)
    at.go(page, "settings")
    page.get_by_role("button", name="Connect this device anew").click()  # there once the server has said no
    expect(page.locator("main form")).to_be_visible()
    page.locator("main form input").fill(at.another_code(counter))
    page.keyboard.press("Enter")
    expect(page.locator(".till-page, .till-goods").first).to_be_visible()
    at.settled(page)
    assert totals() == [1290, 110]
    assert [row.seq for row in TillOperation.objects.order_by("seq")] == [1, 2]


def test_a_large_note_pays_one_part_of_a_shared_bill_and_gives_its_change(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    page.locator(".till-ticket .btn-ghost").nth(1).click()
    page.locator("dialog section").first.locator("[role=group] .btn").last.click()
    page.locator("dialog .btn-primary").first.click()
    expect(page.locator("[data-left]")).to_contain_text("6.95")
    page.locator(".till-pay form input").fill("10")
    page.locator("[data-tender=cash]").click()
    expect(page.locator(".till-toast")).to_contain_text("3.05")
    expect(page.locator("[data-left]")).to_contain_text("6.95")
    at.pay(page)
    at.settled(page)
    tenders = [(each["kind"], each["amount"]) for each in Purchase.objects.get().basket["tenders"]]
    assert sorted(tenders) == [("card", 695), ("cash", 695)]


def test_what_is_scanned_after_a_payment_begins_the_next_order(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    at.seat(page, table="5")
    page.locator(".till-tabs .fascia-link").last.click()
    at.ring_up(page, "Kajzerka")
    at.to_payment(page)
    at.pay(page)
    at.scan(page, at.BREAD_CODE)
    expect(page.locator(".till-line")).to_have_count(1)
    expect(page.locator(".till-line")).to_contain_text("Chleb wiejski")


def test_the_order_on_the_payment_page_is_never_exchanged_for_another(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Cappuccino")
    page.locator(".till-tabs .fascia-link").last.click()
    at.ring_up(page, "Kajzerka")
    at.to_payment(page)
    second = context.new_page()
    second.goto("/till/")
    at.enter_pin(second, "Piotr", at.PIOTRS)
    second.locator(".till-tabs .fascia-link").nth(1).click()
    at.to_payment(second)
    at.pay(second)
    expect(page.locator("[data-tender]")).to_have_count(0)
    expect(page.locator(".till-goods")).to_be_visible()


# A disk that is slow to say that an order is written: it says so when it is free.
SLOW_DISK = """
    window.isFree = true;
    const listen = IDBTransaction.prototype.addEventListener;
    IDBTransaction.prototype.addEventListener = function (kind, then, ...more) {
        const late = (event) => (window.isFree ? then.call(this, event) : setTimeout(() => late(event), 10));
        const isSlow = kind === "complete" && this.objectStoreNames.contains("orders");
        listen.call(this, kind, isSlow ? late : then, ...more);
    };
"""


def test_what_is_tapped_and_scanned_while_the_order_is_only_being_opened_is_on_it(page: Page, counter: Counter) -> None:
    page.add_init_script(SLOW_DISK)
    at.pair(page, counter)
    page.evaluate("window.isFree = false")
    at.enter_pin(page, "Piotr", at.PIOTRS)
    expect(page.locator(".till-goods")).to_be_visible()
    at.ring_up(page, "Kajzerka")
    at.scan(page, at.BREAD_CODE)
    at.ring_up(page, "Kajzerka")
    page.evaluate("window.isFree = true")
    expect(page.locator(".till-line")).to_have_count(2)
    expect(page.locator("[data-pay]:visible")).to_contain_text("15.10")


def test_what_is_not_on_the_device_yet_is_not_painted_over_by_what_another_window_says(
    page: Page, counter: Counter
) -> None:
    page.add_init_script(SLOW_DISK)
    at.open_till(page, counter)
    page.evaluate("window.isFree = false")
    at.ring_up(page, "Kajzerka")
    page.evaluate("new BroadcastChannel('passage-till').postMessage('orders')")
    page.wait_for_timeout(200)  # the message is there; the first line is still being written
    at.ring_up(page, "Chleb wiejski")
    page.evaluate("window.isFree = true")
    page.wait_for_timeout(500)
    expect(page.locator(".till-line")).to_have_count(2)
    expect(page.locator("[data-pay]:visible")).to_contain_text("14.00")


def test_only_who_rang_a_sale_up_is_offered_to_undo_it(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Kajzerka")
    at.to_payment(page)
    at.pay(page)
    page.locator(".till-menu .fascia-link").last.click()
    at.enter_pin(page, "Maria", at.MARIAS)
    expect(page.locator(".till-goods")).to_be_visible()
    at.settled(page)
    at.go(page, "history")
    page.locator(".tile-row").first.click()
    expect(page.locator("dialog [data-step=return]")).to_be_visible()
    expect(page.locator("dialog [data-step=undo]")).to_have_count(0)


def test_a_card_scanned_again_keeps_the_rewards_of_the_order(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    at.loyalty(page).click()
    page.locator(".offer", has_text="5 zł mniej").click()
    expect(page.locator("dialog .tone-success")).to_be_visible()
    page.keyboard.press("Escape")
    at.scan(page, CARD)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-left]")).to_contain_text("7.90")
    at.pay(page)
    at.settled(page)
    assert Redemption.objects.of(counter.cast.bakery).get().state == Redemption.State.CAPTURED


@pytest.mark.usefixtures("routed")
def test_a_reservation_whose_reply_was_lost_is_asked_for_once(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    lost: list[int] = []

    def lose(route) -> None:  # type: ignore[no-untyped-def]
        response = route.fetch()
        lost.append(response.status)
        route.abort() if len(lost) == 1 else route.fulfill(response=response)

    page.route("**/api/v1/redemptions", lose)
    at.loyalty(page).click()
    page.locator(".offer", has_text="5 zł mniej").click()
    expect(page.locator("dialog .tone-error")).to_be_visible()
    page.locator(".offer", has_text="5 zł mniej").click()
    expect(page.locator("dialog .tone-success")).to_be_visible()
    assert lost == [201, 200]
    assert Redemption.objects.of(counter.cast.bakery).count() == 1


def test_a_browser_that_keeps_nothing_is_no_till_and_says_so(page: Page, live: str) -> None:
    page.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'InvalidStateError') };")
    page.goto("/till/")
    expect(page.locator(".tone-error")).to_be_visible()


def test_the_next_screen_takes_the_focus(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Kajzerka")
    at.to_payment(page)
    expect(page.locator("#main")).to_be_focused()
    at.pay(page)
    expect(page.locator("[data-focus]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".till-goods")).to_be_visible()

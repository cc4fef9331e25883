"""The till without a network, with a slow one, with a server that forgets: nothing saved is lost, nothing counts twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from playwright.sync_api import BrowserContext, Page, Route, expect

from passage.config.verification import verify
from passage.journal.models import TillOperation
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.cast import BY
from tests.plugin import defences_asleep


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter(points=0)


def sell(page: Page, *names: str, anna: bool = False) -> None:
    at.ring_up(page, *(names or ("Kajzerka",)))
    if anna:
        at.attach(page)
    at.to_payment(page)
    at.pay(page)
    at.next_order(page)


def ready_for_offline(page: Page) -> None:
    """The worker has everything that the till is made of."""
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.wait_for_function("async () => (await caches.match('/till/')) !== undefined")


def totals() -> list[int]:
    return [row.total for row in Purchase.objects.order_by("id")]


def balance(counter: Counter) -> int:
    return ledger.balances(counter.cast.anna, at=at.now())[0].balance


@in_both_languages
def test_the_till_opens_sells_and_prints_without_a_network(
    page: Page, context: BrowserContext, counter: Counter, locale: str
) -> None:
    at.open_till(page, counter)
    ready_for_offline(page)
    context.set_offline(True)
    page.reload()
    at.enter_pin(page, "Piotr", at.PIOTRS)
    expect(page.locator(".till-goods")).to_be_visible()
    at.ring_up(page, "Chleb wiejski")
    at.to_payment(page)
    at.pay(page)
    expect(page.locator(".paper")).to_contain_text("Chleb wiejski")
    expect(page.locator(".till-banner")).to_contain_text("1")
    assert english(page, locale[:2]) == []
    at.next_order(page)
    at.go(page, "waiting")
    expect(page.locator(".tile-row")).to_have_count(1)
    assert english(page, locale[:2]) == []
    assert not Purchase.objects.exists()
    context.set_offline(False)
    at.settled(page, seconds=40)
    assert totals() == [1290]


def three_offline(page: Page, context: BrowserContext, counter: Counter) -> None:
    at.open_till(page, counter)
    at.attach(page)
    context.set_offline(True)
    sell(page, "Chleb wiejski")
    sell(page, "Cappuccino")
    sell(page, "Kajzerka")
    context.set_offline(False)
    at.settled(page)
    assert totals() == [1290, 1390, 110]


def test_a_till_that_writes_down_only_what_it_can_send_is_caught(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    page.add_init_script(
        "const add = IDBObjectStore.prototype.add;"
        "IDBObjectStore.prototype.add = function (row) { return navigator.onLine ? add.call(this, row) : this.count(); }"
    )
    with pytest.raises(AssertionError):
        three_offline(page, context, counter)


def test_three_sales_made_offline_arrive_in_order_exactly_once(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    three_offline(page, context, counter)
    moments = list(Purchase.objects.order_by("id").values_list("occurred_at", flat=True))
    assert moments == sorted(moments)
    assert balance(counter) == 24  # twelve, doubled on the market square
    expect(page.locator(".till-banner")).to_have_count(0)


@pytest.mark.usefixtures("routed")
def test_a_reply_lost_after_the_commit_counts_once(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    lost: list[int] = []

    def lose(route: Route) -> None:
        response = route.fetch()
        lost.append(response.status)
        route.abort() if len(lost) == 1 else route.fulfill(response=response)

    page.route("**/till/operations", lose)
    sell(page, "Chleb wiejski", anna=True)
    assert at.waiting(page) == 1
    at.go(page, "waiting")
    page.locator(".till-page .btn-primary").click()
    at.settled(page)
    assert lost[0] == 200
    assert totals() == [1290]
    assert TillOperation.objects.count() == 1
    assert balance(counter) == 24


@pytest.mark.usefixtures("routed")
def test_a_portal_that_answers_html_is_no_answer(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    page.route("**/till/operations", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Hi"))
    sell(page)
    page.wait_for_timeout(500)
    assert at.waiting(page) == 1
    page.unroute("**/till/operations")
    at.go(page, "waiting")
    page.locator(".till-page .btn-primary").click()
    at.settled(page)
    assert totals() == [110]


def test_two_windows_sell_from_one_device_and_deliver_once(
    page: Page, context: BrowserContext, counter: Counter
) -> None:
    at.open_till(page, counter)
    second = context.new_page()
    second.goto("/till/")
    at.enter_pin(second, "Piotr", at.PIOTRS)
    context.set_offline(True)
    for _ in range(2):
        sell(page, "Kajzerka")
        sell(second, "Cappuccino")
    context.set_offline(False)
    at.settled(page)
    assert sorted(totals()) == [110, 110, 1390, 1390]
    assert [row.seq for row in TillOperation.objects.order_by("seq")] == [1, 2, 3, 4]
    assert len({row.receipt for row in Purchase.objects.all()}) == 4


def test_an_order_open_in_two_windows_is_paid_once(page: Page, context: BrowserContext, counter: Counter) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    second = context.new_page()
    second.goto("/till/")
    at.enter_pin(second, "Piotr", at.PIOTRS)
    for window in (page, second):
        at.to_payment(window)
    at.pay(page)
    second.locator("[data-tender=card]").click(timeout=3000) if second.locator("[data-tender=card]").count() else None
    second.wait_for_timeout(500)
    expect(second.locator(".paper")).to_have_count(0)
    at.settled(page)
    assert totals() == [1290]


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_clock_wrong_by_a_day_moves_no_sale(
    page: Page, context: BrowserContext, counter: Counter, hours: int
) -> None:
    page.add_init_script(
        f"""{{ const Real = Date, by = {hours} * 3600000;
            globalThis.Date = class extends Real {{
                constructor(...given) {{ given.length ? super(...given) : super(Real.now() + by); }}
                static now() {{ return Real.now() + by; }}
            }}; }}"""
    )
    at.open_till(page, counter)
    context.set_offline(True)
    sell(page, "Chleb wiejski")
    context.set_offline(False)
    at.settled(page)
    [row] = Purchase.objects.all()
    assert abs(at.now() - row.occurred_at) < timedelta(minutes=2)


def a_backup() -> Callable[[], None]:
    """Of the database as it is now; calling it puts it back."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        return _a_backup_of_postgresql()
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(copy)
    return lambda: copy.backup(connection.connection)


def _a_backup_of_postgresql() -> Callable[[], None]:
    rows: dict[str, bytes] = {}
    with connection.connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            with cursor.copy(f'COPY "{table}" TO STDOUT') as out:
                rows[table] = b"".join(bytes(part) for part in out)

    def put_back() -> None:
        with defences_asleep(), connection.connection.cursor() as cursor:
            for table, kept in rows.items():
                cursor.execute(f'DELETE FROM "{table}"')
                with cursor.copy(f'COPY "{table}" FROM STDIN') as to:
                    to.write(kept)

    return put_back


def test_a_server_restored_from_an_older_backup_gets_everything_again(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    sell(page, "Chleb wiejski", anna=True)
    at.settled(page)
    restore = a_backup()
    sell(page, "Cappuccino", anna=True)
    sell(page, "Kajzerka")
    at.settled(page)
    before = (totals(), balance(counter))
    restore()
    programmes.begin_epoch(at=at.now())
    assert totals() == [1290]
    page.reload()
    at.enter_pin(page, "Piotr", at.PIOTRS)
    page.wait_for_timeout(1500)
    at.settled(page)
    assert (totals(), balance(counter)) == before
    assert list(verify(programme=counter.cast.bakery)) == []


@in_both_languages
def test_a_visit_that_cannot_be_counted_is_told_and_put_right_in_the_back_office(
    page: Page, context: BrowserContext, counter: Counter, locale: str
) -> None:
    at.open_till(page, counter)
    at.attach(page)
    context.set_offline(True)
    at.ring_up(page, "Chleb wiejski")
    at.to_payment(page)
    at.pay(page)
    members.block(member=counter.cast.anna, reason="Próba", by=BY, at=at.now())
    context.set_offline(False)
    at.settled(page)
    expect(page.locator(".tone-error")).to_be_visible()
    expect(page.locator(".till-banner")).to_be_visible()
    assert english(page, locale[:2]) == []
    at.next_order(page)
    sell(page, "Kajzerka")  # one that cannot be counted stops no other
    at.settled(page)
    assert totals() == [110]
    members.unblock(member=counter.cast.anna, by=BY, at=at.now())
    page.goto("/sign-in?next=/office/visits")
    page.locator("input[type=email]").fill("maria@example.org")
    page.locator("input[type=password]").fill("seventeen warm rolls")
    page.keyboard.press("Enter")
    page.locator("a", has_text="1-1").click()
    assert english(page, locale[:2]) == []
    page.locator("button[value=mend]").click()
    expect(page.locator(".notice.tone-success")).to_be_visible()
    assert sorted(totals()) == [110, 1290]
    assert balance(counter) == 24


@in_both_languages
def test_nothing_is_switched_off_while_visits_wait(
    page: Page, context: BrowserContext, counter: Counter, locale: str
) -> None:
    at.open_till(page, counter, name="Maria", pin=at.MARIAS)
    context.set_offline(True)
    sell(page)
    at.go(page, "settings")
    switch = page.locator("input[role=switch]")
    switch.click()
    expect(page.locator(".tone-error")).to_be_visible()
    expect(switch).to_be_checked()
    page.locator(".till-page .btn-error").click()
    page.locator("dialog .btn-error").click()
    expect(page.locator(".tone-error")).to_be_visible()
    assert english(page, locale[:2]) == []
    context.set_offline(False)
    at.settled(page)
    assert totals() == [110]


def test_a_disconnected_device_loses_nothing(page: Page, context: BrowserContext, counter: Counter) -> None:
    at.open_till(page, counter)
    context.set_offline(True)
    sell(page, "Chleb wiejski")
    programmes.revoke_till(till=counter.till, by=BY, at=at.now())
    context.set_offline(False)
    at.settled(page)
    expect(page.locator(".till-banner")).to_be_visible()
    assert TillOperation.objects.get().state == TillOperation.State.QUARANTINED


@in_both_languages
@pytest.mark.usefixtures("routed")
def test_a_slow_service_never_stops_a_sale(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.attach(page)
    page.route("**/api/v1/**", lambda route: None)  # no answer ever comes
    at.ring_up(page, "Chleb wiejski")
    at.loyalty(page).click()
    expect(page.locator("dialog")).to_contain_text(":")  # the balance says as of when it is
    page.keyboard.press("Escape")
    at.to_payment(page)
    at.pay(page)
    assert at.waiting(page) == 1
    expect(page.locator(".till-banner")).to_be_visible()
    assert english(page, locale[:2]) == []
    at.next_order(page)
    page.unroute_all(behavior="ignoreErrors")
    at.settled(page, seconds=30)
    assert balance(counter) == 24

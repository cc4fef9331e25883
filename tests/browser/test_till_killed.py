"""Chromium is killed in the middle of selling, twenty times: what was saved is there, once, and what was not is still
an open order."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from passage.journal.models import TillOperation
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.chromium import find_chromium, surroundings
from tests.browser.conftest import FLAGS
from tests.browser.counter import Counter

KILLS = 20
PATIENCE = 20
MOMENTS = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6]  # seconds from the payment key to the kill
FORGETFUL = "IDBObjectStore.prototype.add = function () { return this.count(); };"  # planted: says yes, keeps nothing
KEPT = """async () => {
    const open = indexedDB.open("passage-till");
    const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const all = (name) => new Promise((done) => {
        const asked = db.transaction(name).objectStore(name).getAll();
        asked.onsuccess = () => done(asked.result);
    });
    const [orders, journal] = [await all("orders"), await all("journal")];
    db.close();
    return [orders.filter((order) => order.lines.length).length, journal.length];
}"""


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter(points=0)


@contextmanager
def a_browser(browser: Browser, home: Path, live: str, plant: str = "") -> Iterator[tuple[Page, int]]:
    """A page of a Chromium of its own with everything it ever stored, and the process group to kill."""
    chromium = find_chromium()
    (home / "DevToolsActivePort").unlink(missing_ok=True)
    flags = [*FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"]
    program = subprocess.Popen(
        [str(chromium), *flags],
        env=surroundings(chromium=chromium),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{_port(home)}")
        page = found.contexts[0].new_page()
        page.add_init_script(plant)
        page.goto(f"{live}/till/")
        yield page, program.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def _port(home: Path) -> str:
    for _ in range(PATIENCE * 20):
        with suppress(FileNotFoundError, IndexError):
            return (home / "DevToolsActivePort").read_text().splitlines()[0]
        time.sleep(0.05)
    raise AssertionError("Chromium did not start")


def begin_order(page: Page) -> bool:
    """Rings something up, unless an order was left from before; whether it did."""
    if page.locator(".till-lines li").count():
        return False
    at.ring_up(page, "Kajzerka")
    for _ in range(100):
        if page.evaluate(KEPT)[0]:
            return True
    raise AssertionError("an order is not kept")


def pay_and_die(page: Page, group: int, *, after: float) -> str:
    """The number of the receipt that the clerk saw as saved before the end; "" when there was none."""
    at.to_payment(page)
    with suppress(Error):
        # An order that was paid when the kill came, and not saved yet, only has to be finished.
        page.evaluate("document.querySelector('[data-tender=card], [data-finish]').click()")
        page.wait_for_timeout(after * 1000)
        seen = page.evaluate("document.querySelector('.paper header p:nth-of-type(4)')?.textContent ?? ''")
        os.killpg(group, signal.SIGKILL)
        return str(seen).split()[-1] if seen else ""
    return ""


def killed(browser: Browser, live: str, counter: Counter, *, kills: int, plant: str = "") -> None:
    random, seen, begun = Random(7), set(), 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with a_browser(browser, home, live) as (page, _):
            page.goto(f"{live}/till/#{counter.code}")
            page.locator("form button[type=submit]").click()
            expect(page.get_by_role("button", name="Piotr")).to_be_visible()
        for _ in range(kills):
            with a_browser(browser, home, live, plant) as (page, group):
                at.enter_pin(page, "Piotr", at.PIOTRS)
                expect(page.locator(".till-goods")).to_be_visible()
                opened, written = page.evaluate(KEPT)
                assert opened + written == begun, "an order was lost or doubled"
                begun += begin_order(page)
                if receipt := pay_and_die(page, group, after=random.choice(MOMENTS)):
                    seen.add(receipt)
        with a_browser(browser, home, live) as (page, _):
            at.enter_pin(page, "Piotr", at.PIOTRS)
            at.settled(page, seconds=30)
            opened, written = page.evaluate(KEPT)
    receipts = [row.receipt for row in Purchase.objects.all()]
    assert opened + written == begun
    assert seen <= set(receipts), "saved before the kill, and gone"
    assert len(receipts) == len(set(receipts)) == written == TillOperation.objects.count()
    assert len(seen) > kills // 4, "hardly any sale was saved before its kill: the test proves nothing"


def test_what_was_saved_survives_twenty_kills_once(browser: Browser, live: str, counter: Counter) -> None:
    killed(browser, live, counter, kills=KILLS)


def test_a_till_that_drops_the_order_and_writes_nothing_down_is_caught(
    browser: Browser, live: str, counter: Counter
) -> None:
    with pytest.raises(AssertionError, match="lost or doubled"):
        killed(browser, live, counter, kills=6, plant=FORGETFUL)

"""The till from a cold start to the first product, beside an empty page of the same server in the same browser."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import BrowserContext, BrowserType, Error, Page, sync_playwright

from bench.ground import Ground, Server, ground, served
from bench.report import Options, in_turns, judge_plant, median, options, ratio, say, say_load, void
from tests.browser.chromium import find_chromium, surroundings
from tests.browser.conftest import FLAGS

FULL = {"members": 2_000, "products": 500, "rounds": 7}
QUICK = {"members": 200, "products": 20, "rounds": 3}
PIN = "3690"
EMPTY = "/readyz"
# A page that is busy for so long before anything of it runs.
BUSY = "{ const until = performance.now() + 1500; while (performance.now() < until); }"
TILE = ".till-tiles .tile"
Size = dict[str, Any]


class Bench:
    """A browser profile that is paired with a till; every start uses a copy of it."""

    def __init__(self, chromium: BrowserType, server: Server, size: Size, home: Path) -> None:
        self.chromium, self.address, self.size = chromium, f"http://localhost:{server.port}", size
        self.home, self.plant = home, ""

    @contextmanager
    def started(self, profile: Path) -> Iterator[BrowserContext]:
        program = find_chromium()
        context = self.chromium.launch_persistent_context(
            profile, executable_path=program, headless=True, args=FLAGS, env=surroundings(chromium=program)
        )
        context.set_default_timeout(20_000)
        try:
            yield context
        finally:
            context.close()

    def prepare(self, code: str) -> None:
        with self.started(self.home) as context:
            page = context.new_page()
            page.goto(f"{self.address}/till/#{code}")
            page.locator("form button[type=submit]").click()
            sign_in(page)
            page.evaluate("async () => { await navigator.serviceWorker.ready }")
            page.wait_for_timeout(1000)

    def start(self) -> float:
        """Milliseconds from opening the till to the first product, the PIN typed at once."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            profile = Path(folder) / "profile"
            shutil.copytree(self.home, profile)
            with self.started(profile) as context:
                page = context.new_page()
                if self.plant:
                    page.add_init_script(self.plant)
                began = time.perf_counter()
                page.goto(f"{self.address}/till/")
                sign_in(page)
                return (time.perf_counter() - began) * 1000

    def empty(self) -> float:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, self.started(Path(folder)) as context:
            page = context.new_page()
            began = time.perf_counter()
            page.goto(f"{self.address}{EMPTY}")
            return (time.perf_counter() - began) * 1000

    def compare(self) -> float:
        ours, floor = in_turns(lambda _: self.start(), lambda _: self.empty(), rounds=self.size["rounds"])
        mine, least = median(ours), median(floor)
        found = ratio(mine, least)
        say(
            f"till, cold start to the first of {self.size['products']} products: ratio {found:.1f} "
            f"({mine:.0f} ms beside {least:.0f} ms of an empty page)"
        )
        return found

    def pay(self) -> None:
        """From the payment key to "Saved" and the receipt: written to the disk of the device."""
        saved = []
        with self.started(self.home) as context:
            page = context.new_page()
            page.goto(f"{self.address}/till/")
            sign_in(page)
            for _ in range(self.size["rounds"] * 2):
                page.locator(TILE).first.click()
                page.locator("[data-pay]:visible").click()
                began = time.perf_counter()
                page.locator("[data-tender=card]").click()
                page.locator(".paper").wait_for()
                saved.append((time.perf_counter() - began) * 1000)
                page.locator("[data-focus]").click()
        say(f"till, payment key to the saved receipt: {median(saved):.0f} ms")


def sign_in(page: Page) -> None:
    try:
        page.locator("main li .btn").first.click(timeout=8_000)
        page.keyboard.type(PIN)
        page.keyboard.press("Enter")
        page.locator(TILE).first.wait_for(timeout=8_000)
    except Error:
        void("the till shows no product")


def inside(told: dict[str, Any]) -> dict[str, Any]:
    """A till with a clerk and products in the world of the benches, and the code that pairs a device."""
    from django.utils import timezone

    from passage.products import actions as products
    from passage.programme import actions as programmes
    from passage.programme.models import Programme, Role

    programme, now, by = Programme.objects.get(pk=told["programme"]), timezone.now(), "system:bench"
    shop = programmes.open_shop(programme=programme, code="till", name="Till")
    till = programmes.add_till(shop=shop, code="bench")
    login = programmes.create_login(email="clerk@example.org", password="seventeen warm rolls", name="Clerk")
    clerk = programmes.hire(programme=programme, login=login, role=Role.CLERK, shop=shop, by=by, at=now)
    programmes.set_pin(staff=clerk, pin=PIN, by=by, at=now)
    for number in range(told["products"]):
        name, category = f"Product number {number}", f"shelf {number % 12}"
        products.put(
            programme=programme, code=f"p{number}", name=name, category=category, price=100 + number, by=by, at=now
        )
    return {"code": programmes.make_pairing_code(till=till, by=by, at=now)[1]}


def run(made: Ground, asked: Options, size: Size) -> None:
    told = made.ask("till", "--inside", json.dumps({**made.world, **size}))
    with (
        served(made) as server,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
    ):
        bench = Bench(playwright.chromium, server, size, Path(home))
        bench.prepare(told["code"])
        before = bench.compare()
        bench.pay()
        if "slow" in asked.plants:
            bench.plant = BUSY
            judge_plant("till over an empty page", before=before, after=bench.compare())
        if "lose" in asked.plants:
            bench.plant = "delete window.indexedDB; indexedDB.open = () => { throw new Error('gone') };"
            bench.compare()


def main() -> None:
    asked = options(__doc__)
    size = QUICK if asked.is_quick else FULL
    say_load("before")
    # What the browser does is the same whatever database is behind: one is enough.
    with ground("sqlite", members=size["members"]) as made:
        run(made, asked, size)
    say_load("after")


if __name__ == "__main__":
    if "--inside" in sys.argv:
        django.setup()
        print(json.dumps(inside(json.loads(sys.argv[-1]))))
    else:
        main()

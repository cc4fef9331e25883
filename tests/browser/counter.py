"""A shop with a till in it, as browser tests find it: products, rewards of all five kinds, clerks with PINs, cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from passage.cards import actions as cards
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Till
from passage.rewards import actions as rewards
from tests.cast import BY, Cast, a_bakery

PIOTRS, MARIAS = "3690", "4826"
BREAD_CODE, BLANK = "5901234123457", "2900000000018"
BREAD, COFFEE = {"products": ["bread"]}, {"categories": ["kawa"]}
SHELF: tuple[tuple[str, dict[str, Any]], ...] = (
    ("bread", {"name": "Chleb wiejski", "price": 1290, "vat_bp": 500, "category": "pieczywo", "barcode": BREAD_CODE}),
    ("roll", {"name": "Kajzerka", "price": 110, "vat_bp": 500, "category": "pieczywo"}),
    ("coffee", {"name": "Cappuccino", "price": 1390, "vat_bp": 2300, "category": "kawa"}),
    ("cake", {"name": "Sernik krakowski", "price": 6900, "vat_bp": 800, "category": "ciasta", "weighed": True}),
    ("water", {"name": "Woda 0,5 l", "price": 490, "vat_bp": 2300, "category": "napoje", "deposit": 50}),
)
REWARDS: dict[str, dict[str, Any]] = {
    "Chleb gratis": {"cost": 20, "gives": {"kind": "free_product", "products": BREAD}},
    "5 zł mniej": {"cost": 30, "gives": {"kind": "value_off", "amount": 500}},
    "10% taniej": {"cost": 25, "gives": {"kind": "percent_off", "percent_bp": 1000}},
    "Kawa za pół ceny": {"cost": 10, "gives": {"kind": "product_discount", "products": COFFEE, "percent_bp": 5000}},
    "Płacę punktami": {"cost": 0, "settlement": "tender", "gives": {"kind": "cashback", "worth": 4, "least": 40}},
    "Wielki kosz": {"cost": 5000, "gives": {"kind": "value_off", "amount": 20_000}},
}


@dataclass(frozen=True)
class Counter:
    """``code`` pairs one device."""

    cast: Cast
    till: Till
    code: str


def a_counter(*, points: int = 200) -> Counter:
    cast, now = a_bakery(), timezone.now()
    bakery = cast.bakery
    till = programmes.add_till(shop=cast.rynek, code="1")
    programmes.set_pin(staff=cast.piotr, pin=PIOTRS, by=BY, at=now)
    programmes.set_pin(staff=cast.maria, pin=MARIAS, by=BY, at=now)
    for position, (code, details) in enumerate(SHELF):
        products.put(programme=bakery, code=code, by=BY, at=now, position=position, **details)
    for name, definition in REWARDS.items():
        rewards.create_reward(
            programme=bakery, name=name, definition={"unit": "points", **definition}, effective_from=now, by=BY, at=now
        )
    members.enrol(programme=bakery, by=BY, at=now, first_name="Anna", last_name="Sowa", phone="600 555 200")
    cards.make_blank(programme=bakery, numbers=[BLANK], at=now, by=BY)
    if points:
        ledger.adjust(member=cast.anna, unit="points", points=points, reason="Na dobry początek", by=BY, at=now)
    return Counter(cast, till, programmes.make_pairing_code(till=till, by=BY, at=now)[1])


def another_code(counter: Counter) -> str:
    return programmes.make_pairing_code(till=counter.till, by=BY, at=timezone.now())[1]


def pair(page: Page, counter: Counter) -> None:
    page.goto(f"/till/#{counter.code}")
    page.locator("form button[type=submit]").click()
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main form")).to_have_count(0)


def enter_pin(page: Page, name: str, pin: str) -> None:
    page.get_by_role("button", name=name).click()
    page.keyboard.type(pin)
    page.keyboard.press("Enter")


def open_till(page: Page, counter: Counter, *, name: str = "Piotr", pin: str = PIOTRS) -> None:
    """A paired device with somebody signed in: the goods are on the screen."""
    pair(page, counter)
    enter_pin(page, name, pin)
    expect(page.locator(".till-goods")).to_be_visible()


def ring_up(page: Page, *names: str) -> None:
    for name in names:
        page.locator(".till-tiles .tile", has_text=name).first.click()


def scan(page: Page, text: str) -> None:
    """What a scanner does: keys in a burst, wherever the cursor stands."""
    page.evaluate(
        """(text) => {
            const begun = performance.now();
            for (const [place, key] of [...text, "Enter"].entries()) {
                const target = document.activeElement ?? document.body;
                const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
                // As a scanner's: 5 ms from key to key, however busy this machine is.
                Object.defineProperty(event, "timeStamp", { value: begun + 5 * place });
                const goes = target.dispatchEvent(event);
                if (goes && key.length === 1 && target instanceof HTMLInputElement) {
                    target.value += key;
                    target.dispatchEvent(new Event("input", { bubbles: true }));
                }
            }
        }""",
        text,
    )


def loyalty(page: Page) -> Locator:
    return page.locator("button[data-loyalty]").last


def look_for(page: Page, text: str) -> None:
    loyalty(page).click()
    look_further(page, text)


def look_further(page: Page, text: str) -> None:
    page.locator("dialog form[role=search] input").fill(text)
    page.keyboard.press("Enter")


def attach(page: Page, text: str = "600100200") -> None:
    look_for(page, text)
    expect(loyalty(page)).to_contain_text("Anna Ś.")


def to_payment(page: Page) -> None:
    page.locator("[data-pay]:visible").click()
    expect(page.locator("[data-left]")).to_be_visible()


def pay(page: Page, kind: str = "card") -> None:
    page.locator(f"[data-tender={kind}]").click()
    expect(page.locator(".paper")).to_be_visible()


def next_order(page: Page) -> None:
    page.locator(".till-pay section:first-child .btn-primary").click()
    expect(page.locator(".till-goods")).to_be_visible()


def now() -> datetime:
    return timezone.now()


PLACES = ("sell", "history", "waiting", "settings")


def go(page: Page, screen: str) -> None:
    """By the menu; the entry of the screen that is open is not in it."""
    page.locator(f".till-menu [data-screen={screen}]").click()


WAITING = """async () => {
    const open = indexedDB.open("passage-till");
    const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const asked = db.transaction("journal").objectStore("journal").index("fate").count("waiting");
    const count = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
    db.close();
    return count;
}"""


ORDERS = WAITING.replace(
    'transaction("journal").objectStore("journal").index("fate").count("waiting")',
    'transaction("orders").objectStore("orders").getAll()',
).replace("return count;", "return count.filter((order) => order.lines.length).length;")


def kept(page: Page, *, orders: int) -> None:
    """So many orders with something on them are written to the device."""
    for _ in range(100):
        if page.evaluate(ORDERS) == orders:
            return
        page.wait_for_timeout(50)
    raise AssertionError("an order is not written to the device")


def waiting(page: Page) -> int:
    """How many operations are on the device and not known to be with the server."""
    return int(page.evaluate(WAITING))


def settled(page: Page, *, seconds: int = 40) -> None:
    """Everything that was written down is with the server."""
    for _ in range(seconds * 10):
        if waiting(page) == 0:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{waiting(page)} operations still wait on the device")


def seat(page: Page, *, table: str = "", covers: int = 0, email: str = "", reference: str = "") -> None:
    page.locator(".till-ticket .btn-ghost").first.click()
    page.locator("dialog input").nth(0).fill(table)
    for _ in range(covers):
        page.locator("dialog [role=group] .btn").last.click()
    page.locator("dialog input").nth(1).fill(reference)
    page.locator("dialog input[type=email]").fill(email)
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)

"""What is to be paid and the button that takes it are on the screen, however many goods and lines there are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from passage.products import actions as products
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.cast import BY

GOODS, SHORT, LONG = 27, 3, 30
TABLET, LAPTOP, DESK, PHONE = (1024, 768), (1280, 800), (1366, 768), (390, 844)
# Nothing lies on it, and all of it is inside the window.
IN_SIGHT = """(element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && bottom - top > 10;
    const places = [[0.5, 0.5], [0.03, 0.5], [0.97, 0.5], [0.5, 0.1], [0.5, 0.9]].map(([x, y]) =>
        document.elementFromPoint(left + x * (right - left), top + y * (bottom - top)));
    const isBare = places.every((found) => found && (element.contains(found) || found.contains(element)));
    return isInside && isBare ? "" : JSON.stringify({ left, right, top, bottom,
        covered: places.map((found) => found && found.className) });
}"""


@pytest.fixture
def counter(live: str) -> Counter:
    """A shop with as many goods as a small bakery has."""
    made = at.a_counter()
    for number in range(len(at.SHELF), GOODS):
        products.put(
            programme=made.cast.bakery,
            code=f"good-{number}",
            name=f"Bułka drożdżowa z nadzieniem {number}",
            price=450 + number,
            vat_bp=500,
            category=("pieczywo", "ciasta", "napoje", "kanapki")[number % 4],
            by=BY,
            at=at.now(),
            position=number,
        )
    return made


def a_typed_amount(page: Page) -> None:
    page.locator(".till-goods > div:first-child button").click()
    page.locator("dialog input").first.fill("3,50")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def fill_order(page: Page, *, lines: int) -> None:
    """So many lines: first the goods that are not weighed, each once, then typed amounts."""
    have = page.locator(".till-line").count()
    tiles = page.locator(".till-tiles .tile").filter(has_not_text="/ kg").filter(has_not_text="Woda")
    count = tiles.count()
    for place in range(have, lines):
        if place < count:
            tiles.nth(place).click()
        else:
            a_typed_amount(page)
    expect(page.locator(".till-line")).to_have_count(lines)


def out_of_sight(page: Page) -> list[str]:
    """Of the total and of Pay: what of them cannot be seen or touched."""
    wanted = {"total": "[data-total]:visible", "pay": "[data-pay]:visible", "help": ".help-button:visible"}
    wrong = []
    for name, where in wanted.items():
        found = page.locator(where)
        if not found.count():
            wrong.append(f"{name}: not there")
        if found.count() > 1:
            wrong.append(f"{name}: there twice")
        wrong += [f"{name}: {fault}" for each in found.all() if (fault := each.evaluate(IN_SIGHT))]
    return wrong


def last_good_out_of_reach(page: Page) -> str:
    """Scrolled to with the wheel over the goods, as a hand would."""
    goods = page.locator(".till-goods").bounding_box()
    assert goods is not None
    page.mouse.move(goods["x"] + goods["width"] / 2, min(goods["y"] + 300, page.viewport_size["height"] - 150))  # type: ignore[index]
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(150)
    return str(page.locator(".till-tiles .tile").last.evaluate(IN_SIGHT))


@pytest.mark.parametrize("size", [TABLET, LAPTOP, DESK, PHONE], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("locale", ["fr-FR", "pl-PL"], indirect=True)
def test_total_and_pay_are_in_sight_and_every_good_is_in_reach(
    page: Page, counter: Counter, locale: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    at.open_till(page, counter)
    expect(page.locator(".till-tiles .tile")).to_have_count(GOODS)
    wrong = []
    for lines in (SHORT, LONG):
        fill_order(page, lines=lines)
        page.evaluate("document.querySelectorAll('.till-goods').forEach((each) => each.scrollTo(0, 0))")
        wrong += [f"{lines} lines: {fault}" for fault in out_of_sight(page)]
        if fault := last_good_out_of_reach(page):
            wrong.append(f"{lines} lines, last product: {fault}")
        wrong += [f"{lines} lines, goods scrolled: {fault}" for fault in out_of_sight(page)]
    if size == PHONE:
        page.locator(".till-turn").click()
        expect(page.locator(".till-lines")).to_be_visible()
        wrong += [f"order open: {fault}" for fault in out_of_sight(page)]
    page.locator(".till-line").last.scroll_into_view_if_needed()
    if fault := page.locator(".till-line").last.evaluate(IN_SIGHT):
        wrong.append(f"last line: {fault}")
    wrong += [f"order scrolled: {fault}" for fault in out_of_sight(page)]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
    assert not wrong, "\n".join(wrong)
    page.locator("[data-pay]:visible").click()
    expect(page.locator("[data-left]")).to_be_visible()


def test_without_a_network_the_notice_pushes_neither_off_the_screen(page: Page, counter: Counter) -> None:
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    at.open_till(page, counter)
    page.context.set_offline(True)
    fill_order(page, lines=SHORT)
    expect(page.locator(".till-banner")).to_be_visible()
    assert not out_of_sight(page)

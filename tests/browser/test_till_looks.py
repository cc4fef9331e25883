"""What the till shows: without a fault axe can find in either light, safe from what people call themselves, on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from passage.members import actions as members
from passage.products import actions as products
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english, in_languages_and_lights
from tests.browser.test_till import in_both_languages
from tests.cast import BY

NARROW = {"width": 320, "height": 700}


@pytest.fixture
def counter(live: str) -> Counter:
    return at.a_counter()


def screens(page: Page, counter: Counter) -> Iterator[str]:
    """Every screen and window of the till, one after the other, by name."""
    page.goto("/till/")
    expect(page.locator("main form")).to_be_visible()
    yield "pairing"
    at.pair(page, counter)
    yield "lock"
    page.get_by_role("button", name="Piotr").click()
    yield "pin"
    page.keyboard.type(at.PIOTRS)
    page.keyboard.press("Enter")
    expect(page.locator(".till-goods")).to_be_visible()
    yield "sell"
    yield from windows(page)
    at.to_payment(page)
    yield "payment"
    at.pay(page)
    expect(page.locator(".figure-big.plus")).to_be_visible()
    yield "done"
    at.next_order(page)
    yield from beside_selling(page)


def windows(page: Page) -> Iterator[str]:
    at.ring_up(page, "Chleb wiejski", "Woda")
    yield "ticket"
    for number, name in enumerate(("seating", "split", "clear")):
        page.locator(".till-ticket .btn-ghost").nth(number).click()
        yield name
        close(page)
    page.locator(".till-line").first.click()
    yield "line"
    close(page)
    at.look_for(page, "Anna")
    expect(page.locator("dialog li")).to_have_count(2)
    yield "candidates"
    at.look_further(page, "nowa@example.org")
    page.locator("dialog [aria-live] .btn-primary").click()
    yield "new member"
    close(page)
    at.attach(page)
    at.loyalty(page).click()
    yield "member"
    page.locator("dialog .btn-primary").click()
    page.locator(".offer", has_text="5 zł mniej").click()
    expect(page.locator("dialog .tone-success")).to_be_visible()
    yield "rewards"
    close(page)


def beside_selling(page: Page) -> Iterator[str]:
    at.go(page, "history")
    page.locator(".tile-row").click()
    yield "earlier sale"
    page.locator("dialog [data-step=void]").click()
    yield "void"
    close(page)
    at.go(page, "waiting")
    yield "waiting"
    at.go(page, "settings")
    expect(page.locator("section li.plus")).to_have_count(6)
    yield "settings"
    page.locator(".help-button").click()
    yield "help"


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


@in_languages_and_lights
def test_no_screen_has_a_fault_that_axe_can_find_or_an_english_word(
    page: Page, counter: Counter, locale: str, light: str
) -> None:
    page.emulate_media(color_scheme=light, reduced_motion="reduce")
    wrong, seen = [], 0
    for screen in screens(page, counter):
        seen += 1
        wrong += [f"{screen}: {word}" for word in english(page, locale[:2])]
        wrong += [
            f"{screen}: {each['id']} {node['target']} {node.get('failureSummary', '')}"
            for each in Axe().run(page).response["violations"]
            for node in each["nodes"]
        ]
    assert not wrong, "\n".join(wrong)
    assert seen == 20


def test_no_screen_is_wider_than_a_narrow_phone(page: Page, counter: Counter) -> None:
    page.set_viewport_size(NARROW)
    at.pair(page, counter)
    at.enter_pin(page, "Piotr", at.PIOTRS)
    for screen in ("history", "waiting", "settings", "sell"):
        at.go(page, screen)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
    at.ring_up(page, "Chleb wiejski")
    page.locator(".till-turn").click()
    at.to_payment(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "payment"


def test_what_a_finger_touches_is_at_least_44_pixels_high(page: Page, counter: Counter) -> None:
    small = """() => [...document.querySelectorAll("button, a[href], summary, select, input:not([type=checkbox])")]
        .filter((each) => each.offsetParent && !each.matches(".link, .skip") && each.getBoundingClientRect().height < 44)
        .map((each) => `${each.className}: ${each.textContent.trim()}`)"""
    wrong = [f"{screen}: {each}" for screen in screens(page, counter) for each in page.evaluate(small)]
    assert not wrong, "\n".join(sorted(set(wrong)))


MARKS = [
    "<script>hit({n})</script>",
    "<img src=x onerror=hit({n})>",
    '"><svg onload=hit({n})>',
    "'-hit({n})-'",
    "</style><script>hit({n})</script>",
    "javascript:hit({n})",
    "{{{{constructor.constructor('hit({n})')()}}}}",
    "<iframe srcdoc='<script>parent.hit({n})</script>'>",
    "${{hit({n})}}",
    "<a href=javascript:hit({n})>x",
]


def payloads(count: int) -> list[str]:
    return [MARKS[number % len(MARKS)].format(n=number)[:70] for number in range(count)]


def test_no_name_of_a_member_product_or_note_runs_as_a_program(page: Page, counter: Counter) -> None:
    """Two hundred and fifty of them: on buttons, tickets, receipts, lists and windows."""
    bakery, texts = counter.cast.bakery, payloads(250)
    for number, text in enumerate(texts[:150]):
        products.put(programme=bakery, code=f"x{number}", name=text, category=text[:40], price=100, by=BY, at=at.now())
    for number, text in enumerate(texts[150:200]):
        members.enrol(programme=bakery, by=BY, at=at.now(), first_name=text, last_name=f"Q{number}")
    hits: list[int] = []

    def hit(number: int) -> None:
        hits.append(number)

    page.expose_function("hit", hit)
    at.open_till(page, counter)
    tiles = page.locator(".till-tiles .tile")
    expect(tiles).to_have_count(150 + len(at.SHELF))
    for number in range(10):
        tiles.nth(len(at.SHELF) + number).click()
    for number, text in enumerate(texts[200:250]):
        page.locator(".till-line").nth(number % 10).click()
        page.locator("dialog input").fill(text)
        page.keyboard.press("Enter")
    at.look_for(page, "<img")
    page.wait_for_timeout(300)
    close(page)
    for text in texts[200:210]:
        at.look_for(page, text)
        page.wait_for_timeout(50)
        close(page)
    at.to_payment(page)
    at.pay(page)
    expect(page.locator(".paper")).to_contain_text("hit(")
    at.next_order(page)
    at.go(page, "history")
    page.locator(".tile-row").click()
    expect(page.locator("dialog")).to_contain_text("hit(")
    assert hits == []
    # The page would show a hit: the harness is not blind.
    page.evaluate("hit(1)")
    assert hits == [1]


def test_the_page_lets_no_text_become_html(page: Page, counter: Counter) -> None:
    at.open_till(page, counter)
    refused = page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return false } catch (error) { return error.name } }"
    )
    assert refused == "TypeError"


@in_both_languages
def test_on_paper_there_is_the_receipt_and_nothing_else(page: Page, counter: Counter, locale: str) -> None:
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski")
    at.attach(page)
    at.to_payment(page)
    at.pay(page)
    expect(page.locator(".paper-loyalty")).to_contain_text("224")  # 200 there were and 24 earned
    page.emulate_media(media="print")
    visible = page.evaluate(
        """() => [...document.querySelectorAll("#till *")]
            .filter((each) => each.checkVisibility() && !each.children.length && each.textContent.trim())
            .filter((each) => !each.closest(".paper") && !each.matches(".sr-only"))
            .map((each) => each.textContent.trim())"""
    )
    assert visible == []
    width = page.locator(".paper").bounding_box()
    assert width is not None
    assert width["width"] <= 80 / 25.4 * 96
    assert english(page, locale[:2]) == []

"""The pages in a real browser: by keyboard alone, in French and in Polish, light and dark, without a foreign request."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from passage.purchases.models import Purchase
from tests.browser.speech import in_languages_and_lights
from tests.cast import CARD, PASSWORD, Cast, a_bakery

# The words that show which language a page speaks: (add points, balance after, on the member's own page).
WORDS = {
    "fr-FR": ("Ajouter des points", "Solde après", "Ce qui s’est passé, et pourquoi"),
    "pl-PL": ("Dodaj punkty", "Saldo po zakupie", "Co się wydarzyło i dlaczego"),
}
in_both_languages = pytest.mark.parametrize("locale", list(WORDS), indirect=True)
NARROW = {"width": 320, "height": 700}


@pytest.fixture
def cast(live: str) -> Cast:
    return a_bakery()


def key_in(page: Page, text: str) -> None:
    """Types where the page has put the cursor, once it has."""
    expect(page.locator("input:focus")).to_be_visible()
    page.keyboard.type(text)


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    key_in(page, f"{name}@example.org")
    page.keyboard.press("Tab")
    key_in(page, PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("/sign-in"))


def sign_out(page: Page) -> None:
    page.locator("form[action='/sign-out'] button").click()
    expect(page.locator("a[href='/sign-in']").first).to_be_visible()


def scan(page: Page, number: str = CARD) -> None:
    """A scanner is a keyboard that ends with Enter."""
    key_in(page, number)
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Anna Ś.")


def add_points(page: Page, amount: str) -> None:
    scan(page)
    key_in(page, amount)
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("a[href='/till/points'].btn")).to_be_focused()


def faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, as one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']} {node['target']} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
    ]


@in_both_languages
def test_a_clerk_adds_points_by_keyboard_and_the_member_reads_why(page: Page, cast: Cast, locale: str) -> None:
    add, balance, history = WORDS[locale]
    sign_in(page, "piotr")
    expect(page.locator("h1")).to_have_text(add)
    scan(page)
    key_in(page, "38,50")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text(balance)
    expect(page.locator("#step .figure-huge")).to_have_text("+76")
    assert not Purchase.objects.exists()
    page.keyboard.press("Enter")
    expect(page.locator("#step .figure-huge")).to_have_text("+76")
    expect(page.locator("a[href='/till/points'].btn")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_card")).to_be_focused()
    sign_out(page)
    sign_in(page, "anna")
    expect(page.locator("h2", has_text=history)).to_be_visible()
    expect(page.locator(".figure-huge")).to_have_text("76")
    expect(page.locator(".story")).to_contain_text("38,50")
    expect(page.locator(".story")).to_contain_text("Rynek razy dwa")


def test_two_presses_of_the_button_save_one_purchase(page: Page, cast: Cast) -> None:
    sign_in(page, "piotr")
    scan(page)
    key_in(page, "12")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    page.locator("button[value=save]").dblclick()
    expect(page.locator("a[href='/till/points'].btn")).to_be_visible()
    assert Purchase.objects.count() == 1


def test_a_wrong_card_is_told_at_its_field_and_the_cursor_stays_there(page: Page, cast: Cast) -> None:
    sign_in(page, "piotr")
    key_in(page, "NOBODY99999")
    page.keyboard.press("Enter")
    field = page.locator("#id_card")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("#id_card-error")).to_be_visible()


def test_everything_works_without_scripts(browser: Browser, live: str, cast: Cast) -> None:
    person = browser.new_context(base_url=live, locale="fr-FR", java_script_enabled=False)
    page = person.new_page()
    page.goto("/sign-in")
    page.fill("#id_email", "piotr@example.org")
    page.fill("#id_password", PASSWORD)
    page.locator("main button.btn-primary").click()
    page.fill("#id_card", CARD)
    page.fill("#id_amount", "12,00")
    page.locator("button[value=preview]").click()
    page.locator("button[value=save]").click()
    expect(page.locator(".figure-huge")).to_have_text("+24")
    page.locator("a.help-button").click()
    expect(page.locator("article h1")).to_have_text("Points ajoutés")
    person.close()


@in_languages_and_lights
def test_no_page_has_a_fault_that_axe_can_find(page: Page, cast: Cast, locale: str, light: str) -> None:
    page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
    found = []
    for address in ("/", "/sign-in", "/help/till-points", "/no-such-page"):
        page.goto(address)
        found += faults(page)
    sign_in(page, "piotr")
    found += faults(page)
    scan(page)
    found += faults(page)
    key_in(page, "120")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    found += faults(page)
    page.keyboard.press("Enter")
    expect(page.locator("a[href='/till/points'].btn")).to_be_focused()
    found += faults(page)
    for address in ("/office/members", f"/office/members/{cast.anna.public_id}"):
        page.goto(address)
        found += faults(page)
    sign_out(page)
    sign_in(page, "anna")
    found += faults(page)
    page.locator("a.help-button").click()
    expect(page.locator("#help")).to_be_visible()
    found += faults(page)
    assert not found, "\n".join(found)


@in_both_languages
def test_no_page_is_wider_than_the_narrowest_phone(page: Page, cast: Cast, locale: str) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    sign_in(page, "piotr")
    add_points(page, "234567,89")
    addresses = ["/", "/till/points", "/office/members", f"/office/members/{cast.anna.public_id}", "/help/till-points"]
    wide = []
    for address in addresses:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
            wide.append(address)
    assert wide == []


def test_help_opens_over_the_page_and_escape_gives_the_page_back(page: Page, cast: Cast) -> None:
    sign_in(page, "piotr")
    page.locator("a.help-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#help-body")).to_contain_text("Scan the card")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.locator("a.help-button")).to_be_focused()


def test_the_language_and_the_colours_that_were_chosen_stay(page: Page, cast: Cast) -> None:
    page.goto("/")
    page.locator("summary", has_text="EN").click()
    page.get_by_role("button", name="Polski").click()
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    switch = page.locator("[data-theme-switch]")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.goto("/sign-in")
    expect(page.locator("html")).to_have_attribute("data-theme", "passage-dark")
    expect(page.locator("h1")).to_have_text("Zaloguj się")


def test_the_first_key_leads_past_the_header(page: Page, cast: Cast) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_what_is_typed_in_the_search_narrows_the_list(page: Page, cast: Cast) -> None:
    sign_in(page, "maria")
    page.locator("#q").fill("nobody at all")
    expect(page.locator("#found")).to_contain_text("Nobody found")
    page.locator("#q").fill("swietek")
    expect(page.locator("#found")).to_contain_text("Anna Świętek")


def test_the_api_describes_itself_without_asking_anybody_else(page: Page, live: str) -> None:
    page.goto("/api/v1/docs")
    expect(page.locator(".swagger-ui .info")).to_contain_text("Passage")
    expect(page.locator(".opblock").first).to_be_visible()


def is_top_right(page: Page, sign: str) -> bool:
    box = page.locator(sign).first.bounding_box()
    width = page.evaluate("document.documentElement.clientWidth")
    return box is not None and box["y"] < 20 and width - 110 < box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_the_way_in_and_out_stands_top_right_on_every_page(page: Page, cast: Cast, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/sign-in", "/help/website-start", "/no-such-page"):
        page.goto(address)
        assert is_top_right(page, "header a[href='/sign-in']"), address
    sign_in(page, "maria")
    for address in ("/", "/till/points", "/office/members", f"/office/members/{cast.anna.public_id}", "/no-such-page"):
        page.goto(address)
        assert is_top_right(page, "header form[action='/sign-out'] button"), address

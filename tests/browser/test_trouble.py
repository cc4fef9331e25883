"""A page that lost its session, its network or its server says so, and keeps what was typed until it is sent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from passage.ledger import queries as ledger
from passage.ledger.models import Correction
from passage.purchases.models import Purchase
from tests.browser import counter as at
from tests.browser.speech import english
from tests.browser.test_pages import cast, key_in, sign_in
from tests.browser.test_till import in_both_languages
from tests.cast import CARD, PASSWORD, Cast

__all__ = ["cast"]
pytestmark = pytest.mark.usefixtures("routed")


def type_card(page: Page) -> None:
    page.goto("/till/points")
    key_in(page, CARD)


def told(page: Page) -> str:
    expect(page.locator(".trouble")).to_be_visible()
    expect(page.locator(".trouble [data-trouble]")).to_have_count(1)
    return page.locator(".trouble").inner_text()


def still_typed(page: Page) -> None:
    expect(page.locator("input[name=card]")).to_have_value(CARD)
    expect(page.locator("#step h1")).to_be_visible()


@in_both_languages
def test_add_points_without_a_session_says_so_and_goes_on_after_signing_in(page: Page, cast: Cast, locale: str) -> None:
    sign_in(page, "piotr")
    type_card(page)
    page.context.clear_cookies(name="session")
    page.keyboard.press("Enter")
    assert told(page)
    still_typed(page)
    assert english(page, locale[:2]) == []
    with page.context.expect_page() as opened:
        page.locator(".trouble [data-sign-in]").click()
    other = opened.value
    other.locator("input[name=email]").fill("piotr@example.org")
    other.locator("input[name=password]").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other).to_have_url(re.compile("/till/points$"))
    page.locator("button[value=preview]").click()
    expect(page.locator("#step")).to_contain_text("Anna Ś.")
    expect(page.locator(".trouble")).to_have_count(0)


@in_both_languages
def test_add_points_without_a_network_says_so_and_tries_again(page: Page, cast: Cast, locale: str) -> None:
    sign_in(page, "piotr")
    type_card(page)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    assert told(page)
    still_typed(page)
    assert english(page, locale[:2]) == []
    page.context.set_offline(False)
    page.locator(".trouble [data-again]").click()
    expect(page.locator("#step")).to_contain_text("Anna Ś.")
    expect(page.locator(".trouble")).to_have_count(0)


@pytest.mark.parametrize("status", [500, 503, 404, 429, 200])
def test_add_points_with_a_broken_server_says_so(page: Page, cast: Cast, status: int) -> None:
    """Even one that answers 200 with a page of something else."""
    sign_in(page, "piotr")
    type_card(page)

    def break_it(route: Route) -> None:
        route.fulfill(status=status, body="<h1>down</h1>", content_type="text/html")

    page.route("**/till/points", break_it)
    page.keyboard.press("Enter")
    assert told(page)
    still_typed(page)
    page.unroute("**/till/points")
    page.locator("button[value=preview]").click()
    expect(page.locator("#step")).to_contain_text("Anna Ś.")


def test_a_sale_whose_answer_was_lost_is_saved_once(page: Page, cast: Cast) -> None:
    sign_in(page, "piotr")
    type_card(page)
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Anna Ś.")
    key_in(page, "10")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/till/points", lose)
    page.keyboard.press("Enter")
    assert told(page)
    page.unroute("**/till/points")
    page.locator(".trouble [data-again]").click()
    expect(page.locator("a[href='/till/points'].btn")).to_be_visible()
    assert Purchase.objects.count() == 1


def fill_correction(page: Page, cast: Cast) -> None:
    page.goto(f"/office/members/{cast.anna.public_id}/adjust")
    page.locator("input[name=points]").fill("40")
    page.locator("input[name=reason]").fill("Za pomyłkę")


@in_both_languages
def test_a_correction_without_a_session_is_kept_and_booked_once(page: Page, cast: Cast, locale: str) -> None:
    sign_in(page, "maria")
    fill_correction(page, cast)
    page.context.clear_cookies(name="session")
    page.locator("form.sheet button.btn-primary").click()
    expect(page.locator("main a[target=_blank]")).to_be_visible()
    assert english(page, locale[:2]) == []
    with page.context.expect_page() as opened:
        page.locator("main a[target=_blank]").click()
    other = opened.value
    other.locator("input[name=email]").fill("maria@example.org")
    other.locator("input[name=password]").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other).to_have_url(re.compile("/adjust$"))
    for _turn in range(2):  # the sign-in gave this browser another mark: it is asked for once more
        page.locator("main form button").click()
        page.wait_for_load_state()
    expect(page).to_have_url(re.compile(f"/office/members/{cast.anna.public_id}$"))
    assert ledger.balances(cast.anna, at=at.now())[0].balance == 40
    assert Correction.objects.count() == 1


def test_a_correction_without_a_network_stays_on_its_page(page: Page, cast: Cast) -> None:
    sign_in(page, "maria")
    fill_correction(page, cast)
    page.context.set_offline(True)
    page.locator("form.sheet button.btn-primary").click()
    assert told(page)
    expect(page.locator("input[name=reason]")).to_have_value("Za pomyłkę")
    page.context.set_offline(False)
    page.locator(".trouble [data-again]").click()
    expect(page).to_have_url(re.compile(f"/office/members/{cast.anna.public_id}$"))
    assert ledger.balances(cast.anna, at=at.now())[0].balance == 40

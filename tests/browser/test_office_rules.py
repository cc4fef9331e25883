"""A promotion from its draft to the till in a real browser: tried on past sales, published, and the till gives by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from passage.engine.basket import Basket, Line
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases.values import MemberRef, Sale
from tests.browser import counter as at
from tests.browser.speech import english
from tests.browser.test_office import saved, sign_in
from tests.cast import BY, CARD, Cast


@pytest.fixture
def bakery(live: str) -> Cast:
    """Anna bought for 20 and for 30 zloty at the station this week: 50 points."""
    cast = at.a_counter(points=0).cast
    source = programmes.add_source(programme=cast.bakery, code="kasa", name="Kasa")
    for number, amount in enumerate((2_000, 3_000)):
        sale = Sale(
            client_id=f"s{number}",
            occurred_at=at.now() - timedelta(days=2 + number),
            basket=Basket("PLN", (Line("1", amount),)),
            member=MemberRef(card=CARD),
            shop="dworzec",
        )
        answers = purchases.record(programme=cast.bakery, source=source, batch=[sale], by=BY, at=at.now())
        assert [each.status for each in answers] == ["recorded"]
    return cast


@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_a_rule_is_tried_published_and_the_till_gives_by_it_in_polish(page: Page, bakery: Cast, locale: str) -> None:
    sign_in(page, "maria@example.org")
    page.goto("/office/promotions/new")
    page.locator("#id_name").fill("Potrójny dworzec")
    page.locator("input[name=kind][value=multiplier]").check()
    page.locator("#id_times").fill("3")
    page.locator("summary", has_text="Kiedy i gdzie").click()
    page.get_by_label("Dworzec").check()
    page.locator("#id_worth").fill("10")
    page.locator("button[name=try]").click()

    result = page.locator("#run")
    expect(result.locator(".figure-huge")).to_have_text("+100")
    expect(result).to_contain_text("50 punktów")
    expect(result).to_contain_text("150 punktów")
    expect(result).to_contain_text("10,00 zł")
    expect(result).to_contain_text("Anna Ś.")
    assert english(page, "pl") == []

    page.get_by_role("link", name="Zmień szkic").click()
    expect(page.locator("#id_name")).to_have_value("Potrójny dworzec")
    page.locator("#id_times").fill("2")
    page.locator("button[name=try]").click()
    expect(page.locator("#run .figure-huge")).to_have_text("+50")
    page.locator("#id_since").fill((at.now() - timedelta(days=3)).date().isoformat())
    page.get_by_role("button", name="Opublikuj").click()
    expect(page.locator(".field-error")).to_contain_text("Ten dzień już minął")
    page.locator("#id_since").fill("")
    page.get_by_role("button", name="Opublikuj").click()
    expect(page.locator("main")).to_contain_text("Potrójny dworzec")

    page.goto("/till/points")
    page.locator("select[name=shop]").select_option("dworzec")
    page.locator("#id_card").fill(CARD)
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Anna")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#step .figure-huge")).to_have_text("+24")


@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_levels_are_set_with_a_look_at_who_would_be_where(page: Page, bakery: Cast, locale: str) -> None:
    sign_in(page, "maria@example.org")
    page.goto("/office/tiers")
    page.locator("#id_threshold_0").fill("40")
    page.locator("button[name=look]").click()
    row = page.locator("form table tr", has_text="Srebrny")
    expect(row.locator("td").nth(2)).to_have_text("1")
    page.locator("form button.btn-primary").click()
    expect(page.locator("#messages .notice")).to_be_visible()
    expect(page.locator("section.sheet table").first).to_contain_text("40")
    page.goto("/office/units/points")
    page.locator("#id_life").select_option("fixed_date")
    page.locator("#id_on").fill("2031-12-24")
    saved(page)
    expect(page.locator("main")).to_contain_text("Wszystkie kończą się 24 grudnia 2031.")
    assert english(page, "pl") == []

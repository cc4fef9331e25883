"""The public pages in a real browser: a novice signs up and gives the first points; every page is looked at by axe."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from passage.config.worker import Worker
from passage.ledger import queries as ledger
from passage.members.queries import find
from passage.outbox.models import Mail
from passage.programme.actions import change_settings
from passage.programme.beginnings import beginning
from passage.programme.models import Invitation, Programme, Staff
from tests.browser import counter as at
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.cast import BY, PASSWORD
from tests.post import a_mail_server

WIDTHS = (1280, 390, 320)


@pytest.fixture
def _open_house(settings: Any) -> None:
    settings.SIGN_UP, settings.CONTACT = True, "house@example.org"


def press(page: Page, to: str) -> None:
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"**{to}")


def ask_for_the_link(page: Page) -> None:
    page.goto("/")
    page.locator("main a[href='/sign-up']").click()
    expect(page.locator("#id_name")).to_be_focused()
    page.keyboard.type("Ewa Nowak")
    page.keyboard.press("Tab")
    page.keyboard.type("ewa@example.org")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-up?sent")
    assert english(page, "pl") == []


def give_points(page: Page) -> None:
    page.locator("main a[href='/till/points']").click()
    expect(page.locator("#id_card")).to_be_focused()
    page.keyboard.type("601700800")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Anna")
    page.keyboard.type("38,50")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("a[href='/till/points'].btn")).to_be_focused()
    expect(page.locator("#step .figure-huge")).to_have_text("+38")


@pytest.mark.usefixtures("_open_house")
@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_from_sign_up_through_the_mail_and_four_steps_to_the_first_points_in_polish(page: Page, locale: str) -> None:
    with a_mail_server() as server:
        ask_for_the_link(page)
        Worker().run_once()
        link = re.search(r"https?://[^/\s]+(/sign-up/\S+)", server.text())
        assert link is not None
        page.goto(link[1])
        for field in ("password", "again"):
            page.locator(f"#id_{field}").fill(PASSWORD)
        press(page, "/begin")
        expect(page.locator("[aria-current=step]")).to_contain_text("1")
        page.locator("#id_name").fill("Pod Łabędziem")
        press(page, "/office/begin/clerks")
        page.locator("#id_name").fill("Zofia Gołąb")
        page.locator("#id_email").fill("zofia@example.org")
        page.locator("#id_pin").fill("2846")
        press(page, "/office/begin/clerks")
        expect(page.locator("main li strong")).to_have_text("Zofia Gołąb")
        Worker().run_once()
        assert server.mails[-1]["To"] == "zofia@example.org"
    # Left, and come back to: the overview leads to the step that is next.
    page.goto("/home")
    page.locator("main a[href='/office/begin']").click()
    page.wait_for_url("**/office/begin/members")
    page.locator("#id_first_name").fill("Anna")
    page.locator("#id_phone").fill("601 700 800")
    press(page, "/office/begin/members")
    page.locator("main > div > a.btn").click()
    page.locator("#id_points").fill("1")
    page.locator("#id_step").fill("1,00")
    page.locator("#id_shop").fill("Rynek")
    press(page, "/office/begin/ready")
    assert english(page, "pl") == []
    give_points(page)
    made = Programme.objects.get()
    assert (made.currency, made.zone, made.region, Staff.objects.count()) == ("PLN", "Europe/Warsaw", "PL", 1)
    assert Invitation.objects.of(made).count() == 1, "the clerk has the place once they accept it"
    [anna] = find(programme=made, text="601700800")
    assert ledger.balances(anna, at=at.now())[0].balance == 38


def faults(page: Page, address: str, language: str) -> list[str]:
    page.goto(address)
    wrong = [f"{address}: {word}" for word in english(page, language)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{address}: wider than {width}")
        found = Axe().run(page).response["violations"]
        wrong += [f"{address} {width}: {each['id']} {node['target']}" for each in found for node in each["nodes"]]
    way = page.locator("header .sign-in").bounding_box()
    if way is None or way["x"] + way["width"] < WIDTHS[-1] - 40 or way["y"] > 20:
        wrong.append(f"{address}: the way in or out is not top right")
    return wrong


@pytest.mark.usefixtures("_open_house")
@in_both_languages
def test_no_public_page_has_a_fault_that_axe_can_find_or_a_foreign_word(
    page: Page, live: str, locale: str, settings: Any
) -> None:
    settings.SHOWS_MAIL = True
    link = beginning(email="ewa@example.org", name="Ewa", on_request=True, at=at.now())
    wrong = []
    page.goto("/sign-up")
    page.locator("#id_name").fill("Ewa")
    page.locator("#id_email").fill("jan@example.org")
    press(page, "/sign-up?sent")
    Worker().run_once()
    assert Mail.objects.exists()
    for address in (
        *("/", "/sign-in", "/sign-up", "/sign-up?sent", "/sign-up/over", f"/sign-up/{link}"),
        *("/contact", "/contact?sent", "/help/", "/help/website-start", "/mail", "/nothing", "/join/over"),
    ):
        wrong += faults(page, address, locale[:2])
    page.goto("/contact")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#id_message-error")).to_be_visible()
    settings.CONTACT = ""
    wrong += faults(page, "/contact?closed", locale[:2])
    page.goto(f"/sign-up/{link}")
    for field in ("password", "again"):
        page.locator(f"#id_{field}").fill(PASSWORD)
    press(page, "/begin")
    wrong += faults(page, "/begin", locale[:2])
    page.locator("#id_name").fill("Bistro")
    press(page, "/office/begin/clerks")
    page.locator("#id_name").fill("Zofia")
    page.locator("#id_email").fill("zofia@example.org")
    press(page, "/office/begin/clerks")
    Worker().run_once()
    for step in ("begin/clerks", "begin/members", "begin/points", "begin/ready", "settings", "outbox", ""):
        wrong += faults(page, f"/office/{step}", locale[:2])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_the_till_says_whom_to_ask_as_well(page: Page, live: str, locale: str) -> None:
    counter = at.a_counter()
    bakery = counter.cast.bakery
    change_settings(
        programme=bakery,
        by=BY,
        at=at.now(),
        name=bakery.name,
        currency=bakery.currency,
        support_phone="+48123456789",
        support_email="pomoc@example.org",
    )
    at.open_till(page, counter)
    page.locator(".help-button").click()
    helping = page.locator("dialog section")
    expect(helping.get_by_role("heading")).to_have_text("Pytania? Pomoże Piekarnia Grabowska")
    expect(helping.locator("a[href='tel:+48123456789']")).to_be_visible()
    expect(helping.locator("a[href='mailto:pomoc@example.org']")).to_be_visible()
    assert english(page, "pl") == []

"""One's own log-in in a real browser: an app by its secret, a passkey by a virtual finger, sessions that end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from passage.logins import actions, codes
from passage.logins.queries import factors
from passage.programme import actions as programmes
from passage.programme.models import Login, Role
from tests.browser import counter as at
from tests.browser.speech import english, in_languages_and_lights
from tests.cast import BY, PASSWORD, a_bakery

EMAIL = "owner@example.org"
FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def owner(live: str) -> Login:
    cast = a_bakery()
    login = programmes.create_login(email=EMAIL, password=PASSWORD, name="Lucja")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=at.now())
    return login


def type_password(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("#id_email").fill(EMAIL)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/sign-in"))


def sign_out(page: Page) -> None:
    page.locator("form[action='/sign-out'] button").click()
    expect(page.locator("form[action='/sign-out']")).to_have_count(0)


def shown_by_app(secret: str, *, later: int = 0) -> str:
    return codes.code_at(int(at.now().timestamp()) // codes.SECONDS + later, secret=secret)


def a_finger(page: Page) -> tuple[Any, str]:
    """A device with a passkey store and a finger that is always right."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})
    return session, made["authenticatorId"]


def add_passkey(page: Page, name: str = "") -> None:
    page.goto("/account/")
    if name:
        page.locator("#passkey-name").fill(name)
    page.locator("form[data-passkey=create] button").click()


def test_an_app_is_set_up_by_its_secret_and_asked_for_ever_after(page: Page, owner: Login) -> None:
    type_password(page)
    page.locator("a[href='/account/']").first.click()
    page.locator("a[href='/account/app']").click()
    expect(page.locator(".qr svg")).to_be_visible()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.locator("#id_code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#id_code-error")).to_be_visible()
    used = shown_by_app(secret)
    page.locator("#id_code").fill(used)
    page.keyboard.press("Enter")
    expect(page.locator("[data-codes] li")).to_have_count(10)
    recovery = page.locator("[data-codes] li").first.inner_text()
    with page.expect_download() as kept:
        page.locator("a[download]").click()
    assert recovery in kept.value.path().read_text()
    sign_out(page)

    type_password(page)
    expect(page).to_have_url(re.compile("/sign-in/second$"))
    page.locator("#id_code").fill(used)
    page.keyboard.press("Enter")
    expect(page.locator("#id_code-error")).to_be_visible()
    page.locator("#id_code").fill(shown_by_app(secret, later=1))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/office/$"))
    sign_out(page)

    type_password(page)
    page.locator("#id_code").fill(recovery)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/office/$"))
    sign_out(page)
    type_password(page)
    page.locator("#id_code").fill(recovery)
    page.keyboard.press("Enter")
    expect(page.locator("#id_code-error")).to_be_visible()
    assert factors(owner).codes == 9


def test_a_passkey_is_added_lets_in_by_one_button_and_is_removed(page: Page, owner: Login) -> None:
    session, finger = a_finger(page)
    type_password(page)
    add_passkey(page, "Laptop in the office")
    expect(page.locator("[data-codes] li")).to_have_count(10)
    [key] = session.send("WebAuthn.getCredentials", {"authenticatorId": finger})["credentials"]
    assert key["isResidentCredential"]
    page.locator("a.btn-primary").click()
    expect(page.locator("input[value='Laptop in the office']")).to_be_visible()
    sign_out(page)

    page.goto("/sign-in?next=/office/members")
    page.locator("form[data-passkey=get] button").click()
    expect(page).to_have_url(re.compile("[0-9]/office/members$"))
    sign_out(page)

    type_password(page)
    expect(page).to_have_url(re.compile("/sign-in/second$"))
    page.locator("form[data-passkey=get] button").click()
    expect(page).to_have_url(re.compile("/office/$"))

    add_passkey(page)
    expect(page.locator("[data-fault=known]")).to_be_visible()
    page.locator("button[value=remove]").click()
    expect(page.locator("button[value=remove]")).to_have_count(0)
    sign_out(page)
    page.goto("/sign-in")
    page.locator("form[data-passkey=get] button").click()
    expect(page.locator("#messages .tone-error")).to_be_visible()
    expect(page.locator("a[href='/account/']")).to_have_count(0)


def test_a_finger_that_is_not_right_lets_nobody_in(page: Page, owner: Login) -> None:
    session, finger = a_finger(page)
    type_password(page)
    add_passkey(page)
    expect(page.locator("[data-codes] li")).to_have_count(10)
    sign_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": finger, "isUserVerified": False})
    page.goto("/sign-in")
    page.locator("form[data-passkey=get] button").click()
    expect(page.locator("[data-fault=cancelled]")).to_be_visible(timeout=70_000)
    expect(page.locator("a[href='/account/']")).to_have_count(0)


def test_the_passkey_shows_who_one_is_before_a_factor_is_changed(page: Page, owner: Login) -> None:
    a_finger(page)
    type_password(page)
    add_passkey(page)
    expect(page.locator("[data-codes] li")).to_have_count(10)
    page.goto("/account/prove?next=/account/app")
    page.locator("form[data-passkey=get] button").click()
    expect(page).to_have_url(re.compile("/account/app$"))


def test_one_browser_ends_the_session_of_another(
    page: Page, owner: Login, browser: Browser, live: str, context: BrowserContext
) -> None:
    phone = browser.new_context(base_url=live, user_agent="Mozilla/5.0 (iPhone) Version/18.5 Safari/604.1")
    there = phone.new_page()
    type_password(there)
    type_password(page)
    page.goto("/account/")
    row = page.locator("li", has_text="Safari, iPhone")
    row.locator("button").click()
    expect(row).to_have_count(0)
    there.goto("/account/")
    expect(there).to_have_url(re.compile("/sign-in"))
    type_password(there)
    page.goto("/account/")
    page.locator("form[action='/account/sessions/end'] button").click()
    expect(page.locator("form[action$='/end'] button")).to_have_count(1)
    there.goto("/office/")
    expect(there).to_have_url(re.compile("/sign-in"))
    phone.close()


@in_languages_and_lights
def test_no_page_about_a_log_in_has_a_fault_that_axe_can_find_or_a_foreign_word(
    page: Page, owner: Login, locale: str, light: str
) -> None:
    page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
    a_finger(page)
    language = locale[:2]

    def looked_at() -> None:
        results = Axe().run(page, options={"resultTypes": ["violations"]})
        assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
        assert english(page, language) == []

    for address in ("/sign-in", "/forgotten", "/new-password/over"):
        page.goto(address)
        looked_at()
    type_password(page)
    for address in ("/account/", "/account/app", "/account/password", "/account/prove"):
        page.goto(address)
        looked_at()
    add_passkey(page)
    expect(page.locator("[data-codes] li")).to_have_count(10)
    looked_at()
    for address in ("/account/", "/account/prove", "/office/", "/office/staff"):
        page.goto(address)
        looked_at()
    sign_out(page)
    type_password(page)
    looked_at()
    page.goto(f"/new-password/{actions.reset_link(owner, at=at.now())}")
    looked_at()

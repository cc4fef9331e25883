"""The guides can be followed step by step, and their pictures are of these very pages.

`PASSAGE_DRAW_GUIDES=1 pytest tests/browser/test_guides.py` takes the pictures anew, into docs/guides/pictures.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from passage.programme import actions as programmes
from passage.programme.invitations import invitation
from passage.programme.models import Role
from passage.website.guides import GUIDES, guide_file, picture_file
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.test_office import sign_in
from tests.cast import BY, PASSWORD

LANGUAGES = ("fr", "pl", "en")
PICTURE = re.compile(r"\(pictures/[a-z-]+-(\d+)\.[a-z]{2}\.webp\)")
LOCALES = {"fr": "fr-FR", "pl": "pl-PL", "en": "en-GB"}
QUALITY = 80
Shot = Callable[[int, Page], None]


@pytest.fixture
def counter(live: str) -> Counter:
    made = at.a_counter()
    owner = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    programmes.hire(programme=made.cast.bakery, login=owner, role=Role.OWNER, by=BY, at=at.now())
    return made


def boxed(page: Page, *marked: Locator) -> None:
    """A frame around what the text speaks of."""
    for place in marked:
        place.evaluate("each => { each.style.outline = '3px solid #d9480f'; each.style.outlineOffset = '4px' }")


def signing_in(page: Page, counter: Counter, shot: Shot) -> None:
    page.goto("/")
    boxed(page, page.locator("header a[href='/sign-in']"))
    shot(1, page)
    page.goto("/sign-in")
    page.locator("#id_email").fill("owner@example.org")
    page.locator("#id_password").fill(PASSWORD)
    shot(2, page)
    sign_in(page, "owner@example.org")
    shot(3, page)
    page.locator("form[action='/sign-out'] button").click()
    newcomer = programmes.create_login(email="ewa@example.org", password="", name="Ewa")
    programmes.hire(programme=counter.cast.bakery, login=newcomer, role=Role.CLERK, by=BY, at=at.now())
    page.goto(f"/join/{invitation(newcomer, at=at.now())}")
    expect(page.locator("#id_password")).to_be_visible()
    shot(4, page)
    at.pair(page, counter)
    expect(page.get_by_role("button", name="Piotr")).to_be_visible()
    shot(5, page)


def adding_points(page: Page, counter: Counter, shot: Shot) -> None:
    sign_in(page, "piotr@example.org")
    page.goto("/till/points")
    page.keyboard.type("600100200")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Anna")
    shot(1, page)
    page.keyboard.type("38,50")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    shot(2, page)
    page.keyboard.press("Enter")
    expect(page.locator("#step .figure-huge")).to_be_visible()
    shot(3, page)
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino")
    at.attach(page)
    shot(4, page)


def giving_rewards(page: Page, counter: Counter, shot: Shot) -> None:
    sign_in(page, "owner@example.org")
    page.goto("/office/rewards")
    shot(1, page)
    page.goto("/office/rewards/new")
    page.locator("input[name=kind][value=value_off]").check()
    page.locator("#id_name").fill("5 zł mniej")
    shot(2, page)
    at.open_till(page, counter)
    at.ring_up(page, "Chleb wiejski", "Cappuccino")
    at.attach(page)
    at.to_payment(page)
    at.loyalty(page).click()
    expect(page.locator(".offer").first).to_be_enabled()
    shot(3, page)
    page.locator(".offer", has_text="5 zł mniej").click()
    expect(page.locator("dialog .tone-success")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    shot(4, page)
    at.pay(page)
    shot(5, page)


FOLLOWED = {"sign-in": signing_in, "add-points": adding_points, "give-rewards": giving_rewards}


@pytest.mark.parametrize("locale", list(LOCALES.values()), indirect=True)
@pytest.mark.parametrize("name", list(FOLLOWED))
def test_a_guide_can_be_followed_to_its_end(page: Page, counter: Counter, locale: str, name: str) -> None:
    language, taken = locale[:2], list[int]()
    page.set_viewport_size({"width": 1024, "height": 640})

    def shot(number: int, window: Page) -> None:
        taken.append(number)
        window.evaluate("document.fonts.ready.then(() => true)")
        if os.environ.get("PASSAGE_DRAW_GUIDES"):
            window.wait_for_timeout(400)  # what moves has come to rest
            image = Image.open(io.BytesIO(window.screenshot(caret="initial", animations="allow")))
            image.save(picture_file(name, number, language), "WEBP", quality=QUALITY, method=6)

    FOLLOWED[name](page, counter, shot)
    asked = [int(number) for number in PICTURE.findall(guide_file(name, language).read_text())]
    assert taken == asked


@pytest.mark.parametrize("locale", list(LOCALES.values()), indirect=True)
def test_every_picture_of_a_guide_is_there_and_shows(page: Page, live: str, locale: str) -> None:
    for name in GUIDES:
        page.goto(f"/guides/{name}")
        pictures = page.locator("article img")
        assert pictures.count() == len(PICTURE.findall(guide_file(name, locale[:2]).read_text()))
        for each in pictures.all():
            each.scroll_into_view_if_needed()
            expect(each).to_have_js_property("complete", True)
            assert each.evaluate("each => each.naturalWidth") == 1024

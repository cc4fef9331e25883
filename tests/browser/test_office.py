"""The back office in a real browser: from an empty programme to the first points, and every page looked at by axe."""

from __future__ import annotations

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from passage.config.worker import Worker
from passage.earning.models import Rule
from passage.imports import actions as imports
from passage.journal.tests.shop import a_device
from passage.ledger import queries as ledger
from passage.members.queries import find
from passage.programme import actions as programmes
from passage.programme.models import Programme, Role
from passage.rewards.models import Reward
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english
from tests.browser.test_till import in_both_languages
from tests.cast import BY, PASSWORD


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.locator("#id_email").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("sign-in"))


def saved(page: Page) -> None:
    page.locator("main form button.btn-primary").last.click()
    expect(page.locator("#messages .notice")).to_be_visible()


@pytest.fixture
def bistro(live: str) -> Programme:
    cache.clear()
    made = programmes.create_programme(
        name="Bistro",
        slug="bistro",
        currency="PLN",
        zone="Europe/Warsaw",
        language="pl",
        region="PL",
        at=at.now(),
        by=BY,
    )
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    programmes.hire(programme=made, login=login, role=Role.OWNER, by=BY, at=at.now())
    return made


@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_from_an_empty_programme_to_the_first_points_in_polish(page: Page, bistro: Programme, locale: str) -> None:
    sign_in(page, "owner@example.org")
    expect(page.locator("main ol li")).to_have_count(8)
    assert english(page, "pl") == []
    page.locator("main ol li a").nth(0).click()
    page.locator("#id_name").fill("Punkty")
    saved(page)
    page.goto("/office/promotions/new")
    page.locator("#id_name").fill("Podstawa")
    page.locator("input[name=kind][value=multiplier]").check()
    expect(page.locator("#id_step")).to_be_hidden()
    page.locator("input[name=kind][value=per_amount]").check()
    page.locator("#id_points").fill("1")
    page.locator("#id_step").fill("1,00")
    saved(page)
    expect(page.locator("main")).to_contain_text("1 punkt za każde 1,00 zł.")
    page.goto("/office/shops")
    page.locator("#id_name").fill("Rynek")
    page.locator("#id_code").fill("rynek")
    saved(page)
    page.goto("/office/members/new")
    page.locator("#id_first_name").fill("Ewa")
    page.locator("#id_phone").fill("601 700 800")
    saved(page)
    page.goto("/till/points")
    page.keyboard.type("601700800")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("Ewa")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator("button[value=save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("a[href='/till/points'].btn")).to_be_focused()
    expect(page.locator("#step .figure-huge")).to_have_text("+12")
    [ewa] = find(programme=bistro, text="601700800")
    assert ledger.balances(ewa, at=at.now())[0].balance == 12


def an_import(counter: Counter, *, is_read: bool = True) -> int:
    """The number of a file of two rows, one of them wrong; looked through already, or not."""
    file = io.BytesIO(b"Zofia;zofia@example.org;2900007\n;nobody(at)example;\n")
    upload = imports.receive(programme=counter.cast.bakery, name="goście.csv", file=file, by=BY, at=at.now())
    if is_read:
        reading = {"encoding": "utf-8", "separator": ";", "has_headings": False}
        columns = ["first_name", "email", "card"]
        imports.check(upload=upload, columns=columns, by=BY, at=at.now(), **reading)  # type: ignore[arg-type]
        Worker().run_once()
    return upload.pk


@pytest.mark.parametrize("light", ["light", "dark"])
@in_both_languages
def test_no_page_of_the_back_office_has_a_fault_that_axe_can_find_or_a_foreign_word(
    page: Page, live: str, locale: str, light: str
) -> None:
    counter: Counter = at.a_counter()
    device = a_device(counter.cast, code="2")
    aside = device.deliver(device.sale(1500, card="NOBODYS1")).results[0].row.pk
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    programmes.hire(programme=counter.cast.bakery, login=login, role=Role.OWNER, by=BY, at=at.now())
    rule, reward = Rule.objects.of(counter.cast.bakery).first(), Reward.objects.of(counter.cast.bakery).first()
    assert rule is not None
    assert reward is not None
    anna = counter.cast.anna.public_id
    read, waiting = an_import(counter), an_import(counter, is_read=False)
    page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
    sign_in(page, "owner@example.org")
    addresses = [
        "",
        *("log", "units", "shops", "tills", "staff", "products", "products/new", "products/bread"),
        *(
            "visits",
            f"visits/{aside}",
            "visits/enter",
            "promotions",
            "promotions/new",
            "promotions/try?amount=12",
            f"promotions/{rule.pk}",
        ),
        *("rewards", "rewards/new", f"rewards/{reward.public_id}", "members", "members/new", "members/cards"),
        *(f"members/{anna}", f"members/{anna}/edit", f"members/{anna}/adjust"),
        *("members/import", f"members/import/{read}", f"members/import/{waiting}/columns"),
    ]
    wrong = []
    for address in addresses:
        page.goto(f"/office/{address}")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{address}: wider than {width}")
        wrong += [f"{address}: {word}" for word in english(page, locale[:2])]
        found = Axe().run(page).response["violations"]
        wrong += [f"{address}: {each['id']} {node['target']}" for each in found for node in each["nodes"]]
    assert not wrong, "\n".join(wrong)

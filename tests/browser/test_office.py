"""The back office in a real browser: from an empty programme to the first points, and every page looked at by axe."""

from __future__ import annotations

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from passage.config.worker import Worker
from passage.earning.models import Rule
from passage.engine.basket import Basket, Line
from passage.imports import actions as imports
from passage.journal.tests.shop import a_device
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.members.queries import find
from passage.privacy import actions as privacy
from passage.programme import actions as programmes
from passage.programme.models import Programme, Role
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.purchases.values import MemberRef, Sale
from passage.rewards import actions as rewards
from passage.rewards.actions import Particulars
from passage.rewards.models import Redemption, Reward
from passage.rewards.pictures import drawn
from passage.rewards.tests.test_pictures import a_picture
from passage.trials import actions as trials
from tests.browser import counter as at
from tests.browser.counter import Counter
from tests.browser.speech import english, in_languages_and_lights
from tests.cast import BY, CARD, PASSWORD

# The pages of the back office that need no number in their address.
PLAIN = (
    "",
    "log",
    "keys",
    "corrections",
    "integrity",
    "control",
    "units",
    "shops",
    "tills",
    "staff",
    "products",
    "products/new",
    "products/bread",
    "visits",
    "visits/enter",
    "visits/match",
    "visits/returns",
    "promotions",
    "promotions/new",
    "promotions/try?amount=12",
    "rewards",
    "rewards/new",
    "members",
    "members/new",
    "members/cards",
)


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


def a_trial(counter: Counter) -> int:
    """Of a draft that gives something else than was given, on a sale of its own."""
    bakery = counter.cast.bakery
    source = programmes.add_source(programme=bakery, code="kasa", name="Kasa")
    basket = Basket("PLN", (Line("1", 2_500),))
    sale = Sale(client_id="s", occurred_at=at.now(), basket=basket, member=MemberRef(card=CARD), shop="rynek")
    purchases.record(programme=bakery, source=source, batch=[sale], by=BY, at=at.now())
    draft = trials.Wish("Próba", {"unit": "points", "earns": {"kind": "fixed", "points": 7}}, 4, worth=500)
    row = trials.begin(programme=bakery, rule=None, wish=draft, by=BY, at=at.now())
    assert trials.run(trial=row, at=at.now())
    assert row.found["points"][1] > row.found["points"][0] > 0
    return row.pk


def give_bread(counter: Counter, *, waits: bool) -> Redemption:
    bread = Reward.objects.get(name="Chleb gratis")
    particulars = Particulars(worth=300_000, low_at=5)
    rewards.set_particulars(reward=bread, particulars=particulars, by=BY, at=at.now())
    rewards.put_picture(reward=bread, picture=drawn(a_picture()), by=BY, at=at.now())
    rewards.restock(reward=bread, pieces=2, reason="Dostawa", by=BY, at=at.now())
    wish = rewards.Wish(client_id=f"given-{waits}", reward=Reward.objects.get(pk=bread.pk))
    source = programmes.add_source(programme=counter.cast.bakery, code=f"given-{waits}", name="Given")
    return claiming.redeem(
        source=source, member=counter.cast.anna, wish=wish, shop=counter.cast.rynek, waits=waits, by=BY, at=at.now()
    )


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


@in_languages_and_lights
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
    tried = a_trial(counter)
    twin = members.enrol(programme=counter.cast.bakery, first_name="Ania", phone="601700800", by=BY, at=at.now())
    gone = members.enrol(programme=counter.cast.bakery, first_name="Ewa", by=BY, at=at.now())
    privacy.erase(member=gone, why="asked", by=BY, at=at.now())
    for waits in (True, False):
        given = give_bread(counter, waits=waits)
    assert given.handing == "handed_over"
    read, waiting = an_import(counter), an_import(counter, is_read=False)
    page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
    sign_in(page, "owner@example.org")
    addresses = [
        *PLAIN,
        *(f"visits/{aside}", f"promotions/{rule.pk}", f"rewards/{reward.public_id}"),
        *(f"members/{anna}", f"members/{anna}/edit", f"members/{anna}/adjust", f"staff/{counter.cast.piotr.pk}/own"),
        f"integrity/{counter.cast.piotr.pk}/typed",
        *("settings", "outbox", "begin/clerks", "begin/members", "begin/points", "begin/ready"),
        *(f"promotions/trials/{tried}", "tiers", "units/points", f"members/{anna}/level"),
        *(f"members/{anna}/merge?q=an", f"members/{anna}/merge?with={twin.public_id}"),
        *("members/twins", f"members/{anna}/erase", "privacy", f"members/{gone.public_id}"),
        *(f"members/{anna}/prize", "handovers", "prizes"),
        f"members/{anna}/cards/{counter.cast.card.pk}/print",
        "leave",
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

"""Every page against everybody who may knock: nobody, the member, the clerk, the manager, the auditor, a stranger.

A page that is missing from the table fails, and so does a row for a page that is gone.
"""

import io
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from passage.cards import actions as cards
from passage.config.worker import Worker
from passage.earning.models import Rule
from passage.imports import actions as imports
from passage.journal.tests.shop import a_device
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.rewards import actions as rewards
from tests.cast import AT, BY, CARD, PASSWORD, Cast, a_bakery

pytestmark = pytest.mark.django_db
DOORS = {"website", "till", "office", "portal"}
PEOPLE = ("nobody", "anna", "piotr", "maria", "auditor", "stranger")
# Seen, sent on, forbidden, not there, only by a button, no longer good.
IN, GO, NO, NONE, POST, GONE = 200, 302, 403, 404, 405, 410

# What a GET of each page answers to each of PEOPLE, in their order.
PAGES: dict[str, tuple[str, tuple[int, ...]]] = {
    "website:start": ("/", (IN, IN, IN, IN, IN, IN)),
    "website:sign_in": ("/sign-in", (IN, GO, GO, GO, GO, GO)),
    "website:sign_out": ("/sign-out", (POST, POST, POST, POST, POST, POST)),
    "website:join": ("/join/over", (GONE, GONE, GONE, GONE, GONE, GONE)),
    "website:home": ("/home", (GO, GO, GO, GO, GO, GO)),
    "website:help": ("/help/till-points", (IN, IN, IN, IN, IN, IN)),
    "till:app": ("/till/", (IN, IN, IN, IN, IN, IN)),
    "till:worker": ("/till/sw.js", (IN, IN, IN, IN, IN, IN)),
    "till:manifest": ("/till/manifest.webmanifest", (IN, IN, IN, IN, IN, IN)),
    "till:points": ("/till/points", (GO, NO, IN, IN, NO, IN)),
    "till:added": ("/till/points/{sale}", (GO, NO, IN, IN, NO, NONE)),
    "office:start": ("/office/", (GO, NO, GO, IN, GO, IN)),
    "office:units": ("/office/units", (GO, NO, NO, IN, NO, IN)),
    "office:shops": ("/office/shops", (GO, NO, NO, IN, IN, IN)),
    "office:new_member": ("/office/members/new", (GO, NO, IN, IN, NO, IN)),
    "office:edit_member": ("/office/members/{member}/edit", (GO, NO, IN, IN, NO, NONE)),
    "office:adjust": ("/office/members/{member}/adjust", (GO, NO, NO, IN, NO, NONE)),
    "office:block_member": ("/office/members/{member}/block", (POST, POST, POST, POST, POST, POST)),
    "office:give_card": ("/office/members/{member}/cards", (POST, POST, POST, POST, POST, POST)),
    "office:turn_card": ("/office/members/{member}/cards/1", (POST, POST, POST, POST, POST, POST)),
    "office:cards": ("/office/members/cards", (GO, NO, NO, IN, NO, IN)),
    "office:card_list": ("/office/members/cards/{blank}.csv", (GO, NO, NO, IN, NO, NONE)),
    "office:imports": ("/office/members/import", (GO, NO, NO, IN, NO, IN)),
    "office:import": ("/office/members/import/{upload}", (GO, NO, NO, IN, NO, NONE)),
    "office:import_columns": ("/office/members/import/{upload}/columns", (GO, NO, NO, IN, NO, NONE)),
    "office:import_do": ("/office/members/import/{upload}/do", (POST, POST, POST, POST, POST, POST)),
    "office:import_report": ("/office/members/import/{upload}/rows.csv", (GO, NO, NO, IN, NO, NONE)),
    "office:members": ("/office/members", (GO, NO, IN, IN, IN, IN)),
    "office:member": ("/office/members/{member}", (GO, NO, IN, IN, IN, NONE)),
    "office:visits": ("/office/visits", (GO, NO, NO, IN, NO, IN)),
    "office:enter": ("/office/visits/enter", (GO, NO, NO, IN, NO, IN)),
    "office:visit": ("/office/visits/{aside}", (GO, NO, NO, IN, NO, NONE)),
    "office:promotions": ("/office/promotions", (GO, NO, NO, IN, IN, IN)),
    "office:new_promotion": ("/office/promotions/new", (GO, NO, NO, IN, NO, IN)),
    "office:promotion": ("/office/promotions/{rule}", (GO, NO, NO, IN, NO, NONE)),
    "office:playground": ("/office/promotions/try", (GO, NO, NO, IN, IN, IN)),
    "office:end_promotion": ("/office/promotions/{rule}/end", (POST, POST, POST, POST, POST, POST)),
    "office:rewards": ("/office/rewards", (GO, NO, NO, IN, NO, IN)),
    "office:new_reward": ("/office/rewards/new", (GO, NO, NO, IN, NO, IN)),
    "office:reward": ("/office/rewards/{reward}", (GO, NO, NO, IN, NO, NONE)),
    "office:end_reward": ("/office/rewards/{reward}/end", (POST, POST, POST, POST, POST, POST)),
    "office:products": ("/office/products", (GO, NO, NO, IN, NO, IN)),
    "office:new_product": ("/office/products/new", (GO, NO, NO, IN, NO, IN)),
    "office:product": ("/office/products/bread", (GO, NO, NO, IN, NO, NONE)),
    "office:retire": ("/office/products/bread/retire", (POST, POST, POST, POST, POST, POST)),
    "office:tills": ("/office/tills", (GO, NO, NO, IN, NO, IN)),
    "office:connect": ("/office/tills/{till}/connect", (POST, POST, POST, POST, POST, POST)),
    "office:disconnect": ("/office/tills/{till}/disconnect", (POST, POST, POST, POST, POST, POST)),
    "office:log": ("/office/log", (GO, NO, NO, IN, IN, IN)),
    "office:people": ("/office/staff", (GO, NO, NO, IN, NO, IN)),
    "office:invite": ("/office/staff/invite", (POST, POST, POST, POST, POST, POST)),
    "office:link": ("/office/staff/{piotr}/link", (POST, POST, POST, POST, POST, POST)),
    "office:leave": ("/office/staff/{piotr}/leave", (POST, POST, POST, POST, POST, POST)),
    "office:pin": ("/office/staff/{piotr}/pin", (POST, POST, POST, POST, POST, POST)),
    "portal:me": ("/me/", (GO, IN, NO, NO, NO, NO)),
}


def pages(patterns: list[URLPattern | URLResolver] | None = None, *, door: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, door=pattern.namespace or door)
        elif door in DOORS:
            yield f"{door}:{pattern.name}"


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


@pytest.fixture
def clients(cast: Cast) -> dict[str, Client]:
    auditor = programmes.create_login(email="auditor@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=auditor, role=Role.AUDITOR, by=BY, at=AT)
    logins = {
        "anna": cast.anna.login,
        "piotr": cast.piotr.login,
        "maria": cast.maria.login,
        "auditor": auditor,
        "stranger": cast.stranger.login,
    }
    clients = {name: Client() for name in PEOPLE}
    for name, login in logins.items():
        clients[name].force_login(login)
    return clients


def a_sale(clerk: Client) -> uuid.UUID:
    ticket = clerk.get("/till/points").context["ticket"]
    typed = {"card": CARD, "amount": "5", "shop": "rynek", "ticket": ticket, "do": "save"}
    return uuid.UUID(clerk.post("/till/points", typed)["Location"].rsplit("/", 1)[1])


def a_till_with_a_problem(cast: Cast) -> dict[str, object]:
    """A product, a till, and a sale that it told of a card nobody knows."""
    products.put(programme=cast.bakery, code="bread", name="Chleb", price=1290, by=BY, at=AT)
    device = a_device(cast)
    [result] = device.deliver(device.sale(card="NOBODYS1")).results
    assert device.key.till is not None
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
    reward = rewards.create_reward(
        programme=cast.bakery, name="1 zł", definition=gives, effective_from=AT, by=BY, at=AT
    )
    rule = Rule.objects.of(cast.bakery).first()
    [blank] = cards.make_blank(programme=cast.bakery, numbers=["2900000000018"], by=BY, at=AT)
    file = io.BytesIO(b"card\nA1\n")
    upload = imports.receive(programme=cast.bakery, name="cards.csv", file=file, by=BY, at=AT)
    reading = {"encoding": "utf-8", "separator": ";", "has_headings": True, "columns": ["card"]}
    imports.check(upload=upload, by=BY, at=AT, **reading)
    Worker(clock=lambda: AT).run_once()
    known = {"upload": upload.pk, "reward": reward.public_id, "rule": rule.pk, "blank": blank.pk}
    return {"aside": result.row.pk, "till": device.key.till.pk, "piotr": cast.piotr.pk, **known}


def test_every_page_stands_in_the_table_and_no_other():
    assert set(pages()) == set(PAGES)


def test_every_page_answers_everybody_as_the_table_says(cast, clients):
    known = {"sale": a_sale(clients["piotr"]), "member": cast.anna.public_id, **a_till_with_a_problem(cast)}
    wrong = [
        f"{page} for {person}: {got}, not {wanted}"
        for page, (address, answers) in PAGES.items()
        for person, wanted in zip(PEOPLE, answers, strict=True)
        if (got := clients[person].get(address.format(**known)).status_code) != wanted
    ]
    assert not wrong, "\n".join(wrong)


def test_who_has_left_comes_in_nowhere(cast, clients):
    type(cast.piotr).objects.filter(pk=cast.piotr.pk).update(left_at=AT)
    assert clients["piotr"].get("/till/points").status_code == NO
    assert clients["piotr"].get("/office/members").status_code == NO

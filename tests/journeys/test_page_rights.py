"""Every page against everybody who may knock: nobody, the member, the clerk, the manager, the auditor, a stranger.

A page that is missing from the table fails, and so does a row for a page that is gone.
"""

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from passage.programme import actions as programmes
from passage.programme.models import Role
from tests.cast import AT, BY, CARD, PASSWORD, Cast, a_bakery

pytestmark = pytest.mark.django_db
DOORS = {"website", "till", "office", "portal"}
PEOPLE = ("nobody", "anna", "piotr", "maria", "auditor", "stranger")
IN, GO, NO, NONE, POST = 200, 302, 403, 404, 405  # seen, sent on, forbidden, not there, only by a button

# What a GET of each page answers to each of PEOPLE, in their order.
PAGES: dict[str, tuple[str, tuple[int, ...]]] = {
    "website:start": ("/", (IN, IN, IN, IN, IN, IN)),
    "website:sign_in": ("/sign-in", (IN, GO, GO, GO, GO, GO)),
    "website:sign_out": ("/sign-out", (POST, POST, POST, POST, POST, POST)),
    "website:home": ("/home", (GO, GO, GO, GO, GO, GO)),
    "website:help": ("/help/till-points", (IN, IN, IN, IN, IN, IN)),
    "till:start": ("/till/", (GO, NO, GO, GO, NO, GO)),
    "till:points": ("/till/points", (GO, NO, IN, IN, NO, IN)),
    "till:added": ("/till/points/{sale}", (GO, NO, IN, IN, NO, NONE)),
    "office:start": ("/office/", (GO, NO, GO, GO, GO, GO)),
    "office:members": ("/office/members", (GO, NO, IN, IN, IN, IN)),
    "office:member": ("/office/members/{member}", (GO, NO, IN, IN, IN, NONE)),
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


def test_every_page_stands_in_the_table_and_no_other():
    assert set(pages()) == set(PAGES)


def test_every_page_answers_everybody_as_the_table_says(cast, clients):
    known = {"sale": a_sale(clients["piotr"]), "member": cast.anna.public_id}
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

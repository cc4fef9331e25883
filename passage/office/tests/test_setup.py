"""From an empty programme to the first points, by nothing but the pages of the back office."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from passage.ledger.queries import balances, units
from passage.members.queries import find
from passage.programme import actions as programmes
from passage.programme.models import Role, Shop
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def bistro():
    return programmes.create_programme(name="Bistro", slug="bistro", currency="EUR", language="fr", at=AT, by=BY)


@pytest.fixture
def owner(bistro):
    login = programmes.create_login(email="lucie@example.org", password=PASSWORD)
    programmes.hire(programme=bistro, login=login, role=Role.OWNER, by=BY, at=AT)
    client = Client()
    client.force_login(login)
    return client


def left(owner):
    return owner.get("/office/").context["left"]


def test_an_empty_programme_is_set_up_in_eight_steps_and_earns(owner, bistro):
    assert left(owner) == 8
    deeds = [
        ("units", {"name": "Points", "kind": "points", "life": "end_of_year", "count": "1"}),
        ("promotions/new", {"name": "Base", "kind": "per_amount", "unit": "points", "points": "1", "step": "1"}),
        ("rewards/new", {"name": "5 €", "kind": "value_off", "unit": "points", "cost": "50", "off": "5"}),
        ("shops", {"name": "Lyon", "code": "lyon", "city": "Lyon"}),
        ("products/new", {"code": "pain", "name": "Pain", "price": "1,30"}),
        ("tills", {"shop": "lyon", "code": "1"}),
        ("members/new", {"first_name": "Anne", "phone": "+33 6 12 34 56 78"}),
    ]
    for path, typed in deeds:
        assert owner.post(f"/office/{path}", typed).status_code == 302, path
    person = owner.get("/office/staff").context["rows"][0].staff
    assert owner.post(f"/office/staff/{person.pk}/pin", {"pin": "3690"}).status_code == 302
    assert left(owner) == 1  # no device is connected yet
    till = owner.get("/office/tills").context["places"][0].till
    page = owner.post(f"/office/tills/{till.pk}/connect").content.decode()
    code = re.search(r"data-code>([^<]+)<", page)[1]
    Client().post("/api/v1/till/pairings", {"code": code}, content_type="application/json")
    assert left(owner) == 0
    ticket = owner.get("/till/points").context["ticket"]
    typed = {"card": "+33612345678", "amount": "12", "shop": "lyon", "ticket": ticket, "do": "save"}
    assert owner.post("/till/points", typed).status_code == 302
    [anne] = find(programme=bistro, text="+33612345678")
    assert balances(anne, at=timezone.now())[0].balance == 12


def test_a_unit_and_a_shop_that_cannot_be_are_refused_at_their_fields(owner, bistro):
    for field, typed in (
        ("count", {"name": "P", "kind": "points", "life": "days"}),
        ("name", {"name": "", "kind": "points", "life": "none"}),
        ("kind", {"name": "P", "kind": "gold", "life": "none"}),
    ):
        assert field in owner.post("/office/units", typed).context["form"].errors
    assert units(bistro) == []
    owner.post("/office/shops", {"name": "Lyon", "code": "lyon"})
    for field, typed in (
        ("code", {"name": "Lyon", "code": "lyon"}),
        ("code", {"name": "x", "code": "a b"}),
        ("name", {"code": "x"}),
    ):
        assert field in owner.post("/office/shops", typed).context["form"].errors, typed
    assert Shop.objects.of(bistro).count() == 1


def test_two_units_of_a_kind_have_two_codes(owner, bistro):
    for name in ("Points", "Miles"):
        owner.post("/office/units", {"name": name, "kind": "points", "life": "none"})
    assert [unit.code for unit in units(bistro)] == ["points", "points2"]


def test_only_who_sets_things_up_sees_what_is_to_do():
    cast = a_bakery()
    clerk, manager = Client(), Client()
    clerk.force_login(cast.piotr.login)
    manager.force_login(cast.maria.login)
    assert clerk.get("/office/")["Location"] == "/office/members"
    assert manager.get("/office/").status_code == 200
    assert manager.post("/office/shops", {"name": "x", "code": "x"}).status_code == 403
    assert manager.get("/office/shops").context["form"] is None

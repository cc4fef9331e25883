"""People come by a link, choose a password that nobody else knows, and are out of everything when they leave."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.programme import actions as programmes
from passage.programme import invitations
from passage.programme.models import Login, Role, Staff
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
EWA = {"name": "Ewa", "email": "Ewa@example.org", "role": "clerk", "shop": "rynek"}
HERS = "three warm loaves"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    client = Client()
    client.force_login(login)
    return client


def link_of(answer):
    return re.search(r"data-link>http://testserver([^<]+)<", answer.content.decode())[1]


def ewa(cast):
    return Staff.objects.of(cast.bakery).get(login__email="ewa@example.org", left_at=None)


def test_an_invited_clerk_chooses_a_password_and_works(owner, cast):
    link = link_of(owner.post("/office/staff/invite", EWA))
    her = Client()
    assert "Ewa" in her.get(link).content.decode()
    short = her.post(link, {"password": "short", "again": "short"})
    assert short.status_code == 422
    assert short.context["form"].errors["password"]
    other = her.post(link, {"password": HERS, "again": HERS + "!"})
    assert other.context["form"].errors["again"]
    assert her.post(link, {"password": HERS, "again": HERS})["Location"] == "/home"
    assert her.get("/till/points").status_code == 200
    assert (ewa(cast).role, ewa(cast).shop) == ("clerk", cast.rynek)
    assert Client().login(email="ewa@example.org", password=HERS)


def test_a_link_works_once_for_a_week_and_is_never_forged(owner, cast):
    link = link_of(owner.post("/office/staff/invite", EWA))
    again = link_of(owner.post(f"/office/staff/{ewa(cast).pk}/link"))
    login = Login.objects.get(email="ewa@example.org")
    late = timezone.now() - invitations.LIFE - timedelta(seconds=1)
    for text in ("x", link.removeprefix("/join/")[:-2], invitations.invitation(login, at=late)):
        assert Client().get(f"/join/{text}").status_code == 410
    assert Client().post(again, {"password": HERS, "again": HERS}).status_code == 302
    for used in (link, again):
        assert Client().post(used, {"password": "another long word", "again": "another long word"}).status_code == 410
    assert Client().login(email="ewa@example.org", password=HERS)
    assert owner.post(f"/office/staff/{ewa(cast).pk}/link").status_code == 404


def test_who_has_a_log_in_already_gets_a_place_and_no_link(owner, cast):
    answer = owner.post("/office/staff/invite", {**EWA, "email": "anna@example.org"})
    assert answer.status_code == 302
    assert Client().login(email="anna@example.org", password=PASSWORD)


@pytest.mark.parametrize(
    ("field", "text"), [("email", "no address"), ("email", "piotr@example.org"), ("name", ""), ("role", "king")]
)
def test_an_invitation_that_cannot_be_is_refused_at_its_field(owner, cast, field, text):
    before = (Staff.objects.of(cast.bakery).count(), Login.objects.count())
    refused = owner.post("/office/staff/invite", {**EWA, field: text})
    assert refused.status_code == 422
    assert field in refused.context["invite"].errors
    assert (Staff.objects.of(cast.bakery).count(), Login.objects.count()) == before


def test_who_leaves_is_out_at_once_and_an_owner_stays(owner, cast):
    his = Client()
    his.force_login(cast.piotr.login)
    assert owner.post(f"/office/staff/{cast.piotr.pk}/leave").status_code == 302
    assert his.get("/till/points").status_code == 302, "signed out, not only turned away"
    boss = Staff.objects.of(cast.bakery).get(role=Role.OWNER)
    owner.post(f"/office/staff/{boss.pk}/leave")
    boss.refresh_from_db()
    assert boss.left_at is None


def test_a_manager_invites_nobody_and_another_programme_sees_nobody(cast):
    manager, stranger = Client(), Client()
    manager.force_login(cast.maria.login)
    stranger.force_login(cast.stranger.login)
    assert manager.post("/office/staff/invite", EWA).status_code == 403
    assert "invite" not in manager.get("/office/staff").content.decode()
    for path in ("leave", "link", "pin"):
        assert stranger.post(f"/office/staff/{cast.piotr.pk}/{path}", {"pin": "3690"}).status_code == 404


def test_a_manager_of_one_shop_sets_pins_there_and_nowhere_else(cast):
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    near = Client()
    near.force_login(login)
    assert near.post(f"/office/staff/{cast.piotr.pk}/pin", {"pin": "3690"}).status_code == 302
    # Maria is in every shop: whoever had her PIN would be her there, too.
    assert near.post(f"/office/staff/{cast.maria.pk}/pin", {"pin": "3690"}).status_code == 403

"""People come by a link, choose a password that nobody else knows, and are out of everything when they leave."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.programme import actions as programmes
from passage.programme import invitations
from passage.programme.models import Invitation, Login, Role, Staff
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

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


def offered(cast):
    """The rank and shop that wait for Ewa."""
    row = Invitation.objects.of(cast.bakery).get(email="ewa@example.org", state="open")
    return (row.role, row.shop)


def joined(client, **changed):
    """Ewa is invited and accepts."""
    link = link_of(client.post("/office/staff/invite", {**EWA, **changed}))
    assert Client().post(link, {"password": HERS, "again": HERS}).status_code == 302


def test_an_invited_clerk_chooses_a_password_and_works(owner, cast):
    link = link_of(owner.post("/office/staff/invite", EWA))
    her = Client()
    assert "Piekarnia Grabowska invites you" in her.get(link).content.decode()
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
    row = Invitation.objects.of(cast.bakery).get()
    again = link_of(owner.post(f"/office/staff/invitations/{row.public_id}/again"))
    for text in ("x", link.removeprefix("/invitation/")[:-2]):
        assert Client().get(f"/invitation/{text}").status_code == 410
    assert offer_behind(again, at=row.until - timedelta(seconds=1)).invitation == row
    assert offer_behind(again, at=row.until) is None
    assert Client().post(again, {"password": HERS, "again": HERS}).status_code == 302
    for used in (link, again):
        assert Client().post(used, {"password": "another long word", "again": "another long word"}).status_code == 410
    assert Client().login(email="ewa@example.org", password=HERS)
    assert owner.post(f"/office/staff/invitations/{row.public_id}/again").status_code == 404
    assert owner.post(f"/office/staff/{ewa(cast).pk}/link").status_code == 404


def offer_behind(link, *, at):
    return invitations.offered(link.removeprefix("/invitation/"), at=at)


def test_the_link_of_a_log_in_that_has_not_begun_is_good_for_a_week_once(cast):
    login = programmes.create_login(email="ewa@example.org", password="")
    late = timezone.now() - invitations.LIFE - timedelta(seconds=1)
    good = invitations.invitation(login, at=timezone.now())
    for text in ("x", good[:-2], invitations.invitation(login, at=late)):
        assert Client().get(f"/join/{text}").status_code == 410
    assert Client().post(f"/join/{good}", {"password": HERS, "again": HERS}).status_code == 302
    assert Client().get(f"/join/{good}").status_code == 410


@pytest.mark.parametrize(
    ("field", "text"), [("email", "no address"), ("email", "piotr@example.org"), ("name", ""), ("role", "king")]
)
def test_an_invitation_that_cannot_be_is_refused_at_its_field(owner, cast, field, text):
    before = (Invitation.objects.count(), Login.objects.count())
    refused = owner.post("/office/staff/invite", {**EWA, field: text})
    assert refused.status_code == 422
    assert field in refused.context["invite"].errors
    assert (Invitation.objects.count(), Login.objects.count()) == before


def test_who_leaves_is_out_at_once_and_an_owner_stays(owner, cast):
    his = Client()
    his.force_login(cast.piotr.login)
    assert owner.post(f"/office/staff/{cast.piotr.pk}/leave").status_code == 302
    assert his.get("/till/points").status_code == 403
    assert his.get("/account/").status_code == 200, "the log-in is his own"
    boss = Staff.objects.of(cast.bakery).get(role=Role.OWNER)
    owner.post(f"/office/staff/{boss.pk}/leave")
    boss.refresh_from_db()
    assert boss.left_at is None


def test_a_clerk_invites_nobody_and_another_programme_sees_nobody(cast):
    clerk, stranger = signed_in(cast.piotr.login), signed_in(cast.stranger.login)
    assert clerk.post("/office/staff/invite", EWA).status_code == 403
    for path in ("leave", "link", "pin"):
        assert stranger.post(f"/office/staff/{cast.piotr.pk}/{path}", {"pin": "3690"}).status_code == 404


def test_a_manager_of_one_shop_sets_pins_there_and_nowhere_else(cast):
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    near = Client()
    near.force_login(login)
    assert near.post(f"/office/staff/{cast.piotr.pk}/pin", {"pin": "3690"}).status_code == 302
    # Maria is in every shop: whoever had her PIN would be her there, too.
    assert near.post(f"/office/staff/{cast.maria.pk}/pin", {"pin": "3690"}).status_code == 404


def a_boss(cast):
    """A manager of the Rynek, signed in."""
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    return signed_in(login)


def test_a_chain_manager_invites_those_below_and_no_equal(cast):
    manager = signed_in(cast.maria.login)
    for rank in ("owner", "chain", "developer"):
        refused = manager.post("/office/staff/invite", {**EWA, "role": rank, "shop": ""})
        assert refused.status_code == 422
        assert refused.context["invite"].errors["role"]
    assert not Invitation.objects.exists()
    assert manager.post("/office/staff/invite", {**EWA, "role": "shop"}).status_code == 200
    assert offered(cast) == ("manager", cast.rynek)


def test_a_shop_manager_hires_clerks_for_that_shop_and_for_no_other(cast):
    near = a_boss(cast)
    elsewhere = near.post("/office/staff/invite", {**EWA, "shop": "dworzec"})
    assert elsewhere.context["invite"].errors["shop"]
    equal = near.post("/office/staff/invite", {**EWA, "role": "shop"})
    assert equal.context["invite"].errors["role"]
    assert near.post("/office/staff/invite", EWA).status_code == 200
    assert offered(cast) == ("clerk", cast.rynek)


def test_a_shop_manager_sees_and_parts_with_the_people_of_that_shop_only(cast):
    far = programmes.create_login(email="far@example.org", password=PASSWORD)
    other = programmes.hire(programme=cast.bakery, login=far, role=Role.CLERK, shop=cast.dworzec, by=BY, at=AT)
    near = a_boss(cast)
    assert cast.piotr in [row.staff for row in near.get("/office/staff").context["rows"]]
    assert not {other, cast.maria} & {row.staff for row in near.get("/office/staff").context["rows"]}
    for person in (other, cast.maria):
        for path in ("leave", "link", "pin"):
            assert near.post(f"/office/staff/{person.pk}/{path}", {"pin": "3690"}).status_code == 404
    assert near.post(f"/office/staff/{cast.piotr.pk}/leave").status_code == 302


def test_nobody_parts_with_an_equal_or_takes_their_link_or_pin(owner, cast):
    joined(owner, role="owner", shop="")
    manager = signed_in(cast.maria.login)
    for path in ("leave", "link", "pin"):
        assert manager.post(f"/office/staff/{ewa(cast).pk}/{path}", {"pin": "3690"}).status_code == 403
    assert ewa(cast).left_at is None


@pytest.mark.parametrize(
    ("rank", "shop"), [("shop", ""), ("chain", "rynek"), ("owner", "rynek"), ("developer", "rynek")]
)
def test_a_place_says_whether_it_is_of_one_shop(owner, cast, rank, shop):
    refused = owner.post("/office/staff/invite", {**EWA, "role": rank, "shop": shop})
    assert refused.status_code == 422
    assert refused.context["invite"].errors["shop"]


def test_the_page_calls_the_two_managers_by_their_names(owner, cast):
    a_boss(cast)
    said = owner.get("/office/staff").content.decode()
    assert "Chain manager" in said
    assert "Shop manager, Rynek" in said

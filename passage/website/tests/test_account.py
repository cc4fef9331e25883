"""One's own log-in: who one is is asked again before a factor changes, and what is ended is ended at once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.logins import actions, codes
from passage.logins.queries import factors, signed_in
from passage.programme import actions as programmes
from passage.programme import queries as programme_queries
from passage.programme.access import has_second_factor
from passage.programme.models import Login, Role
from passage.website.entry import BEGAN, PROVEN, SEEN
from tests.cast import AT, BY, PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"


@pytest.fixture
def cast():
    return a_bakery()


def signed(name="maria", device=FIREFOX):
    client = Client(headers={"user-agent": device})
    assert client.post("/sign-in", {"email": f"{name}@example.org", "password": PASSWORD}).status_code == 302
    return client


def aged(client, **seconds):
    """The session as it will be so many seconds from now."""
    session = client.session
    for name, age in seconds.items():
        session[name] = int(timezone.now().timestamp()) - age
    session.save()
    return client


def set_up(client):
    """An app, set up by the page as a person does it: the secret, and the recovery codes."""
    page = client.get("/account/app").content.decode()
    secret = re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1].replace(" ", "")
    code = codes.code_at(int(timezone.now().timestamp()) // codes.SECONDS, secret=secret)
    answer = client.post("/account/app", {"code": code})
    assert answer.status_code == 200
    shown = re.findall(r'<li class="card-number">([0-9 ]+)</li>', answer.content.decode())
    return secret, shown


@pytest.mark.parametrize("name", ["anna", "piotr", "maria", "stranger"])
def test_staff_and_members_have_the_page_and_reach_it_from_the_header(cast, name):
    client = signed(name)
    home = client.get("/home", follow=True).content.decode()
    assert 'href="/account/"' in home
    assert f"{name}@example.org" in client.get("/account/").content.decode()


def test_a_language_is_chosen_for_this_device_and_all_to_come(cast):
    client = signed()
    assert client.post("/account/language", {"language": "pl"}).cookies["language"].value == "pl"
    assert Login.objects.get(pk=cast.maria.login_id).language == "pl"
    client.post("/account/language", {"language": "xx"})
    assert Login.objects.get(pk=cast.maria.login_id).language == "pl"


# -- the password --------------------------------------------------------------------------------

NEW = {"current": PASSWORD, "password": "eight cold croissants", "again": "eight cold croissants"}


def test_another_password_ends_every_other_browser_and_not_this_one(cast):
    here, there = signed(), signed(device=IPHONE)
    assert here.post("/account/password", NEW)["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert Client().login(email="maria@example.org", password=NEW["password"])
    assert not Client().login(email="maria@example.org", password=PASSWORD)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("current", "wrong"), ("password", "short"), ("again", "something else"), ("password", "maria@example.org")],
)
def test_a_password_that_cannot_be_is_refused_at_its_field(cast, field, typed):
    client = signed()
    answer = client.post("/account/password", NEW | {field: typed})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert Client().login(email="maria@example.org", password=PASSWORD)


def test_the_old_password_is_not_to_be_guessed_in_a_browser_left_open(cast):
    client = signed()
    for _ in range(5):
        client.post("/account/password", NEW | {"current": "wrong"})
    assert "quarter of an hour" in client.post("/account/password", NEW).content.decode()


# -- who one is, again ---------------------------------------------------------------------------

CHANGES = ["app", "app/off", "codes", "passkeys", "passkeys/options", "passkeys/1"]


@pytest.mark.parametrize("change", CHANGES)
def test_no_factor_changes_before_one_has_shown_again_who_one_is(cast, change):
    client = aged(signed(), **{PROVEN: 601})
    answer = client.post(f"/account/{change}", {"do": "remove"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/prove?")


@pytest.mark.parametrize("change", CHANGES)
def test_who_is_signed_out_changes_nothing(cast, change):
    answer = Client().post(f"/account/{change}")
    assert (answer.status_code, "/sign-in?" in answer.content.decode()) == (401, True)


def test_the_password_shows_who_one_is_for_ten_minutes(cast):
    client = aged(signed(), **{PROVEN: 601})
    assert client.get("/account/app")["Location"] == "/account/prove?next=%2Faccount%2Fapp"
    wrong = client.post("/account/prove", {"password": "wrong", "next": "/account/app"})
    assert (wrong.status_code, client.get("/account/app").status_code) == (422, 302)
    assert client.post("/account/prove", {"password": PASSWORD, "next": "/account/app"})["Location"] == "/account/app"
    assert client.get("/account/app").status_code == 200
    assert client.post("/account/prove", {"password": PASSWORD, "next": "//evil.example"})["Location"] == "/account/"


def test_where_there_is_a_second_factor_the_password_alone_shows_nothing(cast):
    client = signed()
    _, shown = set_up(client)
    aged(client, **{PROVEN: 601})
    assert client.post("/account/prove", {"password": PASSWORD}).status_code == 422
    assert client.post("/account/prove", {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert client.post("/account/app/off").status_code == 302
    assert has_second_factor(cast.maria.login)
    assert client.post("/account/prove", {"password": PASSWORD, "code": shown[0]}).status_code == 302
    client.post("/account/app/off")
    assert not has_second_factor(cast.maria.login)


# -- factors -------------------------------------------------------------------------------------


def test_an_app_is_set_up_by_the_page_and_its_codes_are_shown_once(cast):
    client = signed()
    first = client.get("/account/app").content.decode()
    assert "<svg" in first
    wrong = client.post("/account/app", {"code": "000000"})
    assert (wrong.status_code, bool(wrong.context["form"].errors["code"])) == (422, True)
    secret, shown = set_up(client)
    assert secret.encode() in first.replace(" ", "").encode(), "the square stays the same until it has been scanned"
    assert len(shown) == 10
    later = client.get("/account/").content.decode()
    assert not any(code in later for code in shown)
    assert "app_secret" not in client.session
    assert client.get("/account/app")["Location"] == "/account/"


def test_new_recovery_codes_are_shown_with_a_file_to_keep(cast):
    client = signed()
    _, before = set_up(client)
    answer = client.post("/account/codes")
    page = answer.content.decode()
    fresh = re.findall(r'<li class="card-number">([0-9 ]+)</li>', page)
    assert set(before).isdisjoint(fresh)
    assert 'download="passage-' in page
    assert factors(cast.maria.login).codes == 10


def test_nobody_changes_the_passkey_or_ends_the_session_of_somebody_else(cast):
    signed("piotr")
    [his] = signed_in(cast.piotr.login, at=timezone.now())
    client = signed("maria")
    assert client.post(f"/account/sessions/{his.id}/end").status_code == 404
    assert client.post("/account/passkeys/1", {"name": "Mine now"}).status_code == 404
    assert len(signed_in(cast.piotr.login, at=timezone.now())) == 1


@pytest.mark.parametrize("sent", ["", "{}", "[]", '{"id":"AA","rawId":"AA","type":"public-key","response":{}}'])
def test_what_is_no_new_passkey_is_refused_and_nothing_is_there(cast, sent):
    client = signed()
    assert client.post("/account/passkeys/options").json()["publicKey"]["user"]["name"] == "maria@example.org"
    assert client.post("/account/passkeys", {"credential": sent})["Location"] == "/account/"
    assert "could not be added" in client.get("/account/").content.decode()
    assert not has_second_factor(cast.maria.login)


# -- sessions ------------------------------------------------------------------------------------


def test_one_browser_is_signed_out_from_another(cast):
    here, there = signed(), signed(device=IPHONE)
    page = here.get("/account/").content.decode()
    assert "Firefox, Linux" in page
    assert "Safari, iPhone" in page
    phone = next(row for row in signed_in(cast.maria.login, at=timezone.now()) if "iPhone" in row.device)
    assert here.post(f"/account/sessions/{phone.id}/end").status_code == 302
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert "iPhone" not in here.get("/account/").content.decode()


def test_all_others_are_signed_out_even_one_that_is_on_no_list(cast):
    here, there, unlisted = signed(), signed(device=IPHONE), Client()
    unlisted.force_login(cast.maria.login)
    assert here.post("/account/sessions/end").status_code == 302
    assert here.get("/account/").status_code == 200
    assert [client.get("/account/").status_code for client in (there, unlisted)] == [302, 302]
    assert len(signed_in(Login.objects.get(pk=cast.maria.login_id), at=timezone.now())) == 1


def test_signing_out_takes_the_browser_off_the_list(cast):
    client = signed()
    client.post("/sign-out")
    assert signed_in(cast.maria.login, at=timezone.now()) == []


def test_who_leaves_loses_the_place_and_keeps_the_log_in(cast):
    client = signed("piotr")
    programmes.leave(staff=cast.piotr, by=BY, at=timezone.now())
    assert client.get("/till/points").status_code == 403
    assert client.get("/account/").status_code == 200


# -- how long ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "age", "is_in"),
    [
        ("maria", {SEEN: 29 * 60}, True),
        ("maria", {SEEN: 31 * 60}, False),
        ("maria", {BEGAN: 11 * 3600}, True),
        ("maria", {BEGAN: 12 * 3600 + 60}, False),
        ("piotr", {SEEN: 3 * 3600}, True),
        ("piotr", {BEGAN: 17 * 3600}, False),
        ("anna", {BEGAN: 9 * 24 * 3600, SEEN: 9 * 24 * 3600}, True),
    ],
)
def test_how_long_somebody_stays_signed_in(cast, name, age, is_in):
    client = aged(signed(name), **age)
    answer = client.get("/account/")
    assert answer.status_code == (200 if is_in else 302)
    if not is_in:
        assert "your time was over" in client.get(answer["Location"]).content.decode()


def test_what_a_till_asks_keeps_nobody_signed_in_and_is_never_refused_for_it(cast):
    client = aged(signed(), **{SEEN: 31 * 60})
    told = client.get("/api/v1/till", headers={"authorization": "Bearer pk_00000000_x"})
    assert told.status_code == 401
    assert client.session[SEEN] <= timezone.now().timestamp() - 31 * 60
    assert client.get("/office/").status_code == 302


# -- the programme's rule ------------------------------------------------------------------------


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    return programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)


def test_the_rule_leads_owners_and_managers_to_set_a_factor_up_and_locks_nobody_out(cast, owner):
    client, clerk = signed("owner"), signed("piotr")
    assert "password alone" in client.get("/office/").content.decode()
    assert client.post("/office/staff/second-factor", {"asked": "yes"}).status_code == 302
    assert client.get("/office/")["Location"] == "/account/"
    assert signed("maria").get("/till/points")["Location"] == "/account/"
    assert "Owners and managers of this programme need" in client.get("/account/").content.decode()
    assert clerk.get("/till/points").status_code == 200
    set_up(client)
    assert client.get("/office/").status_code == 200
    assert client.post("/office/staff/second-factor", {"asked": "no"}).status_code == 302
    assert signed("maria").get("/office/members").status_code == 200


def test_only_an_owner_asks_for_it_and_takes_it_off_others(cast, owner):
    manager = signed("maria")
    assert manager.post("/office/staff/second-factor", {"asked": "yes"}).status_code == 403
    assert manager.post(f"/office/staff/{cast.piotr.pk}/second-factor").status_code == 403
    set_up(manager)
    client = signed("owner")
    assert client.post(f"/office/staff/{cast.maria.pk}/second-factor").status_code == 302
    assert has_second_factor(cast.maria.login), "she came by herself, and not by an invitation of this programme"
    Login.objects.filter(pk=cast.maria.login_id).update(made_for=cast.bakery.public_id)
    assert client.post(f"/office/staff/{cast.maria.pk}/second-factor").status_code == 302
    assert not has_second_factor(cast.maria.login)
    assert manager.get("/account/").status_code == 302
    assert client.post(f"/office/staff/{owner.pk}/second-factor").status_code == 404
    assert client.post(f"/office/staff/{cast.stranger.pk}/second-factor").status_code == 404


def test_an_owner_does_not_weaken_the_log_in_of_somebody_elses_programme(cast, owner):
    secret, at = codes.new_secret(), timezone.now() - timedelta(minutes=5)
    code = codes.code_at(int(at.timestamp()) // codes.SECONDS, secret=secret)
    actions.set_up_app(login=cast.anna.login, secret=secret, code=code, at=at)
    hers = {"email": "anna@example.org", "name": "Anna", "role": "clerk", "shop": ""}
    foreign = signed("stranger")
    foreign.post("/office/staff/invite", hers)
    offer = programme_queries.invitations_to(cast.anna.login, at=timezone.now())[0]
    programmes.accept(invitation=offer, login=cast.anna.login, at=timezone.now())
    place = cast.anna.login.places.get()
    assert foreign.post(f"/office/staff/{place.pk}/second-factor").status_code == 302
    assert "the person’s own" in foreign.get("/office/staff").content.decode()
    assert has_second_factor(cast.anna.login)

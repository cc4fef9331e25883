"""Who typed a right password is not in before the second factor; what is wrong with either is never told apart."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.logins import actions, codes
from passage.programme import throttle
from passage.programme.models import AttemptCount
from tests.cast import PASSWORD, a_bakery

pytestmark = pytest.mark.django_db
WHOSE = {"email": "maria@example.org", "password": PASSWORD}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def made(cast):
    """Maria's recovery codes, and the secret of her app."""
    secret, at = codes.new_secret(), timezone.now() - timedelta(minutes=5)
    step = int(at.timestamp()) // codes.SECONDS
    codes_made = actions.set_up_app(
        login=cast.maria.login, secret=secret, code=codes.code_at(step, secret=secret), at=at
    )
    return secret, codes_made


def shown(secret):
    return codes.code_at(int(timezone.now().timestamp()) // codes.SECONDS, secret=secret)


def half_in(client=None, **more):
    client = client or Client()
    assert client.post("/sign-in", WHOSE | more)["Location"] == "/sign-in/second"
    return client


def test_the_password_alone_opens_nothing(made):
    client = half_in()
    for address in ("/office/", "/account/", "/till/points"):
        assert client.get(address)["Location"].startswith("/sign-in?")
    assert client.get("/sign-in/second").status_code == 200


def test_a_right_code_lets_in_and_leads_on(made):
    client = half_in(next="/office/members?q=anna")
    assert client.post("/sign-in/second", {"code": shown(made[0])})["Location"] == "/office/members?q=anna"
    assert client.get("/office/members").status_code == 200


def test_the_same_code_is_refused_in_another_browser(made):
    code = shown(made[0])
    assert half_in().post("/sign-in/second", {"code": code}).status_code == 302
    again = half_in().post("/sign-in/second", {"code": code})
    assert again.status_code == 422
    assert again.context["form"].errors["code"]


def test_a_recovery_code_lets_in_once(made):
    assert half_in().post("/sign-in/second", {"code": made[1][0]}).status_code == 302
    assert half_in().post("/sign-in/second", {"code": made[1][0]}).status_code == 422


def test_after_five_wrong_codes_the_right_one_waits_wherever_it_comes_from(made):
    client = half_in()
    for _ in range(throttle.FAILURES):
        assert client.post("/sign-in/second", {"code": "000000"}).status_code == 422
    elsewhere = half_in(Client(REMOTE_ADDR="203.0.113.7"))
    answer = elsewhere.post("/sign-in/second", {"code": made[1][0]})
    assert answer.status_code == 422
    assert "quarter of an hour" in answer.content.decode()
    AttemptCount.objects.all().delete()
    assert elsewhere.post("/sign-in/second", {"code": made[1][0]}).status_code == 302, "the code was not used up"


def test_whoever_has_no_password_gets_no_second_page_and_learns_nothing(made):
    assert Client().get("/sign-in/second")["Location"] == "/sign-in"
    assert Client().post("/sign-in/second", {"code": made[1][0]})["Location"] == "/sign-in"
    wrong = Client().post("/sign-in", {**WHOSE, "password": "not the password"})
    unknown = Client().post("/sign-in", {"email": "nobody@example.org", "password": "x"})
    said = [answer.context["form"].non_field_errors() for answer in (wrong, unknown)]
    assert said[0] == said[1]


def test_half_a_sign_in_is_over_after_ten_minutes_and_with_another_password(made, cast):
    client = half_in()
    session = client.session
    session["half_in"] = [*session["half_in"][:2], session["half_in"][2] - 601, ""]
    session.save()
    assert client.post("/sign-in/second", {"code": shown(made[0])})["Location"] == "/sign-in"
    client = half_in()
    actions.change_password(login=cast.maria.login, password="another long word", at=timezone.now())
    assert client.post("/sign-in/second", {"code": shown(made[0])})["Location"] == "/sign-in"


@pytest.mark.parametrize("foreign", ["https://example.org/", "//example.org"])
def test_nobody_is_sent_to_another_site_by_the_second_page(made, foreign):
    assert half_in(next=foreign).post("/sign-in/second", {"code": made[1][0]})["Location"] == "/home"


FOREIGN = (
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA",'
    '"signature":"AA","userHandle":"OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}}'
)
NONSENSE = ("", "{", "[]", "null", '"a"', "{}", '{"id": 1}', '{"response": []}', '{"response": {"userHandle": "MQ"}}')


@pytest.mark.parametrize("sent", [*NONSENSE, FOREIGN, "[" * 100_000, "9" * 30_000])
def test_what_is_no_passkey_lets_nobody_in_and_breaks_nothing(cast, sent):
    client = Client()
    assert client.post("/sign-in/passkey/options").json()["publicKey"]["challenge"]
    answer = client.post("/sign-in/passkey", {"credential": sent})
    assert answer["Location"] == "/sign-in"
    assert "not accepted" in client.get("/sign-in").content.decode()


def test_challenges_are_not_made_without_end(cast):
    client = Client()
    for _ in range(throttle.PASSKEYS.most):
        client.post("/sign-in/passkey/options")
    assert client.post("/sign-in/passkey/options").status_code == 429

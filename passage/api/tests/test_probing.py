"""What a key or a till can find out by asking again and again: no more than is shown over a counter, and not for long."""

import string

import pytest
from django.utils import timezone

from passage.api.tests.tillside import signed_in
from passage.api.tests.world import Till, a_sale
from passage.programme import actions as programmes
from passage.programme import throttle
from passage.programme.models import AttemptCount
from tests.cast import BY, CARD

pytestmark = pytest.mark.django_db
PHONE, EMAIL = "48600100200", "anna@example.org"


@pytest.fixture
def quoting(ours):
    """A key with the scope for quotes alone."""
    return ours.key("quotes")


def rebuilt(ask, known, alphabet, *, grow):
    """What is known after one character more each time, for as long as somebody is found by it."""
    while True:
        longer = next((grow(known, letter) for letter in alphabet if ask(grow(known, letter))), None)
        if longer is None:
            return known
        known = longer


def asking(key, path):
    def ask(text):
        AttemptCount.objects.all().delete()  # as if there were no budget: the answers alone have to hold
        told = key.get(path.format(text))
        return told.status_code == 200 and bool(
            told.json().get("candidates") or told.json().get("members") or told.json().get("member")
        )

    return ask


@pytest.mark.parametrize("path", ["/candidates?text={}", "/members?identifier={}"])
def test_with_quotes_alone_nothing_is_rebuilt_character_by_character(quoting, path):
    ask = asking(quoting, path)
    digits = rebuilt(ask, PHONE[-4:], string.digits, grow=lambda known, more: more + known)
    letters = rebuilt(ask, EMAIL[:4], f"{string.ascii_lowercase}@.", grow=lambda known, more: known + more)
    name = rebuilt(ask, "świę", "aątoekzwyrłń ", grow=lambda known, more: known + more)
    assert (digits, letters, name) == (PHONE[-4:], EMAIL[:4], "świę")


def test_a_till_without_a_clerk_rebuilds_nothing_either(device):
    ask = asking(device, "/till/find?text={}")
    assert rebuilt(ask, PHONE[-4:], string.digits, grow=lambda known, more: more + known) == PHONE[-4:]
    assert rebuilt(ask, EMAIL[:4], string.ascii_lowercase, grow=lambda known, more: known + more) == EMAIL[:4]


def test_what_is_answered_to_a_key_that_may_not_see_members_is_masked(quoting):
    for path in ("/candidates?text=0200", f"/members?identifier={PHONE}", f"/candidates?text={EMAIL}"):
        told = quoting.get(path)
        [anna] = told.json().get("candidates") or told.json()["members"]
        assert (anna["name"], anna["phone"], anna["email"]) == ("Anna Ś.", "••• 00", "a•••@e•••")
        assert PHONE not in told.content.decode()


def a_quote(number):
    return a_sale(card=f"KLUB{number:08}")


LOOKS = {
    "members": lambda key, n: key.get(f"/members?identifier=6001{n:05}"),
    "cards": lambda key, n: key.get(f"/cards/KLUB{n:08}"),
    "quotes": lambda key, n: key.post("/quotes", a_quote(n)),
    "redemptions": lambda key, n: key.post(
        "/redemptions", {"client_id": f"r-{n}", "member": {"card": f"KLUB{n:08}"}, "reward": str(key.reward)}
    ),
    "binding": lambda key, n: key.post(f"/cards/KLUB{n:08}/bind", {"member": str(key.member)}),
}


def test_all_look_ups_of_a_key_are_one_budget_of_misses(ours):
    key = ours.key("quotes", "cards.write", "redemptions.write")
    key.reward, key.member = ours.reward, ours.member.public_id
    told = [LOOKS[way](key, n) for n in range(20) for way in LOOKS]
    codes = [answer.json().get("code") for answer in told]
    stopped = [code == "too_many_misses" for code in codes]
    assert stopped == [False] * throttle.MISSES.most + [True] * (len(told) - throttle.MISSES.most)
    assert told[-1].status_code == 429
    assert told[-1].headers["Retry-After"] == str(throttle.MISSES.seconds)
    assert key.get(f"/cards/{CARD}").json()["code"] == "too_many_misses", "what is there is not told either"
    assert ours.key("quotes").post("/quotes", a_sale()).status_code == 200, "another key goes on"


def test_a_key_that_reads_members_is_stopped_later(ours):
    key = ours.key("members.read")
    for number in range(throttle.MISSES.most + 1):
        assert key.get(f"/members?identifier=6001{number:05}").status_code == 200


def test_a_till_is_stopped_whoever_is_signed_in_and_a_new_pairing_begins_nothing_anew(device, world, counter):
    clerk = signed_in(device, world.cast.piotr)
    for number in range(throttle.MISSES.most):
        assert (device, clerk)[number % 2].post("/quotes", a_quote(number)).json()["code"] == "card_unknown"
    assert clerk.get(f"/till/find?text={CARD}").json()["code"] == "too_many_misses"
    _, secret = programmes.pair_till(till=counter, by=BY, at=timezone.now())
    assert Till(secret).get(f"/till/find?text={CARD}").status_code == 429


def test_a_till_in_use_is_never_stopped(device, ours, counter):
    for _ in range(throttle.MISSES.most + 1):
        assert device.post("/quotes", a_sale(card=ours.card)).status_code == 200
    assert throttle.left(throttle.MISSES, f"till:{counter.pk}", at=timezone.now()) == throttle.MISSES.most


def test_guests_who_are_no_members_do_not_stop_the_clerk_from_looking(device, counter):
    searches = (throttle.SEARCHES, f"till:{counter.pk}")
    for number in range(throttle.MATCHES.most):
        told = device.post("/till/match", {"email": f"guest{number}@example.org", "order": f"o-{number}"})
        assert told.json()["member"] is None
    throttle.forget(searches)
    stopped = device.post("/till/match", {"email": "one@example.org", "order": "o"})
    assert stopped.json()["code"] == "too_many_misses"
    assert device.get(f"/till/find?text={CARD}").json()["found"] == "member"

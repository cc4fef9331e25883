"""Forty tries at one secret at the same moment: five are judged, whatever the secret is. And a restart forgives nothing."""

import subprocess
import threading
import uuid

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from passage.api.tests.world import Till
from passage.logins import actions as logins
from passage.logins import codes
from passage.programme import actions as programmes
from passage.programme import throttle
from passage.programme.models import AttemptCount
from tests.cast import BY, PASSWORD, a_bakery
from tests.races.test_races import at_once
from tests.races.test_workers import start

pytestmark = pytest.mark.django_db(transaction=True)
TRIES = 40
BUDGET = throttle.Budget("test", 5, 60)


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def device(cast):
    till = programmes.add_till(shop=cast.rynek, code="1")
    _, secret = programmes.pair_till(till=till, by=BY, at=timezone.now())
    return Till(secret)


def naive(who, meet):
    """Look, then count: what everybody writes first."""
    is_free = not throttle.is_used_up(BUDGET, who, at=timezone.now())
    meet.wait(timeout=30)
    return throttle.take((BUDGET, who), at=timezone.now()) or is_free


def test_who_looks_and_then_counts_lets_all_through():
    meet = threading.Barrier(8)
    assert at_once(*[lambda: naive("somebody", meet)] * 8).count(True) == 8


def test_of_many_at_once_no_more_are_let_through_than_there_may_be():
    for _ in range(3):
        who = str(uuid.uuid4())
        got = at_once(*[lambda who=who: throttle.take((BUDGET, who), at=timezone.now())] * TRIES)
        assert got.count(True) == BUDGET.most
        assert throttle.left(BUDGET, who, at=timezone.now()) == 0


def test_two_budgets_in_opposite_order_wait_in_no_circle():
    first, second = (BUDGET, "first"), (throttle.Budget("wider", 30, 60), "second")
    ways = [(first, second), (second, first)] * (TRIES // 2)
    got = at_once(*[lambda way=way: throttle.take(*way, at=timezone.now()) for way in ways])
    assert got.count(True) == BUDGET.most
    assert throttle.left(*second, at=timezone.now()) == 30 - BUDGET.most, "a refused try costs the wider one nothing"


def wrong_passwords(cast, device):
    body = {"email": "piotr@example.org", "password": "a guess"}
    return lambda: "quarter of an hour" not in Client().post("/sign-in", body).content.decode()


def wrong_pins(cast, device):
    programmes.set_pin(staff=cast.piotr, pin="3690", by=BY, at=timezone.now())
    path = f"/till/clerks/{cast.piotr.pk}/session"
    return lambda: device.post(path, {"pin": "0000"}).json()["code"] == "pin_wrong"


def wrong_approvals(cast, device):
    programmes.set_pin(staff=cast.maria, pin="4826", by=BY, at=timezone.now())
    sale = {"op": str(uuid.uuid4())}
    asked = {"kind": "void", "sale": sale, "clerk": cast.maria.pk, "pin": "0000"}
    return lambda: device.post("/till/approvals", asked).json()["code"] == "pin_wrong"


def wrong_pairings(cast, device):
    return lambda: Till("").post("/till/pairings", {"code": "ABCD-EFGH"}).json()["code"] == "pairing_unknown"


def wrong_codes(cast, device):
    secret, at = codes.new_secret(), timezone.now()
    shown = codes.code_at(int(at.timestamp()) // codes.SECONDS, secret=secret)
    logins.set_up_app(login=cast.maria.login, secret=secret, code=shown, at=at)
    half = Client()
    half.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})

    def guess():
        client = Client()
        client.cookies = half.cookies
        return "quarter of an hour" not in client.post("/sign-in/second", {"code": "000000"}).content.decode()

    return guess


@pytest.mark.parametrize("secret", [wrong_passwords, wrong_pins, wrong_approvals, wrong_pairings, wrong_codes])
def test_of_forty_guesses_at_once_five_are_judged(cast, device, secret):
    guess = secret(cast, device)
    assert at_once(*[guess] * TRIES).count(True) == throttle.FAILURES


def test_a_restart_and_another_process_forgive_nothing():
    at = timezone.now()
    for _ in range(3):
        assert throttle.take((BUDGET, "somebody"), at=at)
    said = []
    for _ in range(3):
        other = start("tests.races.counting_process", at.isoformat(), stdout=subprocess.PIPE, text=True)
        said.append(other.communicate(timeout=60)[0].strip())
        assert other.returncode == 0
    assert said == ["True", "True", "False"]
    assert not throttle.take((BUDGET, "somebody"), at=at)


def test_what_a_request_undoes_stays_counted():
    with pytest.raises(RuntimeError), transaction.atomic():
        throttle.take((BUDGET, "somebody"), at=timezone.now())
    assert not AttemptCount.objects.exists(), "it cannot be asked for inside what may be undone"

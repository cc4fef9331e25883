"""The demo's world: its books are right, and it has everything to look at."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from passage.config.demo.cast import ANNA
from passage.config.demo.chain import APRON, EMPTY_SLUG, OWNER, PASSWORD, SHOP_MANAGER, SHOPS, SLUG
from passage.config.demo.drawings import PICTURES
from passage.config.demo.welcome import LOGINS
from passage.config.demo.world import build
from passage.config.verification import verify
from passage.ledger.queries import balances, history, units
from passage.members.models import Member
from passage.programme.models import Login, Programme, Staff
from passage.purchases.models import Parked, Purchase
from passage.purchases.statement import statement
from passage.rewards.models import Redemption, Reward
from tests.cast import signed_in

# Ten past midnight on New Year's Day in Kraków: whoever starts the demo then must find as much to look at.
NOW = datetime(2026, 12, 31, 23, 10, tzinfo=UTC)
COMMAND = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py"), "demo"]
PATIENCE = 120


def silence(share: float) -> None:
    """Nobody watches the world grow here."""


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The year of Anna, Camille and one neighbour, taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(now=NOW, members=3, tell=silence)
        transaction.set_rollback(True)


@pytest.fixture
def world(built, db):
    return built


@pytest.fixture
def bakery(world):
    return Programme.objects.get(slug=SLUG)


@pytest.fixture
def anna(bakery):
    return Member.objects.of(bakery).get(email=ANNA.email)


def test_the_books_of_the_demo_prove_themselves(world):
    assert [str(fault) for programme in Programme.objects.all() for fault in verify(programme=programme)] == []


def test_no_action_refused_any_of_the_story(world, bakery):
    assert world.refused == 0
    assert Purchase.objects.of(bakery).filter(kind="sale").count() == world.sales
    assert world.returns > 0
    assert not Parked.objects.of(bakery).exists()
    assert not Redemption.objects.of(bakery).filter(state="reserved").exists()


def test_annas_page_has_everything_to_look_at(anna):
    held = {each.unit: each for each in balances(anna, at=NOW)}
    points = held["points"]
    assert min(points.available, points.pending, points.expiring) > 0
    assert points.debt == 0
    assert held["stamps"].available > 0
    kinds = {movement.kind for movement in history(anna, limit=100)}
    assert {"earn", "spend", "clawback"} <= kinds
    captured = Redemption.objects.of(anna.programme).filter(member=anna, state="captured")
    assert set(captured.values_list("version__reward__name", flat=True)) == {
        "Drożdżówka gratis",
        "10 zł mniej",
        "Dziesiąta kawa gratis",
    }
    standing = statement(anna, at=NOW).standing
    assert standing.name
    assert standing.next_name
    assert 0 < standing.share < 100


def test_every_kind_of_reward_can_be_had(bakery):
    kinds = {version.definition["gives"]["kind"] for version in bakery_versions(bakery)}
    assert kinds == {"free_product", "value_off", "percent_off", "product_discount", "cashback"}


def test_something_waits_in_the_back_office(world, bakery):
    owner = signed_in(Login.objects.get(email=OWNER.email))
    [prize] = owner.get("/office/handovers").context["rows"]
    assert (prize.row.version.reward.name, prize.row.shop.name) == (APRON, SHOPS["kazimierz"])
    assert prize.picture is not None
    [row] = owner.get("/office/corrections").context["waiting"]
    assert (row.asked_by, row.correction.points, row.may_decide) == (SHOP_MANAGER.name, 300, True)
    [(upload, who, *_)] = owner.get("/office/members/import").context["rows"]
    assert who == OWNER.name
    report = owner.get(f"/office/members/import/{upload.pk}").context
    assert (report["good"], report["out"]) == (4, 1)
    [(wrong, _, who, why)] = [row for row in report["rows"] if row[0].outcome == "wrong"]
    assert "Owsiana" in who
    assert why
    assert wrong.number == 4
    assert not Member.objects.of(bakery).filter(last_name="Pszenna").exists()


def test_what_a_hand_gives_has_a_picture_and_a_worth(bakery):
    physical = [
        reward
        for reward in Reward.objects.of(bakery)
        if reward.versions.get().definition["gives"]["kind"] == "free_product"
    ]
    assert {reward.name for reward in physical} == set(PICTURES)
    for reward in physical:
        assert reward.worth > 0
        answer = Client().get(f"/pictures/{reward.picture.address}/small.webp")
        assert answer.status_code == 200
        assert answer.getvalue()[8:12] == b"WEBP"


def test_every_role_is_among_the_log_ins(world, bakery):
    printed = {account.email for account, _ in LOGINS}
    roles = set(Staff.objects.of(bakery).filter(login__email__in=printed).values_list("role", "shop__name"))
    assert roles == {
        ("owner", None),
        ("manager", None),
        ("manager", SHOPS["podgorze"]),
        ("auditor", None),
        ("developer", None),
        ("clerk", SHOPS["kazimierz"]),
    }


def bakery_versions(bakery):
    return [reward.versions.get() for reward in Reward.objects.of(bakery)]


@pytest.mark.parametrize(("account", "what"), LOGINS, ids=lambda value: getattr(value, "email", ""))
def test_each_log_in_that_is_printed_opens_a_page(world, account, what):
    browser = Client()
    answer = browser.post("/sign-in", {"email": account.email, "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain
    assert browser.session.get("_auth_user_id")


def test_the_second_programme_has_an_owner_and_nothing_else(world):
    empty = Programme.objects.get(slug=EMPTY_SLUG)
    assert Staff.objects.of(empty).count() == 1
    assert not Member.objects.of(empty).exists()
    assert not Purchase.objects.of(empty).exists()
    assert units(empty) == []


def test_the_key_finds_anna_by_her_card(world, anna):
    card = anna.cards.get().number
    answer = Client().get("/api/v1/members", {"identifier": card}, headers={"authorization": f"Bearer {world.secret}"})
    assert [each["email"] for each in answer.json()["members"]] == [ANNA.email]

"""A form that is sent twice counts once: after a lost answer, from two windows, or by a button pressed again."""

import re
import uuid

import pytest
from django.db import connection

from passage.cards.models import Card
from passage.earning import actions as earning
from passage.earning.models import Rule, TierChange
from passage.engine.tiers import TierPolicy
from passage.ledger import queries as ledger
from passage.ledger.models import Correction
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.rewards import actions as rewards
from passage.rewards.models import Reward
from tests.cast import AT, BY, a_bakery, signed_in
from tests.house.reading import repository
from tests.races.test_races import at_once

GIVES = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
RULE = {"name": "For a visit", "kind": "per_visit", "unit": "points", "points": "5"}
REWARD = {"name": "1 zł", "kind": "value_off", "unit": "points", "cost": "5", "off": "1"}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def balance(cast):
    return ledger.balances(cast.anna, at=AT.replace(year=2030))[0].balance


def a_reward(cast):
    return rewards.create_reward(
        programme=cast.bakery, name="Kubek", definition=GIVES, stock=3, effective_from=AT, by=BY, at=AT
    )


def entry_on(client, page):
    found = re.search(r'name="entry" value="([0-9a-f-]{36})"', client.get(page).content.decode())
    assert found is not None
    return found[1]


@pytest.mark.django_db
def test_a_page_brings_a_new_name_each_time_and_keeps_it_through_a_fault(office, cast):
    page = f"/office/members/{cast.anna.public_id}/adjust"
    first, second = entry_on(office, page), entry_on(office, page)
    assert first != second
    again = office.post(page, {"unit": "points", "way": "give", "points": "", "reason": "x", "entry": first})
    assert again.status_code == 422
    assert f'value="{first}"' in again.content.decode()


@pytest.mark.django_db
def test_a_correction_sent_twice_is_booked_once_and_answered_alike(office, cast):
    page = f"/office/members/{cast.anna.public_id}/adjust"
    typed = {"unit": "points", "way": "give", "points": "50", "reason": "x", "entry": entry_on(office, page)}
    assert {office.post(page, typed)["Location"] for _ in range(2)} == {f"/office/members/{cast.anna.public_id}"}
    assert (balance(cast), Correction.objects.count()) == (50, 1)
    assert office.post(page, {**typed, "points": "60"}).status_code == 422
    assert office.post(page, {**typed, "entry": str(uuid.uuid4())}).status_code == 302
    assert (balance(cast), Correction.objects.count()) == (100, 2)


@pytest.mark.django_db
def test_a_correction_that_waits_for_a_second_person_waits_once(office, cast):
    programmes.set_control(programme=cast.bakery, alone=10, by=BY, at=AT)
    page = f"/office/members/{cast.anna.public_id}/adjust"
    typed = {"unit": "points", "way": "give", "points": "50", "reason": "x", "entry": entry_on(office, page)}
    assert {office.post(page, typed)["Location"] for _ in range(2)} == {"/office/corrections"}
    assert [row.state for row in Correction.objects.all()] == ["asked"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("points", [50, -50])
def test_four_at_once_book_one_correction(cast, points):
    rewards_of_before = {"unit": "points", "way": "give", "points": "60", "reason": "x", "entry": str(uuid.uuid4())}
    page = f"/office/members/{cast.anna.public_id}/adjust"
    clients = [signed_in(cast.maria.login) for _ in range(4)]
    clients[0].post(page, rewards_of_before)
    way = "give" if points > 0 else "take"
    for turn in range(3):
        before = balance(cast)
        typed = {"unit": "points", "way": way, "points": str(abs(points)), "reason": "x", "entry": str(uuid.uuid4())}
        got = at_once(*[lambda client=client, typed=typed: client.post(page, typed).status_code for client in clients])
        assert got == [302] * 4, turn
        assert balance(cast) == before + points
        clients[0].post(page, {**rewards_of_before, "entry": str(uuid.uuid4())})
    assert connection.vendor in {"sqlite", "postgresql"}


# Where the form stands, where it goes, what it sends, and what must not be there twice.
FORMS = {
    "a level": ("level", {"tier": "gold", "until": "", "reason": "Wygrana"}, TierChange),
    "a card": ("", {"number": ""}, Card),
    "a member": ("/office/members/new", {"first_name": "Ewa"}, Member),
    "a rule": ("/office/promotions/new", RULE, Rule),
    "a reward": ("/office/rewards/new", REWARD, Reward),
    "blank cards": ("/office/members/cards", {"count": "3"}, Card),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", FORMS)
def test_what_is_made_by_a_form_sent_twice_is_made_once(cast, name):
    where, typed, made = FORMS[name]
    earning.set_tiers(programme=cast.bakery, tiers=[("gold", "Złoty", 500)], policy=TierPolicy(), by=BY, at=AT)
    login = programmes.create_login(email="owner@example.org", password="")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    office = signed_in(login)
    own = f"/office/members/{cast.anna.public_id}"
    page = where if where.startswith("/") else f"{own}/{where}".rstrip("/")
    goes = f"{own}/cards" if name == "a card" else page
    typed = {**typed, "entry": entry_on(office, page)}
    assert office.post(goes, typed).status_code == 302
    count = made.objects.count()
    assert office.post(goes, typed).status_code == 302
    assert made.objects.count() == count


@pytest.mark.django_db
def test_pieces_sent_twice_are_in_stock_once(office, cast):
    row = a_reward(cast)
    typed = {"pieces": "10", "reason": "Counted", "entry": str(uuid.uuid4())}
    for _ in range(2):
        office.post(f"/office/rewards/{row.public_id}/stock", typed)
    row.refresh_from_db()
    assert row.stock == 13


# What a second time cannot do again: the state it changes is looked at under a lock, or it says what is to be.
BY_NATURE = {
    "corrections.html": "a correction is decided once",
    "handovers.html": "a prize is handed over or cancelled once",
    "import.html": "a step of an import is taken once",
    "import_columns.html": "a step of an import is taken once",
    "imports.html": "a file is an import of its own, and nothing is taken in before it is confirmed",
    "join.html": "two members are joined once",
    "match.html": "a sale is given to a member once",
    "deeds.html": "blocked is blocked, and let in is let in",
    "joined.html": "two members are parted once",
    "parked_return.html": "a return that waits is matched or dismissed once",
    "visit.html": "a visit is recorded or dismissed once",
    "held_cards.html": "a card is lost, replaced or blocked once",
    "promotion.html": "a rule ends once",
    "backdating.html": "a rule is dated back once, under the lock of what was counted",
    "date_back.html": "what it would come to is counted again, and nothing else",
    "reward.html": "a reward ends once",
}
SETS = re.compile(r'name="(?:entry|ticket)"|\{\{ form\.entry \}\}')
POST = re.compile(r'<form\b[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)
# They say how things are to be, name what they make, or are of one's own settings: a second time says the same.
STATES = {
    "begin_clerks.html", "begin_members.html", "begin_points.html", "begin_ready.html", "begin_cards.html", "control.html",
    "everything.html", "rights.html", "keys.html", "outbox.html", "own_cards.html", "people.html", "playground.html", "print_cards.html",
    "privacy.html", "prizes.html", "product.html", "products.html", "settings.html", "shops.html", "tiers.html",
    "tills.html", "trial.html", "trial_found.html", "unit.html", "units.html", "erase.html", "invited.html", "start.html",
}  # fmt: skip


def forms_without_a_name():
    pages = [each for each in repository() if "office/templates" in each.path or "till/templates" in each.path]
    return [page.name for page in pages for form in POST.findall(page.text) if not SETS.search(form)]


def test_every_form_that_writes_brings_its_name_or_cannot_count_twice():
    assert [name for name in forms_without_a_name() if name not in BY_NATURE and name not in STATES] == []
    assert "adjust.html" not in forms_without_a_name()

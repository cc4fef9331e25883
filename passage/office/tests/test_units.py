"""How long points live is said with a date, and changed for what will be earned: what members have keeps its days."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from passage.engine.expiry import Expiry, ExpiryKind, expires_at
from passage.ledger import actions as ledger
from passage.ledger.queries import balances, lots, units
from passage.programme.errors import Refused
from passage.purchases.statement import statement
from tests.cast import BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def bought(cast, amount):
    clerk = signed_in(cast.maria.login)
    ticket = clerk.get("/till/points").context["ticket"]
    typed = {"card": cast.card.number, "amount": str(amount), "shop": "dworzec", "ticket": ticket, "do": "save"}
    assert clerk.post("/till/points", typed).status_code == 302


def ends(cast):
    """The last days of Anna's points, by how many end on each."""
    [held] = balances(cast.anna, at=timezone.now())
    return {lot.size: lot.expires_at for lot in lots(held.account_id, programme=cast.bakery)}


def test_only_what_is_earned_later_lives_by_the_new_terms(office, cast):
    bought(cast, 10)
    before = ends(cast)
    assert office.post("/office/units/points", {"life": "days", "count": "30", "pending_days": "2"}).status_code == 302
    bought(cast, 20)
    after = ends(cast)
    assert after[10] == before[10]
    days = (after[20] - timezone.now()).days
    assert days in (31, 32, 33)
    pieces = {piece.size: piece.state for piece in statement(cast.anna, at=timezone.now()).holdings[0].pieces}
    assert pieces == {10: "open", 20: "pending"}


def test_from_a_day_on_today_stays_as_it_is(office, cast):
    day = (timezone.now() + timedelta(days=5)).date().isoformat()
    assert office.post("/office/units/points", {"life": "none", "since": day}).status_code == 302
    bought(cast, 10)
    assert ends(cast)[10] is not None
    page = office.get("/office/units/points").context
    assert [each.is_coming for each in page["history"]] == [True, False]
    assert page["now"].said[0] == "They end with the year, 1 year later."


LIVES = [
    ({"life": "none"}, "They never end.", None),
    ({"life": "days", "count": "10"}, "They end 10 days after they can be used.", Expiry(ExpiryKind.DAYS, 10)),
    ({"life": "end_of_month", "count": "3"}, "They end with the month, 3 months later.", Expiry(ExpiryKind.END_OF_MONTH, 3)),
    ({"life": "end_of_year", "count": "2"}, "They end with the year, 2 years later.", Expiry(ExpiryKind.END_OF_YEAR, 2)),
    ({"life": "fixed_date", "on": "2031-12-24"}, "They all end on 24 December 2031.", Expiry(ExpiryKind.FIXED_DATE, on=date(2031, 12, 24))),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "sentence", "expiry"), LIVES)
def test_every_policy_is_said_and_lived_by(office, cast, typed, sentence, expiry):
    assert office.post("/office/units/points", typed).status_code == 302
    assert office.get("/office/units").context["units"][0][1].said[0].replace("\u00a0", " ") == sentence
    bought(cast, 10)
    at = timezone.now()
    wanted = None if expiry is None else expires_at(expiry, start=at, zone=ZoneInfo(cast.bakery.zone))
    assert ends(cast)[10] == wanted


def test_a_unit_by_inactivity_is_a_unit_of_its_own(office, cast):
    typed = {"name": "Stemple", "kind": "stamps", "life": "inactivity", "count": "90"}
    assert office.post("/office/units", typed).status_code == 302
    said = office.get("/office/units/stamps").context["now"].said
    assert said[0] == "All of them end 90 days after the last purchase."
    refused = office.post("/office/units/stamps", {"life": "none"})
    assert "life" in refused.context["form"].errors
    assert office.post("/office/units/stamps", {"life": "inactivity", "count": "180"}).status_code == 302
    assert "life" in office.post("/office/units/points", {"life": "inactivity", "count": "9"}).context["form"].errors


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"life": "days"}, "count"),
        ({"life": "fixed_date"}, "on"),
        ({"life": "fixed_date", "on": "2020-01-01"}, "on"),
        ({"life": "fixed_date", "on": "2030-01-01", "since": "2030-02-01"}, "on"),
        ({"life": "end_of_year", "count": "999"}, "count"),
        ({"life": "none", "since": "2020-01-01"}, "since"),
        ({"life": "sometimes"}, "life"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(office, cast, typed, field):
    refused = office.post("/office/units/points", typed)
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert units(cast.bakery)[0].later == []


def test_terms_never_begin_before_the_last_ones(cast):
    now = timezone.now()
    for days, ok in ((9, True), (8, False)):
        change = {
            "programme": cast.bakery,
            "unit": "points",
            "expiry": Expiry(),
            "pending_days": 0,
            "by": BY,
            "at": now,
        }
        if ok:
            ledger.change_unit(effective_from=now + timedelta(days=days), **change)
        else:
            with pytest.raises(Refused, match="before_last_version"):
                ledger.change_unit(effective_from=now + timedelta(days=days), **change)


def test_a_unit_that_is_not_there_is_not_found(office, cast):
    assert office.get("/office/units/gold").status_code == 404
    assert signed_in(cast.stranger.login).get("/office/units/points").status_code == 404

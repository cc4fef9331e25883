"""The register of prizes: what was handed over in a year, what is taxed of it, and the numbers that the owner sets."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.test import Client

from passage.audit.models import Event
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.office import prizes as page_of_prizes
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Programme
from passage.purchases.actions import claiming
from passage.rewards import actions
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/prizes"
SPRING = datetime(2026, 4, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def cast():
    cast = a_bakery()
    products.put(programme=cast.bakery, code="basket", name="Kosz", price=30_000, by=BY, at=AT)
    ledger.adjust(member=cast.anna, unit="points", points=10_000, reason="A gift", by=BY, at=AT)
    return cast


@pytest.fixture
def office(cast):
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.maria.login)
    return client


def given(cast, name, worth, *, at=SPRING, member=None, waits=False):
    gives = {"kind": "free_product", "products": {"products": ["basket"]}}
    definition = {"unit": "points", "cost": 10, "gives": gives}
    reward = actions.create_reward(
        programme=cast.bakery, name=name, definition=definition, effective_from=AT, by=BY, at=AT
    )
    actions.set_particulars(reward=reward, particulars=actions.Particulars(worth=worth), by=BY, at=AT)
    known = cast.bakery, f"source-{name}"
    source = programmes.add_source(programme=cast.bakery, code=f"s{reward.pk}", name=str(known[1]))
    wish = actions.Wish(client_id="1", reward=reward)
    return claiming.redeem(
        source=source, member=member or cast.anna, wish=wish, shop=cast.rynek, waits=waits, by=BY, at=at
    )


def lines(office, query=""):
    context = office.get(f"{PAGE}{query}").context
    return [(line.row.version.reward.name, line.is_above, line.tax) for line in context["lines"]]


def test_a_prize_above_the_threshold_shows_its_tax_and_one_that_waits_is_not_there_yet(office, cast):
    given(cast, "Kubek", 3_000)
    given(cast, "Rower", 250_000)
    given(cast, "Kosz", None)
    given(cast, "Czeka", 900_000, waits=True)
    assert lines(office) == [("Kubek", False, 0), ("Rower", True, 25_000), ("Kosz", False, 0)]
    totals = office.get(PAGE).context["totals"]
    assert (totals.count, totals.above, totals.tax, totals.unknown) == (3, 1, 25_000, 1)
    assert lines(office, "?only=above") == [("Rower", True, 25_000)]


def test_a_prize_keeps_the_worth_that_it_had_when_it_was_given(office, cast):
    row = given(cast, "Rower", 250_000)
    actions.set_particulars(reward=row.version.reward, particulars=actions.Particulars(worth=5), by=BY, at=SPRING)
    assert lines(office) == [("Rower", True, 25_000)]


def test_what_was_taken_back_is_still_told_and_taxed_no_more(office, cast):
    actions.reverse(redemption=given(cast, "Rower", 250_000), by=BY, at=SPRING)
    assert lines(office) == [("Rower", True, 0)]
    totals = office.get(PAGE).context["totals"]
    assert (totals.count, totals.tax) == (0, 0)
    assert "taken back" in office.get(PAGE).text


def test_a_year_begins_at_midnight_where_the_programme_is(office, cast):
    given(cast, "Stary", 1, at=datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    given(cast, "Nowy", 1, at=datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert office.get(PAGE).context["years"] == [2027, 2026]
    assert lines(office) == [("Nowy", False, 0)]
    assert lines(office, "?year=2026") == [("Stary", False, 0)]
    assert lines(office, "?year=0") == [("Nowy", False, 0)]


def test_the_year_is_a_file_in_which_no_cell_is_a_formula(office, cast):
    eve = members.enrol(programme=cast.bakery, first_name="=HYPERLINK(1)", last_name="Zła", by=BY, at=AT)
    ledger.adjust(member=eve, unit="points", points=10, reason="A gift", by=BY, at=AT)
    given(cast, "+Rower", 250_000, member=eve)
    answer = office.get(f"{PAGE}/2026.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="prizes-2026.csv"'
    [head, row] = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert head == ["Date", "Member", "Prize", "Shop", "Worth", "Above the threshold", "Tax", "Remarks"]
    assert row[1:] == ["'=HYPERLINK(1) Zła", "'+Rower", "Rynek", "2500.00", "yes", "250.00", ""]


def test_a_long_year_comes_in_pages_and_whole_as_a_file(office, cast, monkeypatch):
    monkeypatch.setattr(page_of_prizes, "PAGE", 2)
    rows = [given(cast, f"N{number}", 1) for number in range(5)]
    assert [name for name, _above, _tax in lines(office)] == ["N0", "N1"]
    assert office.get(PAGE).context["following"] == rows[1].pk
    assert [name for name, _above, _tax in lines(office, f"?after={rows[3].pk}")] == ["N4"]
    assert len(office.get(f"{PAGE}/2026.csv").content.decode().splitlines()) == 6


def test_the_numbers_are_the_owners_and_the_change_is_written_down(office, cast):
    given(cast, "Kubek", 3_000)
    assert office.post(PAGE, {"on": "on", "threshold": "25", "tax": "12,5"}).status_code == 302
    assert lines(office) == [("Kubek", True, 375)]
    cast.bakery.refresh_from_db()
    assert (cast.bakery.prize_threshold, cast.bakery.prize_tax_bp) == (2_500, 1_250)
    office.post(PAGE, {"on": "on", "threshold": "25", "tax": "12,5"})
    [event] = Event.objects.of(cast.bakery).filter(verb="programme.prizes")
    assert event.detail == {"prize_watch": True, "prize_threshold": 2_500, "prize_tax_bp": 1_250}


@pytest.mark.parametrize(("field", "typed"), [("threshold", "much"), ("tax", "101"), ("tax", "")])
def test_a_number_that_cannot_be_is_refused_at_its_field(office, cast, field, typed):
    answer = office.post(PAGE, {"on": "on", "threshold": "2000", "tax": "10", field: typed})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_it_is_watched_from_the_start_in_poland_and_elsewhere_when_it_is_switched_on(cast):
    assert (cast.bakery.prize_watch, cast.bakery.prize_threshold, cast.bakery.prize_tax_bp) == (True, 200_000, 1000)
    elsewhere = Programme.objects.get(slug="elsewhere")
    assert not elsewhere.prize_watch
    stranger = signed_in(cast.stranger.login)
    assert PAGE not in stranger.get("/office/rewards").text
    assert "lines" not in stranger.get(PAGE).context
    stranger.post(PAGE, {"on": "on", "threshold": "100", "tax": "20"})
    assert PAGE in stranger.get("/office/rewards").text
    assert PAGE in signed_in(cast.maria.login).get("/office/rewards").text


def test_only_who_may_see_the_terms_sees_the_register_and_a_stranger_sees_none_of_ours(office, cast):
    given(cast, "Rower", 250_000)
    assert signed_in(cast.piotr.login).get(PAGE).status_code == 403
    stranger = signed_in(cast.stranger.login)
    stranger.post(PAGE, {"on": "on", "threshold": "0", "tax": "20"})
    assert stranger.get(PAGE).context["years"] == []
    assert "Rower" not in stranger.get(f"{PAGE}/2026.csv").content.decode()

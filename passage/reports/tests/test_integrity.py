"""Three dishonest clerks among twenty in a month: the board names them and lets the others be (B-09, F6)."""

import random
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passage.cards import actions as cards
from passage.engine.basket import Basket, Line
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases import actions as purchases
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from passage.reports import queries
from passage.reports.standing import Counted, standings
from tests.cast import AT, BY, a_bakery

pytestmark = pytest.mark.django_db
OPENED = AT.replace(hour=7)
DAYS = 30
NOW = OPENED + timedelta(days=DAYS)


class Shop:
    """A bakery with twenty clerks; every deed goes through the actions that the doors call."""

    def __init__(self, seed, *, clerks=20, a_day=6):
        self.chance, self.cast = random.Random(seed), a_bakery()
        self.programme = self.cast.bakery
        self.source = programmes.add_source(programme=self.programme, code="till", name="Till", by=BY, at=AT)
        self.clerks = [self._clerk(number) for number in range(clerks)]
        self.members = [members.enrol(programme=self.programme, first_name=f"M{n}", by=BY, at=AT) for n in range(250)]
        self.written = {clerk: [] for clerk in self.clerks}
        for day in range(DAYS):
            for clerk in self.clerks:
                for _ in range(a_day):
                    self.sale(clerk, day, self._somebody(), typed=self.chance.random() < 0.1)
        # Two regulars have their roll in the morning and their bread at night, with whoever stands there.
        for day in range(DAYS):
            for regular in self.members[:2]:
                for hour in (1, 9):
                    self.sale(self.chance.choice(self.clerks), day, regular, hour=hour)

    def _clerk(self, number):
        login = programmes.create_login(email=f"clerk{number}@example.org", password="", name=f"Clerk {number:02}")
        return programmes.hire(
            programme=self.programme, login=login, role=Role.CLERK, shop=self.cast.rynek, by=BY, at=AT
        )

    def _somebody(self):
        return self.chance.choice(self.members) if self.chance.random() < 0.6 else None

    def sale(self, clerk, day, member, *, typed=False, hour=None):
        moment = OPENED + timedelta(days=day, minutes=self.chance.randrange(600) if hour is None else hour * 60)
        line = Line("1", self.chance.randrange(500, 6000), product="" if typed else "bread")
        item = Sale(
            client_id=f"s-{clerk.pk}-{len(self.written[clerk])}",
            occurred_at=moment,
            basket=Basket("PLN", (line,)),
            member=MemberRef(public_id=member.public_id) if member else MemberRef(),
            shop="rynek",
        )
        self.written[clerk].append(item)
        return item

    def record(self):
        for clerk, batch in self.written.items():
            answers = purchases.record(
                programme=self.programme, source=self.source, batch=batch, by=by(clerk), at=NOW - timedelta(hours=1)
            )
            assert {answer.status.value for answer in answers} == {"recorded"}
            slips = [item for item in batch if self.chance.random() < 0.01]
            self.void(clerk, slips)

    def void(self, clerk, items):
        batch = [
            Return(
                client_id=f"v-{item.client_id}",
                occurred_at=item.occurred_at,
                sale=SaleRef(client_id=item.client_id),
                void=True,
            )
            for item in items
        ]
        purchases.record(
            programme=self.programme, source=self.source, batch=batch, by=by(clerk), at=NOW - timedelta(hours=1)
        )


def by(staff):
    return f"staff:{staff.pk}"


def a_family_card(shop, clerk):
    """What nobody wanted is put on one card, some times a day."""
    aunt = shop.members[100]
    for day in range(0, DAYS, 3):
        for _ in range(4):
            shop.sale(clerk, day, aunt)


def ones_own_card(shop, clerk):
    mine = shop.members[101]
    cards.name_own(staff=clerk, member=mine, by=BY, at=AT)
    for day in range(0, DAYS, 5):
        shop.sale(clerk, day, mine)


def receipts_from_the_bin(shop, clerk):
    """Sales of nobody are given to a friend when the shop closes."""
    friend = shop.members[102]
    sales = Purchase.objects.of(shop.programme).filter(member=None, kind="sale", by=by(clerk)).order_by("occurred_at")
    for number, row in enumerate(sales[:8]):
        close = row.occurred_at.replace(hour=17, minute=50)
        when = max(close, row.occurred_at + timedelta(hours=1))
        purchases.move(source=shop.source, sale=row, to=friend, client_id=f"m-{number}", by=by(clerk), at=when)


@pytest.mark.one_database
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_three_dishonest_clerks_among_twenty_stand_on_top_and_hardly_anybody_else(seed):
    shop = Shop(seed)
    thieves = shop.chance.sample(shop.clerks, 3)
    a_family_card(shop, thieves[0])
    ones_own_card(shop, thieves[1])
    shop.record()
    receipts_from_the_bin(shop, thieves[2])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        lines = queries.board(shop.programme, at=NOW).lines
    assert len(lines) == 20
    top = [line.person for line in lines[:5]]
    assert set(thieves) <= set(top), [(str(line.person.login), line.marks) for line in lines[:8]]
    named = {line.person for line in lines if line.marks}
    assert set(thieves) <= named
    assert len(named - set(thieves)) <= 1
    assert "often" in line_of(lines, thieves[0]).marks
    assert "own" in line_of(lines, thieves[1]).marks
    assert "late" in line_of(lines, thieves[2]).marks
    assert len(asked) <= 20


@pytest.mark.one_database
def test_in_an_honest_shop_hardly_anybody_stands_out():
    shop = Shop(3)
    shop.record()
    lines = queries.board(shop.programme, at=NOW).lines
    assert len(lines) == 20
    assert sum(bool(line.marks) for line in lines) <= 1, [(str(line.person.login), line.marks) for line in lines[:5]]


def line_of(lines, person):
    return next(line for line in lines if line.person == person)


@pytest.fixture
def quiet():
    shop = Shop(7, clerks=4, a_day=2)
    shop.record()
    return shop


def test_it_asks_as_often_for_a_thousand_sales_as_for_none(quiet):
    empty = a_count(lambda: queries.board(quiet.cast.stranger.programme, at=NOW))
    full = a_count(lambda: queries.board(quiet.programme, at=NOW))
    before = full
    for clerk in quiet.clerks:
        a_family_card(quiet, clerk)
    quiet.written = {clerk: batch[-40:] for clerk, batch in quiet.written.items()}
    quiet.record()
    assert a_count(lambda: queries.board(quiet.programme, at=NOW)) == before
    assert empty <= full <= 20


def a_count(work):
    with CaptureQueriesContext(connection) as asked:
        work()
    return len(asked)


def test_a_card_that_comes_too_often_is_listed_with_who_rang_it_up(quiet):
    a_family_card(quiet, quiet.clerks[1])
    quiet.written = {quiet.clerks[1]: quiet.written[quiet.clerks[1]][-40:]}
    quiet.record()
    found = queries.board(quiet.programme, at=NOW).cards
    aunt = next(card for card in found if card.member == quiet.members[100])
    assert (aunt.by, aunt.by_visits >= 36, aunt.days) == (by(quiet.clerks[1]), True, 10)
    programmes.set_control(programme=quiet.programme, card_a_day=9, card_a_week=90, by=BY, at=AT)
    assert queries.board(quiet.programme, at=NOW).cards == []


def test_every_figure_leads_to_the_rows_it_was_counted_from(quiet):
    clerk = quiet.clerks[0]
    ones_own_card(quiet, clerk)
    a_family_card(quiet, clerk)
    quiet.written = {clerk: quiet.written[clerk][-46:]}
    quiet.record()
    receipts_from_the_bin(quiet, clerk)
    for points in (50, 70, -20):
        ledger.correct(
            member=quiet.members[5], unit="points", points=points, reason="x", by=by(clerk), at=NOW - timedelta(hours=2)
        )
    line = line_of(queries.board(quiet.programme, at=NOW).lines, clerk)
    counted = {name: standing.count for name, standing in line.figures.items()}
    listed = {
        name: len(queries.behind(quiet.programme, figure=name, person=clerk, at=NOW) or ()) for name in queries.FIGURES
    }
    assert counted == listed
    assert counted["own"] == 6
    assert counted["corrections"] == 2
    assert counted["late"] == 8
    assert counted["often"] >= 36


def test_a_return_of_points_that_were_spent_is_counted(quiet):
    clerk, friend = quiet.clerks[0], quiet.members[200]
    quiet.written = {clerk: []}
    item = quiet.sale(clerk, 3, friend)
    quiet.written = {clerk: [Sale(**{**{f: getattr(item, f) for f in item.__slots__}, "client_id": "big"})]}
    quiet.record()
    have = Purchase.objects.of(quiet.programme).get(client_id="big").settlement["earned"][0]["points"]
    held = ledger.AccountBatch.open(programme=quiet.programme, members=[friend.pk], with_lots=[friend.pk])
    available = held.account_state(friend.pk, "points").available(at=NOW)
    assert available >= have
    ledger.adjust(member=friend, unit="points", points=-available, reason="x", by=BY, at=NOW - timedelta(minutes=50))
    back = Return(client_id="r-big", occurred_at=NOW - timedelta(minutes=40), sale=SaleRef(client_id="big"))
    [answer] = purchases.record(
        programme=quiet.programme, source=quiet.source, batch=[back], by=by(clerk), at=NOW - timedelta(minutes=30)
    )
    assert answer.status.value == "recorded", answer
    line = line_of(queries.board(quiet.programme, at=NOW).lines, clerk)
    assert line.figures["spent"].count == 1
    [row] = queries.behind(quiet.programme, figure="spent", person=clerk, at=NOW)
    assert row.amount == -item.basket.total


def test_what_is_older_than_thirty_days_of_another_shop_or_programme_is_not_counted(quiet):
    assert queries.board(quiet.programme, at=NOW + queries.SPAN).lines == []
    assert queries.board(quiet.programme, at=NOW, shop=quiet.cast.dworzec).lines == []
    assert len(queries.board(quiet.programme, at=NOW, shop=quiet.cast.rynek).lines) == 4
    other = quiet.cast.stranger.programme
    assert queries.board(other, at=NOW).lines == []
    assert queries.behind(other, figure="often", person=quiet.clerks[0], at=NOW) is None
    assert queries.behind(quiet.programme, figure="height", person=quiet.clerks[0], at=NOW) is None
    assert (
        queries.behind(quiet.programme, figure="often", person=quiet.clerks[0], at=NOW, shop=quiet.cast.dworzec) is None
    )


# -- what stands out -----------------------------------------------------------------------------


def test_a_busy_clerk_may_have_more_of_everything():
    found = standings({"a": Counted(3, 300), "b": Counted(2, 200), "busy": Counted(10, 1000)})
    assert not any(each.stands_out for each in found.values())
    assert found["busy"].expected == 10


def test_far_more_than_the_colleagues_stands_out_and_one_more_never_does():
    colleagues = {name: Counted(1, 100) for name in "abcd"}
    assert standings({**colleagues, "x": Counted(9, 100)})["x"].stands_out
    assert not standings({**colleagues, "x": Counted(3, 100)})["x"].stands_out
    nobody = {name: Counted(0, 100) for name in "abcd"}
    assert not standings({**nobody, "x": Counted(2, 100)})["x"].stands_out


def test_nobody_is_measured_against_nobody():
    alone = standings({"x": Counted(90, 100), "y": Counted(0, 0)})
    assert not alone["x"].stands_out
    assert alone["x"].expected is None


def test_what_nobody_is_to_do_stands_out_the_first_time():
    found = standings({"x": Counted(1, 100), "y": Counted(1, 100), "z": Counted(0, 100)}, by_itself=True)
    assert [found[name].stands_out for name in "xyz"] == [True, True, False]


def test_no_surplus_outweighs_all_the_others():
    found = standings({"x": Counted(10**6, 10**6), **{name: Counted(1, 1000) for name in "abc"}})
    assert found["x"].surplus == Fraction(100)

"""The owner dates a rule back: a day, the figures, a reason, and how far it has come."""

from datetime import timedelta

import pytest
from django.utils import timezone

from passage.earning import actions as earning
from passage.engine.basket import Basket, Line
from passage.ledger.queries import balances
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases import actions as purchases
from passage.purchases.values import MemberRef, Sale
from passage.trials import actions
from passage.trials.models import Backdating
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
TEN = {"unit": "points", "earns": {"kind": "fixed", "points": 10}}


@pytest.fixture
def cast():
    cast = a_bakery()
    till = programmes.add_source(programme=cast.bakery, code="till", name="Till")
    for number in range(3):
        sale = Sale(
            client_id=f"s{number}",
            occurred_at=timezone.now() - timedelta(days=3 + number),
            basket=Basket("PLN", (Line("1", 2_000),)),
            member=MemberRef(card=CARD),
            shop="rynek",
        )
        purchases.record(programme=cast.bakery, source=till, batch=[sale], by=BY, at=timezone.now())
    return cast


@pytest.fixture
def rule(cast):
    return earning.create_rule(
        programme=cast.bakery,
        name="Ten",
        definition=TEN,
        effective_from=timezone.now() - timedelta(hours=1),
        by=BY,
        at=timezone.now(),
    )


@pytest.fixture
def office(cast):
    login = programmes.create_login(email="owner@example.org", password="")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def counted(office, rule, days=30):
    since = (timezone.now() - timedelta(days=days)).date().isoformat()
    answer = office.post(f"/office/promotions/{rule.pk}/past", {"since": since})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def points(cast):
    return next(each.balance for each in balances(cast.anna, at=timezone.now()) if each.unit == "points")


def work():
    row = Backdating.objects.select_related("programme").latest("id")
    actions.work_back(programme=row.programme, payload={"backdating": row.pk}, at=timezone.now())


def test_the_page_of_the_rule_leads_there_for_the_owner_alone(office, cast, rule):
    address = f"/office/promotions/{rule.pk}"
    assert f"{address}/past" in office.get(address).content.decode()
    assert f"{address}/past" not in signed_in(cast.maria.login).get(address).content.decode()


def test_the_figures_come_first_and_nothing_counts_before_the_reason(office, cast, rule):
    before = points(cast)
    address = counted(office, rule)
    page = office.get(address).context
    assert [(each.given, each.taken, each.expired) for each in page["sums"]] == [(30, 0, 0)]
    [anna] = page["largest"]
    assert (anna.name, anna.more, anna.page) == ("Anna Ś.", 30, cast.anna.public_id)
    assert (page["tally"]["sales"], page["tally"]["changed_sales"]) == (3, 3)
    refused = office.post(f"{address}/confirm", {"reason": ""})
    assert (refused.status_code, points(cast)) == (422, before)
    assert office.post(f"{address}/confirm", {"reason": "Our former cards"}).status_code == 302
    waiting = office.get(address)
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    work()
    done = office.get(address).context
    assert (points(cast), done["tally"]["changed_sales"], done["row"].rests) == (before + 30, 3, True)
    again = office.post(f"{address}/confirm", {"reason": "Our former cards"})
    assert (again.status_code, points(cast)) == (422, before + 30)
    assert [row.pk for row in office.get(f"/office/promotions/{rule.pk}/past").context["earlier"]] == [done["row"].pk]


def test_a_day_that_is_not_over_is_refused_at_its_field(office, rule):
    for days in (-2, 60_000):
        since = (timezone.now() - timedelta(days=days)).date().isoformat()
        answer = office.post(f"/office/promotions/{rule.pk}/past", {"since": since})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["since"])
    assert not Backdating.objects.exists()


def test_a_large_one_says_how_far_it_has_come(office, rule, monkeypatch):
    monkeypatch.setattr(actions, "SOON", 1)
    address = counted(office, rule)
    page = office.get(address)
    assert "<progress" in page.content.decode()
    work()
    assert "<progress" not in office.get(address).content.decode()


def test_what_earned_by_it_already_says_that_nothing_changes(office, cast, rule):
    base = earning.create_rule(
        programme=cast.bakery, name="Never", definition={**TEN, "when": {"minimum": 900_000}},
        effective_from=timezone.now() - timedelta(hours=1), by=BY, at=timezone.now(),
    )  # fmt: skip
    page = office.get(counted(office, base))
    assert page.context["sums"] == []
    assert page.context["tally"]["changed_sales"] == 0

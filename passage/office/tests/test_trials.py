"""A promotion is tried on past sales from its form, read with what it costs and whom it moves, and published from there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.earning.models import Rule, RuleVersion
from passage.earning.queries import rule_set
from passage.engine.basket import Basket, Line
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases import actions as purchases
from passage.purchases.values import MemberRef, Sale
from passage.trials import actions as trials
from passage.trials.models import Trial
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
TWICE = {"name": "Tuesdays", "kind": "multiplier", "unit": "points", "times": "2", "shops": ["dworzec"]}
TRY = {"try": "1", "weeks": "4", "worth": "5"}


@pytest.fixture
def cast():
    cast = a_bakery()
    till = programmes.add_source(programme=cast.bakery, code="till", name="Till")
    for number, shop in enumerate(["rynek", "dworzec", "dworzec"]):
        basket = Basket("PLN", (Line("1", 2_000),))
        sale = Sale(
            client_id=f"s{number}",
            occurred_at=timezone.now() - timedelta(days=3 + number),
            basket=basket,
            member=MemberRef(card=CARD),
            shop=shop,
        )
        [answer] = purchases.record(
            programme=cast.bakery, source=till, batch=[sale], by=BY, at=timezone.now() - timedelta(days=1)
        )
        assert answer.status == "recorded"
    return cast


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def told(office, **typed):
    answer = office.post("/office/promotions/new", {**TWICE, **TRY, **typed})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"], office.get(answer["Location"]).context


def test_a_small_history_answers_at_once_with_points_cost_days_shops_and_members(office, cast):
    _, page = told(office)
    assert (page["total"].given, page["total"].would, page["total"].more) == (80, 120, 40)
    assert (page["cost"], page["per_week"]) == (200, 50)
    assert [(row.name, row.given, row.would) for row in page["shops"]] == [("Dworzec", 40, 80), ("Rynek", 40, 40)]
    assert sum(row.more for row in page["weekdays"]) == 40
    [anna] = page["winners"]
    assert (anna.name, anna.more, anna.page) == ("Anna Ś.", 40, cast.anna.public_id)
    assert page["losers"] == page["others"] == []
    assert not Rule.objects.of(cast.bakery).filter(name="Tuesdays").exists()


def test_a_group_says_on_the_list_which_of_its_rules_counts_and_the_higher_rank_comes_first(office):
    for name, times, priority in (("Twice", "2", "5"), ("Thrice", "3", "")):
        typed = {**TWICE, "name": name, "times": times, "group": "x", "priority": priority}
        assert office.post("/office/promotions/new", typed).status_code == 302
    page = office.get("/office/promotions").context
    assert page["rows"][0].name == "Twice"
    [group] = page["groups"]
    assert group.pairs == ("“Thrice” counts before “Twice” wherever both fit.",)


def test_what_the_points_are_worth_is_remembered(office):
    told(office, worth="7,50")
    assert office.get("/office/promotions/new").context["wish"]["worth"].value() == "7.50"


def test_a_draft_is_published_from_its_result_and_counts_from_the_day(office, cast):
    address, _ = told(office)
    assert office.post(f"{address}/publish", {"since": ""}).status_code == 302
    assert "Tuesdays" in [rule.name for rule in rule_set(cast.bakery).at(timezone.now())]
    again = office.post(f"{address}/publish", {"since": ""})
    assert again.status_code == 422
    assert Rule.objects.of(cast.bakery).filter(name="Tuesdays").count() == 1


@pytest.mark.parametrize("where", ["publish", "form"])
def test_nothing_is_ever_published_into_the_past(office, cast, where):
    address, _ = told(office)
    since = (timezone.now() - timedelta(days=2)).date().isoformat()
    target = f"{address}/publish" if where == "publish" else "/office/promotions/new"
    refused = office.post(target, {"since": since, **({} if where == "publish" else TWICE)})
    assert refused.status_code == 422
    assert "since" in refused.context["form"].errors
    assert not Rule.objects.of(cast.bakery).filter(name="Tuesdays").exists()


def test_the_draft_goes_back_into_the_form_with_its_name(office, cast):
    address, _ = told(office)
    page = office.get(f"/office/promotions/new?trial={address.rsplit('/', 1)[1]}")
    form = page.context["form"]
    assert (form["name"].value(), str(form["times"].value()), form["shops"].value()) == ("Tuesdays", "2", ["dworzec"])


def test_a_change_of_coefficient_takes_the_place_of_the_old_rule(office, cast):
    rule = Rule.objects.of(cast.bakery).get(name="Punkty za zakupy")
    typed = {"kind": "per_amount", "unit": "points", "points": "2", "step": "1", "rest": "carry"}
    answer = office.post(f"/office/promotions/{rule.pk}", {**typed, **TRY})
    page = office.get(answer["Location"]).context
    assert (page["total"].given, page["total"].would) == (80, 160)
    office.post(f"{answer['Location']}/publish", {"since": ""})
    now = [each for each in rule_set(cast.bakery).at(timezone.now()) if each.name == "Punkty za zakupy"]
    assert [each.earns.points for each in now] == [2]
    assert RuleVersion.objects.of(cast.bakery).filter(rule=rule).latest("number").definition == {}


def test_a_large_history_shows_how_far_it_has_come_and_asks_again(office, cast, monkeypatch):
    monkeypatch.setattr(trials, "AT_ONCE", 1)
    address, _page = told(office)
    shown = office.get(address)
    assert (shown.context["row"].done_at, shown.context["row"].expected) == (None, 3)
    assert 'hx-trigger="every 2s"' in shown.content.decode()
    row = Trial.objects.get()
    trials.work(programme=cast.bakery, payload={"trial": row.pk}, at=timezone.now())
    assert office.get(address).context["total"].more == 40


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"times": "1"}, "form"),
        ({"kind": "event", "points": "5", "occasion": "joined", "shops": []}, "form"),
        ({"weeks": "3"}, "wish"),
        ({"worth": "x"}, "wish"),
    ],
)
def test_what_cannot_be_tried_is_said_at_its_field_and_nothing_is_lost(office, typed, where):
    refused = office.post("/office/promotions/new", {**TWICE, **TRY, **typed})
    assert refused.status_code == 422
    assert next(iter(typed)) in refused.context[where].errors
    assert refused.context["form"]["name"].value() == "Tuesdays"
    assert not Trial.objects.exists()


def test_an_auditor_reads_a_trial_and_publishes_none_and_a_stranger_finds_nothing(office, cast):
    address, _ = told(office)
    login = programmes.create_login(email="auditor@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.AUDITOR, by=BY, at=AT)
    auditor, stranger = signed_in(login), Client()
    stranger.force_login(cast.stranger.login)
    assert auditor.get(address).status_code == 200
    for page in (address, "/office/promotions"):
        shown = auditor.get(page).content.decode()
        assert "/publish" not in shown
        assert "/office/promotions/new" not in shown
        assert "/office/tiers" not in shown
    assert auditor.post(f"{address}/publish").status_code == 403
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/publish").status_code == 404

"""A trial goes on where it stopped, counts nobody twice, writes no point, and is published once and never backwards."""

from datetime import timedelta

import pytest

from passage.earning import actions as earning
from passage.earning.queries import rule_set
from passage.programme.errors import Refused
from passage.purchases import actions as purchases
from passage.purchases.models import Purchase
from passage.trials import actions, queries
from passage.trials.models import Trial
from passage.trials.tests.test_replay import BASE, LARGE, NOW, RULES, a_house, a_plan, tried
from tests.cast import BY

pytestmark = pytest.mark.django_db
TWICE = {"unit": "points", "earns": {"kind": "multiplier", "num": 2}}


@pytest.fixture
def house():
    house = a_house("before", RULES)
    house.record(a_plan(3))
    return house


def begun(house, *, rule=None, name="Draft", definition=TWICE, weeks=8):
    wish = actions.Wish(name, definition, weeks)
    return actions.begin(programme=house.programme, rule=house.rule(rule) if rule else None, wish=wish, by=BY, at=NOW)


def test_a_run_that_stopped_goes_on_and_finds_what_one_run_finds(house, monkeypatch):
    whole = tried(house, rule=None, definition=TWICE).found
    monkeypatch.setattr(actions, "PORTION", 1)
    row = begun(house)
    assert actions.advance(trial=row, at=NOW)
    assert actions.advance(trial=row, at=NOW)
    again = queries.trial(house.programme, pk=row.pk)
    assert 0 < again.found["sales"] < whole["sales"]
    while not again.done_at:
        actions.advance(trial=again, at=NOW)
    assert again.found == whole


def test_two_who_run_the_same_trial_count_nobody_twice(house):
    row = begun(house)
    twin = Trial.objects.get(pk=row.pk)
    assert actions.advance(trial=row, at=NOW)
    assert not actions.advance(trial=twin, at=NOW)
    assert twin.found == row.found


def test_a_trial_moves_no_point_and_writes_no_rule(house):
    before, rules = house.points(), rule_set(house.programme)
    tried(house, rule="Base", definition={**BASE, "earns": {"kind": "per_amount", "points": 5, "step": 100}})
    assert (house.points(), rule_set(house.programme)) == (before, rules)


def test_the_rules_that_lose_through_the_draft_are_named(house):
    rival = {"unit": "points", "earns": {"kind": "fixed", "points": 100}, "when": {"minimum": 5000}, "group": "bonus"}
    found = tried(house, rule=None, definition=rival).found
    given, would = found["rules"][str(house.rule("Large").pk)]
    assert (given > 0, would) == (True, 0)
    same = found["rules"][str(house.rule("Base").pk)]
    assert same[0] == same[1]


def test_weekdays_and_shops_add_up_to_the_whole(house):
    found = tried(house, rule=None, definition=TWICE).found
    for table in ("weekdays", "shops"):
        assert [sum(side) for side in zip(*found[table].values(), strict=True)] == found["points"]
    assert set(found["shops"]) == {"rynek", "dworzec"}


def test_only_the_sales_of_the_weeks_asked_for_count(house):
    first = tried(house, rule=None, definition=TWICE, weeks=4)
    inside = Purchase.objects.of(house.programme).filter(kind="sale", occurred_at__gte=first.since)
    assert 0 < first.found["sales"] == inside.count() < tried(house, rule=None, definition=TWICE).found["sales"]


def test_a_sale_that_moved_counts_for_whom_it_moved_to(house):
    sale = Purchase.objects.of(house.programme).filter(kind="sale", followers=None).first()
    to = next(person for person in house.people if person.pk != sale.member_id)
    purchases.move(source=house.till, sale=sale, to=to, client_id="move", by=BY, at=NOW - timedelta(days=1))
    before = house.points()
    found = tried(house, rule=None, definition=TWICE).found
    assert found["points"][0] == sum(before)
    won = {member: (given, would) for _, member, given, would in found["winners"]}
    assert {member: given for member, (given, _) in won.items()} == {
        person.pk: points for person, points in zip(house.people, before, strict=True)
    }


def test_a_draft_with_days_of_its_own_is_tried_as_if_they_were_now(house):
    later = {**TWICE, "when": {"starts": "2027-01-01", "ends": "2027-01-31"}}
    assert tried(house, rule=None, definition=later).found == tried(house, rule=None, definition=TWICE).found


def test_what_was_tried_is_published_from_a_day_on_and_once(house):
    row = tried(house, rule=None, definition=TWICE)
    day = NOW + timedelta(days=3)
    version = actions.publish(trial=row, effective_from=day, by=BY, now=lambda: NOW)
    assert version.effective_from == day
    assert "Draft" in [rule.name for rule in rule_set(house.programme).at(day)]
    assert "Draft" not in [rule.name for rule in rule_set(house.programme).at(NOW)]
    with pytest.raises(Refused, match="published_already"):
        actions.publish(trial=row, effective_from=day, by=BY, now=lambda: NOW)


def test_nothing_is_published_backwards_or_over_a_change_that_nobody_tried(house):
    row = tried(house, rule="Large", definition={**LARGE, "earns": {"kind": "fixed", "points": 1}})
    with pytest.raises(Refused, match="in_the_past"):
        actions.publish(trial=row, effective_from=NOW - timedelta(seconds=1), by=BY, now=lambda: NOW)
    earning.change_rule(rule=house.rule("Large"), definition=LARGE, effective_from=NOW, by=BY, at=NOW)
    with pytest.raises(Refused, match="changed_meanwhile"):
        actions.publish(trial=row, effective_from=NOW, by=BY, now=lambda: NOW)


def test_a_new_scale_ends_the_old_rule_and_begins_another_of_its_name_at_the_same_moment(house):
    finer = {**BASE, "earns": {"kind": "per_amount", "points": 1, "step": 100}}
    day = NOW + timedelta(days=1)
    actions.publish(trial=tried(house, rule="Base", definition=finer), effective_from=day, by=BY, now=lambda: NOW)
    steps = {
        when: [rule.earns.step for rule in rule_set(house.programme).at(when) if rule.name == "Base"]
        for when in (day - timedelta(seconds=1), day)
    }
    assert steps == {day - timedelta(seconds=1): [700], day: [100]}


@pytest.mark.parametrize(
    ("weeks", "name", "definition", "field"),
    [(5, "N", TWICE, "weeks"), (4, " ", TWICE, "name"), (4, "N", {**TWICE, "unit": "gold"}, "unit")],
)
def test_what_cannot_be_tried_is_refused_with_its_field(house, weeks, name, definition, field):
    with pytest.raises(Refused) as refusal:
        begun(house, weeks=weeks, name=name, definition=definition)
    assert refusal.value.field == field
    assert not Trial.objects.exists()

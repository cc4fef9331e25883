"""A rule is dated back in portions: rehearsed, confirmed with a reason, killed anywhere, and nobody judged twice."""

from datetime import timedelta

import pytest

from passage.audit.models import Event
from passage.config.verification import verify
from passage.config.worker import Worker
from passage.earning import actions as earning
from passage.earning.models import RuleUsage, RuleVersion
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from passage.programme.errors import Refused
from passage.purchases.models import Purchase
from passage.trials import actions, queries
from passage.trials.models import Backdating
from passage.trials.tests.test_replay import RULES, a_house, a_plan
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=60)
LATER = NOW + timedelta(seconds=1)
FIRST = {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"first_purchase": True}}
FOUR = {"unit": "points", "earns": {"kind": "fixed", "points": 7}, "limits": {"times_member": 4}}


@pytest.fixture
def house():
    house = a_house("late", {})
    house.record(a_plan(3))
    for name, definition in {**RULES, "First": FIRST, "Four": FOUR}.items():
        earning.create_rule(
            programme=house.programme, name=name, definition=definition, effective_from=NOW, by=BY, at=NOW
        )
    return house


def begun(house, name="Base", *, since=AT):
    return actions.begin_back(rule=house.rule(name), since=since, by=BY, at=LATER)


def confirmed(house, name="Base"):
    row = begun(house, name)
    assert actions.rehearse(backdating=row, at=LATER)
    return actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)


def is_right(house):
    return [str(fault) for fault in verify(programme=house.programme)] == []


def test_what_was_rehearsed_is_what_it_comes_to(house):
    row = begun(house)
    assert actions.rehearse(backdating=row, at=LATER)
    assert (row.rests, house.points()) == (True, [0, 0, 0, 0])
    actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)
    Worker(clock=lambda: LATER).run_once()
    done = queries.backdating(house.programme, pk=row.pk)
    assert done.done_at is not None
    assert done.given == done.found
    assert sum(house.points()) == done.given["units"]["points"][0] > 0
    assert [entry[0] for entry in done.given["largest"]] == sorted(house.points(), reverse=True)
    assert done.given["members"] == done.given["changed_members"] == 4
    assert done.given["sales"] == Purchase.objects.of(house.programme).standing().count()
    assert is_right(house)


def test_the_log_says_who_did_it_and_why(house):
    confirmed(house)
    event = Event.objects.of(house.programme).get(verb="rule.dated_back")
    assert (event.by, event.detail["reason"], event.detail["since"]) == (BY, "Migrated", AT.isoformat())


def test_a_large_one_is_the_workers_in_portions_and_ends_as_a_small_one(house, monkeypatch):
    whole = begun(house, "Four")
    actions.rehearse(backdating=whole, at=LATER)
    for name, value in {"SOON": 10, "PORTION": 1, "PORTIONS": 1}.items():
        monkeypatch.setattr(actions, name, value)
    row = begun(house, "Four")
    assert not actions.rehearse(backdating=row, at=LATER)
    with pytest.raises(Refused, match="still_counting"):
        actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)
    Worker(clock=lambda: LATER).run_once()
    row.refresh_from_db()
    assert row.found == whole.found
    actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)
    Worker(clock=lambda: LATER).run_once()
    row.refresh_from_db()
    assert row.given == row.found
    assert house.points() == [28, 28, 28, 28]
    assert Job.objects.filter(kind=actions.DATE_BACK, state=Job.State.DONE).count() > 8


@pytest.mark.parametrize("where", ["before the points", "after the points"])
def test_killed_in_the_middle_it_goes_on_and_gives_nobody_twice(house, monkeypatch, where):
    monkeypatch.setattr(actions, "PORTION", 1)
    row = confirmed(house, "First")
    real, calls = actions._judged, []

    def dying(*args):
        calls.append(args)
        found = real(*args) if where == "after the points" or len(calls) != 3 else []
        if len(calls) == 3:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(actions, "_judged", dying)
    with pytest.raises(KeyboardInterrupt):
        Worker(clock=lambda: LATER).run_once()
    assert sorted(house.points()) == [0, 0, 50, 50]
    assert is_right(house)
    later = LATER + 2 * outbox.LEASE
    Worker(clock=lambda: later).run_once()
    row.refresh_from_db()
    assert (house.points(), row.given) == ([50, 50, 50, 50], row.found)
    assert is_right(house)


def test_two_who_run_the_same_portion_judge_it_once(house):
    row = confirmed(house)
    twin = Backdating.objects.get(pk=row.pk)
    assert actions.advance_back(backdating=row, at=LATER)
    assert not actions.advance_back(backdating=twin, at=LATER)
    assert (twin.given, twin.reached) == (row.given, row.reached)


def test_dated_back_once_more_it_changes_nothing(house):
    confirmed(house)
    Worker(clock=lambda: LATER).run_once()
    points, rows = house.points(), Purchase.objects.count()
    second = begun(house)
    actions.rehearse(backdating=second, at=LATER)
    assert (second.found["changed_sales"], second.found["units"]) == (0, {})
    actions.confirm(backdating=second, reason="Again", by=BY, now=lambda: LATER)
    Worker(clock=lambda: LATER).run_once()
    assert (house.points(), Purchase.objects.count()) == (points, rows)


def test_it_is_confirmed_once_with_a_reason_and_as_it_was_counted(house):
    row = begun(house)
    actions.rehearse(backdating=row, at=LATER)
    with pytest.raises(Refused, match="missing"):
        actions.confirm(backdating=row, reason=" ", by=BY, now=lambda: LATER)
    actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)
    with pytest.raises(Refused, match="dated_back_already"):
        actions.confirm(backdating=row, reason="Migrated", by=BY, now=lambda: LATER)
    other = begun(house, "Four")
    actions.rehearse(backdating=other, at=LATER)
    earning.stop(rule=house.rule("Four"), by=BY, now=lambda: LATER)
    with pytest.raises(Refused, match="changed_since"):
        actions.confirm(backdating=other, reason="Migrated", by=BY, now=lambda: LATER)
    assert RuleVersion.objects.filter(rule=house.rule("Four")).count() == 2


def test_what_is_sold_while_it_runs_earns_by_the_rule_and_within_its_limits(house, monkeypatch):
    monkeypatch.setattr(actions, "PORTION", 1)
    row = confirmed(house, "Four")
    actions.advance_back(backdating=row, at=LATER)
    for who in range(4):
        sale = {"id": f"now{who}", "at": LATER, "who": who, "goods": [("bread", 500)], "shop": "rynek"}
        house.record([sale])
    while not row.rests:
        actions.advance_back(backdating=row, at=LATER)
    mine = RuleUsage.objects.of(house.programme).filter(rule=house.rule("Four"), span=RuleUsage.Span.EVER)
    assert set(mine.values_list("points", "times")) == {(28, 4)}
    assert is_right(house)

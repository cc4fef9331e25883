"""Work that takes long commits as it goes, and leaves the worker free for what the tills wait for."""

import pytest

from passage.config.worker import Worker
from passage.outbox import actions as outbox
from passage.outbox.models import Job
from passage.trials import actions
from passage.trials.tests.test_replay import NOW, RULES, a_house, a_plan, tried
from tests.cast import BY

pytestmark = pytest.mark.django_db
TWICE = {"unit": "points", "earns": {"kind": "multiplier", "num": 2}}


@pytest.fixture
def house():
    house = a_house("before", RULES)
    house.record(a_plan(3))
    return house


def test_a_large_trial_is_the_workers_and_comes_back_to_other_work_in_between(house, monkeypatch):
    whole = tried(house, rule=None, definition=TWICE).found
    for name, value in {"AT_ONCE": 10, "PORTION": 1, "PORTIONS": 1}.items():
        monkeypatch.setattr(actions, name, value)
    wish = actions.Wish("Draft", TWICE, 8)
    row = actions.begin(programme=house.programme, rule=None, wish=wish, by=BY, at=NOW)
    assert not actions.run(trial=row, at=NOW)
    Worker(clock=lambda: NOW).run_once()
    row.refresh_from_db()
    assert row.done_at is not None
    assert row.found == whole
    assert Job.objects.filter(kind=actions.JOB, state=Job.State.DONE).count() > 2


def test_a_worker_that_dies_in_the_middle_leaves_what_was_found_and_another_goes_on(house, monkeypatch):
    whole = tried(house, rule=None, definition=TWICE).found
    for name, value in {"AT_ONCE": 10, "PORTION": 1}.items():
        monkeypatch.setattr(actions, name, value)
    row = actions.begin(programme=house.programme, rule=None, wish=actions.Wish("Draft", TWICE, 8), by=BY, at=NOW)
    real, calls = actions.advance, []

    def dying(*, trial, at):
        calls.append(trial.reached)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(trial=trial, at=at)

    monkeypatch.setattr(actions, "advance", dying)
    assert not actions.run(trial=row, at=NOW)
    with pytest.raises(KeyboardInterrupt):
        Worker(clock=lambda: NOW).run_once()
    row.refresh_from_db()
    assert 0 < row.found["sales"] < whole["sales"]
    later = NOW + 2 * outbox.LEASE
    Worker(clock=lambda: later).run_once()
    row.refresh_from_db()
    assert row.found == whole

"""The short form of `python -m tests.faults.fuzz`: made-up parameters and forms break no page."""

from random import Random

import pytest

from passage.office import log
from tests.faults.pages import Street, Told

pytestmark = pytest.mark.django_db
SHORT = 250


def test_made_up_parameters_and_forms_break_no_page(monkeypatch):
    street = Street()
    told = street.knock(wanted=SHORT, seed=1)
    assert told.faults == []
    assert {200, 302, 404} <= told.statuses.keys(), "the fuzzing no longer reaches the pages"

    def careless(*_asked: object, **_also: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(log, "search", careless)
    planted = Told()
    street.ask("owner", "/office/log", Random(1), planted, posts=False)
    assert "ValueError planted" in planted.faults[0]

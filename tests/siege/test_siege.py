"""A short siege: nothing is lost, nobody is left without an answer, and without the front it would be."""

from __future__ import annotations

import pytest
from django.conf import settings

from bench.ground import ground, served
from tests.siege.plain import served_plainly
from tests.siege.siege import GIVEN_UP, MEMBERS, siege

SECONDS, CONNECTIONS = 5, 24
DATABASE = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2].removesuffix("3")


@pytest.mark.one_database
def test_a_till_sells_and_health_answers_whatever_strangers_do() -> None:
    with ground(DATABASE, members=MEMBERS) as made, served(made) as server:
        report = siege(made, server, seconds=SECONDS, connections=CONNECTIONS)
    assert report.besieged.acknowledged
    assert report.besieged.given_up == []
    assert report.faults == []
    assert max(report.health) < GIVEN_UP
    assert not {name for name in report.strangers if name.endswith("500")}


@pytest.mark.long
def test_without_the_front_strangers_stop_it() -> None:
    with ground(DATABASE, members=MEMBERS) as made, served_plainly(made) as server:
        report = siege(made, server, seconds=SECONDS, connections=CONNECTIONS)
    assert report.besieged.given_up
    assert max(report.health) == GIVEN_UP

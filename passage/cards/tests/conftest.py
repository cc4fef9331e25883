from datetime import UTC, datetime

import pytest

from passage.cards import actions
from passage.cards.models import Card
from passage.members.actions import enrol
from passage.members.models import Member
from passage.programme.actions import create_programme
from passage.programme.models import Programme

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PIOTR = "staff:7"
BLANK, SPARE, UNKNOWN = "2900000000018", "2900000000025", "2900000000032"


@pytest.fixture
def bakery(db: None) -> Programme:
    return create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", at=AT)


@pytest.fixture
def elsewhere(db: None) -> Programme:
    return create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT)


@pytest.fixture
def anna(bakery: Programme) -> Member:
    return enrol(programme=bakery, by=PIOTR, at=AT, first_name="Anna", last_name="Kowalska")


@pytest.fixture
def stranger(elsewhere: Programme) -> Member:
    return enrol(programme=elsewhere, by="staff:9", at=AT)


@pytest.fixture
def blank(bakery: Programme) -> Card:
    return actions.make_blank(programme=bakery, numbers=[BLANK, SPARE], by=PIOTR, at=AT)[0]


@pytest.fixture
def annas(blank: Card, anna: Member) -> Card:
    return actions.bind(card=blank, member=anna, by=PIOTR, at=AT)

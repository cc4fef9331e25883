from datetime import UTC, datetime

import pytest

from passage.programme import actions
from passage.programme.models import Login, Programme, Role, Shop, Source, Staff

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BY = "system:test"


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def bakery(db: None) -> Programme:
    where = {"zone": "Europe/Warsaw", "language": "pl", "region": "PL"}
    return actions.create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", at=AT, by=BY, **where)


@pytest.fixture
def elsewhere(db: None) -> Programme:
    return actions.create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT, by=BY)


@pytest.fixture
def rynek(bakery: Programme) -> Shop:
    return actions.open_shop(programme=bakery, code="rynek", name="Rynek", city="Kraków")


@pytest.fixture
def dworzec(bakery: Programme) -> Shop:
    return actions.open_shop(programme=bakery, code="dworzec", name="Dworzec")


@pytest.fixture
def till_source(bakery: Programme) -> Source:
    return actions.add_source(programme=bakery, code="till", name="Till")


def login(name: str) -> Login:
    return actions.create_login(email=f"{name}@example.org", password="a long enough password", name=name.title())


@pytest.fixture
def maria(bakery: Programme) -> Staff:
    return actions.hire(programme=bakery, login=login("maria"), role=Role.MANAGER, by=BY, at=AT)


@pytest.fixture
def piotr(bakery: Programme, rynek: Shop) -> Staff:
    return actions.hire(programme=bakery, login=login("piotr"), role=Role.CLERK, shop=rynek, by=BY, at=AT)


@pytest.fixture
def stranger(elsewhere: Programme) -> Staff:
    return actions.hire(programme=elsewhere, login=login("stranger"), role=Role.OWNER, by=BY, at=AT)

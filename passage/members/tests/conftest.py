from datetime import UTC, datetime

import pytest

from passage.members import actions
from passage.members.models import Member
from passage.programme.actions import create_programme
from passage.programme.models import Programme

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PIOTR = "staff:7"


@pytest.fixture
def bakery(db: None) -> Programme:
    where = {"zone": "Europe/Warsaw", "language": "pl", "region": "PL"}
    return create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", at=AT, **where)


@pytest.fixture
def elsewhere(db: None) -> Programme:
    return create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT)


@pytest.fixture
def anna(bakery: Programme) -> Member:
    return actions.enrol(
        programme=bakery,
        by=PIOTR,
        at=AT,
        first_name="Anna",
        last_name="Świętochłowska",
        email="Anna.Nowak@Example.org",
        phone="600 100 200",
        birthday="02-29",
        external_id="17850",
    )


def merged(gone: Member, kept: Member) -> Member:
    """As the merge leaves it; the merge itself is an action of the purchases room."""
    gone.status, gone.merged_into = Member.Status.MERGED, kept
    gone.save()
    return gone

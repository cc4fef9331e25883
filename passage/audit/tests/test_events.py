"""What was written down can be read in order, page by page, and by nobody else's programme."""

from datetime import UTC, datetime, timedelta

import pytest

from passage.audit.actions import note
from passage.audit.queries import Wanted, about, search
from passage.programme.actions import create_programme

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def bakery(db):
    return create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", at=AT)


@pytest.fixture
def elsewhere(db):
    return create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT)


def test_the_newest_comes_first_and_pages_follow_one_another(bakery):
    for number in range(5):
        note(programme=bakery, by="staff:7", verb="member.edited", subject="member:anna", at=AT, number=number)
    first = about(programme=bakery, subject="member:anna", limit=3)
    rest = about(programme=bakery, subject="member:anna", before=first[-1].pk)
    assert [event.detail["number"] for event in [*first, *rest]] == [4, 3, 2, 1, 0]


def test_a_page_is_never_longer_than_a_hundred_nor_empty_by_mistake(bakery):
    for number in range(101):
        note(programme=bakery, by="staff:7", verb="v", subject="s", at=AT, number=number)
    assert len(about(programme=bakery, subject="s", limit=5000)) == 100
    assert len(about(programme=bakery, subject="s", limit=-1)) == 1


def test_a_search_follows_the_moments_and_its_pages_leave_nothing_out(bakery):
    """Several lines of one moment, and one that was written down after a later one."""
    for number, minutes in enumerate([0, 1, 1, 1, 3, 2]):
        at = AT + timedelta(minutes=minutes)
        note(programme=bakery, by="staff:7", verb="v", subject="s", at=at, number=number)
    read, before = [], 0
    while rows := search(Wanted(by=["staff:7"]), programme=bakery, before=before, limit=2):
        read += [event.detail["number"] for event in rows]
        before = rows[-1].pk
    assert read == [4, 5, 3, 2, 1, 0]
    assert search(Wanted(), programme=bakery, before=10**9) == []


def test_a_stranger_reads_nothing_of_it(bakery, elsewhere):
    note(programme=bakery, by="staff:7", verb="v", subject="member:anna", at=AT)
    assert about(programme=elsewhere, subject="member:anna") == []


def test_the_setting_up_of_a_programme_is_witnessed(bakery):
    assert [event.verb for event in about(programme=bakery, subject="programme:piekarnia")] == ["programme.created"]

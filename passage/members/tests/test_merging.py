"""Two records turn out to be one person, and back: names, addresses and searches follow (E-31; points are the ledger's)."""

import pytest

from passage.members import actions, queries
from passage.members.models import Merge
from passage.members.tests.conftest import AT, PIOTR
from passage.programme.errors import Refused


@pytest.fixture
def twin(bakery):
    details = {"first_name": "Ania", "last_name": "Zając", "email": "ania@example.org", "name_day": "07-26"}
    return actions.enrol(programme=bakery, by=PIOTR, at=AT, tags=["regular"], **details)


def absorbed(twin, anna, **choices):
    told = {"first_name": "kept", "last_name": "gone", "email": "kept"} | choices
    return actions.absorb(gone=twin, kept=anna, choices=told, by=PIOTR, at=AT)


def test_what_only_one_told_is_kept_and_a_contradiction_is_asked_about(twin, anna):
    with pytest.raises(Refused) as refused:
        actions.absorb(gone=twin, kept=anna, choices={"email": "kept"}, by=PIOTR, at=AT)
    assert (refused.value.code, refused.value.field) == ("choose", "first_name")
    assert refused.value.params == {"fields": ["first_name", "last_name"]}
    kept = absorbed(twin, anna).kept
    assert (kept.first_name, kept.last_name, kept.name_day, kept.birthday) == ("Anna", "Zając", "07-26", "02-29")
    assert kept.tags == ["regular"]


def test_an_alias_still_leads_to_anna_by_name_address_and_number(twin, anna, bakery):
    absorbed(twin, anna)
    assert queries.find(programme=bakery, text="ania@example.org") == [anna]
    assert queries.find(programme=bakery, text="17850") == [anna]
    assert queries.search(programme=bakery, text="zajac").members == [anna]
    assert queries.search(programme=bakery, text="swieto").members == []


def test_the_way_back_gives_each_what_they_had_told(twin, anna, bakery):
    merge = absorbed(twin, anna, email="gone")
    assert queries.find(programme=bakery, text="ania@example.org") == [anna]
    actions.separate(merge=merge, by=PIOTR, at=AT)
    assert actions.separate(merge=merge, by=PIOTR, at=AT).undone_at == AT
    assert queries.find(programme=bakery, text="ania@example.org") == [twin]
    assert queries.find(programme=bakery, text="anna.nowak@example.org") == [anna]
    assert queries.search(programme=bakery, text="zajac").members == [twin]
    assert queries.search(programme=bakery, text="swieto").members == [anna]


def test_nobody_is_merged_with_themselves_a_stranger_or_twice(twin, anna, elsewhere):
    stranger = actions.enrol(programme=elsewhere, by=PIOTR, at=AT)
    for gone, kept, code in ((anna, anna, "same_member"), (stranger, anna, "unknown_member")):
        with pytest.raises(Refused) as refused:
            actions.absorb(gone=gone, kept=kept, choices={}, by=PIOTR, at=AT)
        assert refused.value.code == code
    absorbed(twin, anna)
    with pytest.raises(Refused, match="member_merged"):
        absorbed(twin, anna)


def test_a_block_outlives_a_merge_that_is_undone(twin, anna):
    actions.block(member=twin, reason="a stolen phone", by=PIOTR, at=AT)
    merge = absorbed(twin, anna)
    actions.separate(merge=merge, by=PIOTR, at=AT)
    twin.refresh_from_db()
    assert twin.status == twin.Status.BLOCKED


def test_an_alias_leads_straight_to_the_person_through_any_chain_and_back(twin, anna, bakery):
    first, last = (actions.enrol(programme=bakery, by=PIOTR, at=AT) for _ in range(2))
    actions.absorb(gone=first, kept=twin, choices={}, by=PIOTR, at=AT)
    twin.refresh_from_db()
    onward = absorbed(twin, anna)
    anna.refresh_from_db()
    actions.absorb(gone=anna, kept=last, choices={}, by=PIOTR, at=AT)
    assert queries.records(bakery, people=[last.pk]) == dict.fromkeys((first.pk, twin.pk, anna.pk, last.pk), last.pk)
    back = Merge.objects.get(gone=anna)
    actions.separate(merge=back, by=PIOTR, at=AT)
    assert queries.records(bakery, people=[last.pk]) == {last.pk: last.pk}
    actions.separate(merge=onward, by=PIOTR, at=AT)
    assert queries.records(bakery, people=[twin.pk, anna.pk]) == {
        first.pk: twin.pk,
        twin.pk: twin.pk,
        anna.pk: anna.pk,
    }

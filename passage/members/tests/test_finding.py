"""Finding a member: in any spelling, only in one's own programme, in a fixed number of statements."""

import uuid

import pytest
from django.db import connection

from passage.members import actions, queries
from passage.members.models import Member
from passage.members.tests.conftest import AT, PIOTR, merged
from passage.programme import limits
from passage.programme.errors import Refused

NAMES = [("Anna", "Kowalska"), ("Adam", "Kowalski"), ("Zofia", "Kowal"), ("Jan", "Łącki"), ("Ewa", "Nowak"), ("", "")]


@pytest.fixture
def people(bakery):
    return [actions.enrol(programme=bakery, by=PIOTR, at=AT, first_name=first, last_name=last) for first, last in NAMES]


@pytest.mark.parametrize(
    "text",
    [
        " ANNA.NOWAK@EXAMPLE.ORG",
        "anna.nowak@example.org",
        "600100200",
        "+48 600-100-200",
        "600 100 200",
        "17850",
        " 17850 ",
    ],
)
def test_anna_is_found_by_whatever_leads_to_her(anna, bakery, text):
    assert queries.find(programme=bakery, text=text) == [anna]


@pytest.mark.parametrize(
    "text", ["", "  ", "anna.nowak", "100 200", "%", "1785", "x" * 10_000, "\x00", "17850\x00", "\ud800", "' OR 1=1 --"]
)
def test_half_of_it_or_nonsense_finds_nobody(anna, bakery, text):
    assert queries.find(programme=bakery, text=text) == []


def test_two_who_match_are_both_given(anna, bakery):
    other = actions.enrol(programme=bakery, by=PIOTR, at=AT, external_id="600100200")
    assert queries.find(programme=bakery, text="600100200") == [anna, other]


def test_a_lookalike_of_annas_address_does_not_lead_to_her(bakery):
    mike = actions.enrol(programme=bakery, by=PIOTR, at=AT, email="mike@example.org")
    for lookalike in (
        "m\u0131ke@example.org",
        "mi\u212ae@example.org",
        "mike\uff20example.org",
        "M\u0130KE@example.org",
    ):
        assert queries.find(programme=bakery, text=lookalike) == []
    assert queries.find(programme=bakery, text="MIKE@example.org") == [mike]


def test_a_stranger_finds_nothing_of_annas_programme(anna, elsewhere):
    assert queries.find(programme=elsewhere, text="anna.nowak@example.org") == []
    assert queries.find(programme=elsewhere, text="+48600100200") == []
    assert queries.find(programme=elsewhere, text="17850") == []
    assert queries.search(programme=elsewhere, text="").members == []
    assert queries.search(programme=elsewhere, text="swie").members == []
    assert queries.by_public_id(programme=elsewhere, public_id=anna.public_id) is None
    assert queries.by_public_ids(programme=elsewhere, public_ids=[anna.public_id]) == {}
    assert queries.by_ids(programme=elsewhere, ids=[anna.pk]) == {}
    assert queries.by_external_ids(programme=elsewhere, external_ids=["17850"]) == {}
    with pytest.raises(Refused, match="bad_cursor"):
        queries.search(programme=elsewhere, text="", after=str(anna.public_id))


def test_members_are_found_in_sets_and_the_unknown_are_left_out(anna, bakery):
    text = str(anna.public_id)
    wanted = [text, str(uuid.uuid4()), "no id", ""]
    assert queries.by_public_ids(programme=bakery, public_ids=wanted) == {text: anna}
    assert queries.by_ids(programme=bakery, ids=[anna.pk, anna.pk, 10**12]) == {anna.pk: anna}
    assert queries.by_external_ids(programme=bakery, external_ids=["17850", "", "x", "\x00"]) == {"17850": anna}
    assert queries.by_public_id(programme=bakery, public_id="no id") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kowal", ["Kowal", "Kowalska", "Kowalski"]),
        ("KOWALSK", ["Kowalska", "Kowalski"]),
        ("lacki", ["Łącki"]),
        ("Łąc", ["Łącki"]),
        ("Anna Kowalska", ["Kowalska"]),
        ("kowalska anna", ["Kowalska"]),
        ("ann kowalsk", ["Kowalska"]),
        ("anna nowak", []),
        ("%", []),
        ("_owal", []),
        ("kowal\x00", ["Kowal", "Kowalska", "Kowalski"]),
        ("...", []),
        ("x" * 100_000, []),
    ],
)
def test_a_search_by_name_takes_the_beginning_with_or_without_accents(people, bakery, text, found):
    assert [member.last_name for member in queries.search(programme=bakery, text=text).members] == found


def test_pages_follow_one_another_without_gap_or_repetition(people, bakery):
    seen, after = [], ""
    while True:
        page = queries.search(programme=bakery, text="", after=after, limit=2)
        seen += page.members
        assert len(page.members) <= 2
        if not (after := page.after):
            break
    assert seen == sorted(people, key=lambda member: (not member.name_key, member.name_key, member.pk))


def test_a_page_is_never_longer_than_a_hundred(bakery):
    actions.enrol_many(programme=bakery, external_ids=[str(number) for number in range(101)], at=AT, by=PIOTR)
    page = queries.search(programme=bakery, text="", limit=5000)
    assert (len(page.members), bool(page.after)) == (100, True)
    assert len(queries.search(programme=bakery, text="", after=page.after).members) == 1


@pytest.mark.parametrize("after", ["no cursor", "4f5c1f7e-0d0b-4b8e-9a55-6a1d0a6f2c11", "\x00"])
def test_a_cursor_that_leads_nowhere_is_refused(people, bakery, after):
    with pytest.raises(Refused, match="bad_cursor"):
        queries.search(programme=bakery, text="", after=after)


def test_a_first_name_finds_those_who_bear_it_where_no_last_name_begins_so(people, bakery):
    anna_too = actions.enrol(programme=bakery, by=PIOTR, at=AT, first_name="Anna", last_name="Żak")
    first = queries.search(programme=bakery, text="anna", limit=1)
    assert [member.last_name for member in first.members] == ["Kowalska"]
    rest = queries.search(programme=bakery, text="anna", after=first.after)
    assert (rest.members, rest.after) == ([anna_too], "")


def test_statements_do_not_grow_with_members(people, bakery, django_assert_num_queries):
    ids = [member.pk for member in people]
    for known in (ids[:1], ids):
        with django_assert_num_queries(1):
            assert len(queries.by_ids(programme=bakery, ids=known)) == len(known)
    with django_assert_num_queries(1):
        queries.search(programme=bakery, text="kow")
    with django_assert_num_queries(1):
        queries.find(programme=bakery, text="600100200")


def test_whoever_was_merged_is_answered_for_by_who_remains(anna, bakery, django_assert_num_queries):
    first, second, third = (
        actions.enrol(programme=bakery, by=PIOTR, at=AT, external_id=f"old-{n}", last_name="Dawna") for n in range(3)
    )
    for gone in (first, second, third):
        merged(gone, anna)
    assert queries.resolve(first) == anna
    assert queries.resolve(anna) == anna
    with django_assert_num_queries(2):  # the look, and who the alias is today
        assert queries.by_external_ids(programme=bakery, external_ids=["old-0"]) == {"old-0": anna}
    with django_assert_num_queries(1):  # the person is among those that were found
        found = queries.by_external_ids(programme=bakery, external_ids=["old-0", "old-1", "old-2", "17850"])
    assert set(found.values()) == {anna}
    assert queries.find(programme=bakery, text="old-0") == [anna]
    assert queries.by_ids(programme=bakery, ids=[second.pk]) == {second.pk: anna}
    assert queries.by_public_ids(programme=bakery, public_ids=[third.public_id]) == {str(third.public_id): anna}
    assert queries.search(programme=bakery, text="dawna").members == []
    assert queries.by_public_id(programme=bakery, public_id=first.public_id) == first


def test_looks_by_what_may_be_empty_use_an_index(bakery):
    actions.enrol_many(programme=bakery, external_ids=[str(number) for number in range(2000)], at=AT, by=PIOTR)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for column in ("external_id", "email_key", "phone"):
        plan = Member.objects.of(bakery).filter(queries.holds(column, "17850")).explain()
        assert "SEARCH" in plan or "Index" in plan, plan


def test_over_the_counter_anna_is_an_initial_two_digits_and_two_letters(anna, bakery):
    seen = queries.masked(anna)
    assert (seen.name, seen.phone, seen.email) == ("Anna Ś.", "••• 00", "A•••@e•••")
    nobody = queries.masked(actions.enrol(programme=bakery, by=PIOTR, at=AT))
    assert (nobody.name, nobody.phone, nobody.email) == ("", "", "")


def candidates(bakery, text, *, by_parts=True):
    return queries.candidates(programme=bakery, text=text, by_parts=by_parts)


def test_a_counter_finds_candidates_by_four_digits_the_beginning_of_an_address_or_a_name(anna, bakery):
    for text in ("0200", "600100200", "100200", "anna.n", "ANNA.NOWAK@exa", "swieto", "Anna Święt"):
        assert candidates(bakery, text) == [anna], text
    for text in ("0201", "anna.x", "kowalska", "%%%%", "____"):
        assert candidates(bakery, text) == [], text


def test_who_may_not_see_members_finds_nobody_by_one_character_more_each_time(anna, bakery):
    for text in ("0200", anna.full_name, anna.full_name.upper(), f"{anna.last_name} {anna.first_name}"):
        assert candidates(bakery, text, by_parts=False) == [anna], text
    for text in ("00200", "100200", "600100200", "anna.n", "anna.nowak@", "swieto", anna.full_name[:-1]):
        assert candidates(bakery, text, by_parts=False) == [], text


def test_candidates_come_in_the_order_of_names_each_once_and_few(bakery, people):
    found = candidates(bakery, "kowal")
    assert [member.last_name for member in found] == ["Kowal", "Kowalska", "Kowalski"]
    for number in range(limits.CANDIDATES + 3):
        actions.enrol(programme=bakery, by=PIOTR, at=AT, last_name="Kowalczyk", external_id=f"k{number}")
    assert len(candidates(bakery, "kowal")) == limits.CANDIDATES


def test_fewer_than_four_characters_find_nobody_and_say_so(bakery, anna):
    with pytest.raises(Refused, match="too_short_to_search"):
        candidates(bakery, " 020 ")


def test_a_stranger_is_no_candidate_and_a_merged_member_neither(bakery, elsewhere, anna):
    actions.enrol(programme=elsewhere, by=PIOTR, at=AT, last_name="Świętokrzyska")
    merged(actions.enrol(programme=bakery, by=PIOTR, at=AT, last_name="Święta"), anna)
    assert candidates(bakery, "święt") == [anna]
    assert candidates(elsewhere, "0200") == []

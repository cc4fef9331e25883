"""A first name finds its bearers at once however many members there are, and both keys of a name are one name's."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from passage.members import actions, queries
from passage.members.models import Member
from passage.programme import actions as programmes

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BY = "system:test"
NAMES = [("Anna", "Le Goff"), ("Annabelle", "Żak"), ("Zoé", "de la Tour"), ("Éric", "Annan")]


def a_programme():
    return programmes.create_programme(name="Port", slug="port", currency="EUR", at=AT, by=BY)


@pytest.fixture
def port(db):
    port = a_programme()
    for first, last in NAMES:
        actions.enrol(programme=port, first_name=first, last_name=last, by=BY, at=AT)
    return port


def found(port, text):
    return [member.full_name for member in queries.search(programme=port, text=text).members]


def test_a_first_name_finds_its_bearers_in_the_order_of_first_names(port):
    assert found(port, "zoe") == ["Zoé de la Tour"]
    assert found(port, "eric ann") == ["Éric Annan"]
    assert found(port, "anna l") == ["Anna Le Goff"]
    assert found(port, "anna") == ["Éric Annan"]  # whose last name begins so comes first, and alone


def test_a_word_inside_a_name_is_found_where_there_are_few_members(port, monkeypatch):
    assert found(port, "goff") == ["Anna Le Goff"]
    monkeypatch.setattr(queries, "FEW", 3)
    assert found(port, "goff") == []
    assert found(port, "zoe") == ["Zoé de la Tour"]


def test_pages_of_a_first_name_follow_one_another(port):
    for number in range(5):
        actions.enrol(programme=port, first_name="Marie", last_name=f"R{number}", by=BY, at=AT)
    seen, after = [], ""
    while True:
        page = queries.search(programme=port, text="marie", after=after, limit=2)
        seen += [member.last_name for member in page.members]
        if not (after := page.after):
            break
    assert seen == [f"R{number}" for number in range(5)]


def test_a_name_cannot_be_changed_or_emptied_in_one_key_alone(port):
    for change in ({"name_key": ""}, {"name_key": "kowalska"}, {"turned_key": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Member.objects.of(port).filter(first_name="Zoé").update(**change)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_members_of_before_are_found_by_their_first_name_after_the_upgrade():
    """The tables go back to what they were, a member is written as then, and the migrations bring them here."""
    port = a_programme()
    call_command("migrate", "members", "0004_erased_and_why_merged", verbosity=0)
    try:
        with connection.cursor() as cursor:
            blank = "external_id, email, email_key, phone, birthday, name_day, language"
            cursor.execute(
                f"INSERT INTO members_member (programme_id, public_id, {blank}, first_name, last_name, name_key, tags, status, joined_at)"
                " VALUES (%s, %s, '', '', '', '', '', '', '', 'Zoé', 'de la Tour', 'de la tour zoe', '[]', 'active', %s)",
                [port.pk, "0" * 32, AT],
            )
    finally:
        call_command("migrate", verbosity=0)
    assert found(port, "zoe") == ["Zoé de la Tour"]

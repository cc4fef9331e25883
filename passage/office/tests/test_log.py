"""The log says who did what to whom, can be searched, and shows a shop's people no more than their shop."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passage.audit.actions import note
from passage.audit.models import Event
from passage.members import actions as members
from passage.office.audit_text import DEEDS, GROUPS
from passage.programme import actions as programmes
from passage.programme.access import RIGHTS
from passage.programme.models import Role
from passage.ui.wording import masked
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in
from tests.house.reading import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


def read(staff, **asked):
    return signed_in(staff.login).get("/office/log", asked)


def said(answer):
    return [(row.who, str(row.what), row.about, row.detail) for row in answer.context["rows"]]


def by(staff):
    return f"staff:{staff.pk}"


def test_every_deed_that_is_written_down_has_its_words():
    """A right and a deed may bear the same name: only adjusting does."""
    written: set[str] = set()
    for path in (ROOT / "passage").rglob("*.py"):
        if "tests" not in path.parts and path.name != "told.py":
            written |= set(re.findall(r'verb="([a-z_]+\.[a-z_]+)"', path.read_text()))
    assert "member.blocked" in written
    assert (written - set(RIGHTS)) | {"points.adjust"} == set(DEEDS)
    assert {group for group, _said in DEEDS.values()} == set(GROUPS)


def test_the_newest_comes_first_with_who_what_whom_and_why(cast):
    members.block(member=cast.anna, reason="card shared", by=by(cast.maria), at=timezone.now())
    answer = read(cast.maria)
    assert said(answer)[0] == ("Maria", "Member blocked", "Anna Świętek", "card shared")
    assert f'href="/office/members/{cast.anna.public_id}"' in answer.text


def test_it_is_searched_by_person_kind_member_and_day(cast):
    ewa = members.enrol(programme=cast.bakery, first_name="Ewa", by=by(cast.piotr), at=timezone.now())
    members.block(member=cast.anna, reason="", by=by(cast.maria), at=timezone.now())
    assert [row[:3] for row in said(read(cast.maria, who=cast.piotr.pk))] == [("Piotr", "Member enrolled", "Ewa")]
    assert {row[2] for row in said(read(cast.maria, about=ewa.public_id))} == {"Ewa"}
    assert said(read(cast.maria, what="cards")) == [("Passage", "Card made for a member", masked(CARD), "")]
    early = {"since": AT.date(), "until": AT.date()}
    assert "Member blocked" not in {row[1] for row in said(read(cast.maria, **early))}
    assert "Member enrolled" in {row[1] for row in said(read(cast.maria, **early))}
    assert said(read(cast.maria, until=AT.date() - timedelta(days=1))) == []


def test_a_day_that_is_none_is_told_at_its_field(cast):
    answer = read(cast.maria, since="2026-02-30")
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["since"]


def test_pages_follow_one_another_and_lose_no_line(cast):
    for number in range(120):
        note(programme=cast.bakery, by=BY, verb="member.edited", subject="member:", at=AT, count=number + 1)
    seen, before = [], ""
    while before is not None:
        answer = read(cast.maria, before=before)
        seen += [row.detail for row in answer.context["rows"]]
        before = answer.context["following"]
    assert len(seen) == Event.objects.of(cast.bakery).count() == len(set(seen)) + seen.count("") - 1


def test_as_many_queries_for_fifty_lines_as_for_five(cast):
    def asked():
        with CaptureQueriesContext(connection) as spent:
            read(cast.maria)
        return len(spent)

    members.enrol(programme=cast.bakery, first_name="Ewa", by=by(cast.piotr), at=timezone.now())
    few = asked()
    for number in range(40):
        members.enrol(programme=cast.bakery, first_name=f"N{number}", by=by(cast.piotr), at=timezone.now())
    assert asked() == few


def test_a_manager_of_one_shop_reads_what_that_shop_did(cast):
    login = programmes.create_login(email="zofia@example.org", password=PASSWORD, name="Zofia")
    zofia = programmes.hire(
        programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.dworzec, by=BY, at=timezone.now()
    )
    members.block(member=cast.anna, reason="", by=by(cast.piotr), at=timezone.now())  # he stands at the other shop
    assert said(read(zofia)) == []
    assert said(read(zofia, who=cast.piotr.pk)) == []
    members.unblock(member=cast.anna, by=by(zofia), at=timezone.now())
    assert [row[:2] for row in said(read(zofia))] == [("Zofia", "Member unblocked")]


def test_another_programme_is_never_in_it(cast):
    assert "Anna" not in read(cast.stranger).text
    assert said(read(cast.stranger, about=cast.anna.public_id)) == []


def test_a_developer_reads_what_was_done_to_no_member(cast):
    login = programmes.create_login(email="coder@example.org", password=PASSWORD, name="Kodek")
    coder = programmes.hire(programme=cast.bakery, login=login, role=Role.DEVELOPER, by=BY, at=timezone.now())
    members.block(member=cast.anna, reason="Kradła bułki", by=by(cast.maria), at=timezone.now())
    for asked in ({}, {"what": "members"}, {"about": cast.anna.public_id}, {"who": cast.maria.pk}):
        page = read(coder, **asked)
        assert "Anna" not in page.text, asked
        assert "bułki" not in page.text, asked
    assert "Person joined the staff" in read(coder).text
    assert "Kradła bułki" in read(cast.maria).text

"""Members come in, change and are blocked; no two share an address, a phone or a number."""

import pytest
from django.core import serializers

from passage.audit.models import Event
from passage.audit.queries import about
from passage.members import actions, queries
from passage.members.errors import Invalid, Taken
from passage.members.models import Member
from passage.members.tests.conftest import AT, PIOTR, merged
from passage.programme.actions import create_login
from passage.programme.errors import Refused


def test_anna_is_enrolled_in_one_spelling(anna):
    anna.refresh_from_db()
    assert (anna.email, anna.email_key) == ("Anna.Nowak@example.org", "anna.nowak@example.org")
    assert (anna.phone, anna.birthday, anna.external_id) == ("+48600100200", "02-29", "17850")
    assert (anna.name_key, anna.joined_at, anna.status) == ("swietochlowska anna", AT, "active")


def test_a_member_may_be_nobody_in_particular(bakery):
    first = actions.enrol(programme=bakery, by=PIOTR, at=AT)
    second = actions.enrol(programme=bakery, by=PIOTR, at=AT, first_name="", email=" ", phone="", birthday="", tags=())
    assert first != second
    assert (first.full_name, second.email, second.phone) == ("", "", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "ANNA.NOWAK@example.ORG"), ("phone", "+48 600-100-200"), ("external_id", " 17850 ")],
)
def test_what_anna_has_nobody_else_gets(anna, bakery, elsewhere, field, value):
    with pytest.raises(Taken) as refused:
        actions.enrol(programme=bakery, by=PIOTR, at=AT, **{field: value})
    assert (refused.value.code, refused.value.field) == ("taken", field)
    other = actions.enrol(programme=bakery, by=PIOTR, at=AT)
    with pytest.raises(Taken):
        actions.edit(member=other, by=PIOTR, at=AT, **{field: value})
    assert actions.enrol(programme=elsewhere, by=PIOTR, at=AT, **{field: value}), "another programme is another world"
    assert Member.objects.of(bakery).count() == 2


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "not an address", "invalid_email"),
        ("phone", "12", "invalid_phone"),
        ("birthday", "02-30", "invalid_day"),
        ("name_day", "today", "invalid_day"),
        ("language", "tlh", "unknown_language"),
        ("first_name", "x" * 81, "too_long"),
        ("tags", ["<script>"], "invalid_tag"),
        ("external_id", "x" * 81, "too_long"),
        ("external_id", "a\x00b", "invalid"),
        ("status", "blocked", "unknown_field"),
        ("programme_id", 1, "unknown_field"),
    ],
)
def test_bad_input_is_refused_with_its_field_and_nothing_is_written(bakery, field, value, code):
    events = Event.objects.count()
    with pytest.raises(Refused) as refused:
        actions.enrol(programme=bakery, by=PIOTR, at=AT, **{field: value})
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (Member.objects.count(), Event.objects.count()) == (0, events)


def test_an_edit_changes_what_is_given_and_leaves_the_rest(anna):
    edited = actions.edit(member=anna, by=PIOTR, at=AT, last_name="Zając", phone="")
    assert (edited.name_key, edited.phone, edited.email_key) == ("zajac anna", "", "anna.nowak@example.org")
    assert actions.edit(member=anna, by=PIOTR, at=AT, email="").email_key == ""


def test_the_audit_tells_which_fields_changed_and_never_what_they_held(anna, bakery):
    actions.edit(member=anna, by=PIOTR, at=AT, email="anna@example.net", first_name="Ania", language="pl")
    actions.edit(member=anna, by=PIOTR, at=AT, language="pl")
    newest, first = about(programme=bakery, subject=f"member:{anna.public_id}")
    assert (newest.verb, newest.by, newest.detail) == (
        "member.edited",
        PIOTR,
        {"fields": ["email", "first_name", "language"]},
    )
    assert (first.verb, first.detail) == ("member.enrolled", {})
    written = serializers.serialize("json", Event.objects.all())
    assert not [word for word in ("example", "Ania", "Anna", "600100200") if word in written]


def test_an_address_with_foreign_letters_is_flagged_for_the_staff(bakery):
    member = actions.enrol(programme=bakery, by=PIOTR, at=AT, email="m\u0131ke@example.org")
    assert about(programme=bakery, subject=f"member:{member.public_id}")[0].detail == {"email_not_ascii": True}


def test_a_blocked_member_is_not_served_until_unblocked(anna, bakery):
    actions.block(member=anna, reason=" too many\u202e receipts ", by="staff:1", at=AT)
    blocked = actions.block(member=anna, reason="again", by="staff:1", at=AT)
    with pytest.raises(Refused) as refused:
        queries.usable(blocked)
    assert (refused.value.code, refused.value.field) == ("member_blocked", "member")
    actions.unblock(member=anna, by="staff:1", at=AT)
    assert queries.usable(actions.unblock(member=anna, by="staff:1", at=AT)) == anna
    verbs = [(event.verb, event.detail) for event in about(programme=bakery, subject=f"member:{anna.public_id}")]
    assert verbs == [
        ("member.unblocked", {}),
        ("member.blocked", {"reason": "too many receipts"}),
        ("member.enrolled", {}),
    ]


def test_a_merged_member_is_neither_edited_nor_blocked(anna, bakery):
    gone = merged(actions.enrol(programme=bakery, by=PIOTR, at=AT), anna)
    for deed in (
        lambda: actions.edit(member=gone, by=PIOTR, at=AT, first_name="X"),
        lambda: actions.block(member=gone, reason="", by=PIOTR, at=AT),
        lambda: actions.unblock(member=gone, by=PIOTR, at=AT),
    ):
        with pytest.raises(Refused, match="member_merged"):
            deed()


def test_a_login_sees_one_member_of_a_programme_and_a_member_has_one_login(anna, bakery, elsewhere):
    hers = create_login(email="anna@example.org", password="a long enough password")
    assert actions.attach_login(member=anna, login=hers, by="member:1", at=AT).login == hers
    assert actions.attach_login(member=anna, login=hers, by="member:1", at=AT).login == hers
    assert queries.by_login(programme=bakery, login=hers) == anna
    other = actions.enrol(programme=bakery, by=PIOTR, at=AT)
    strangers = create_login(email="stranger@example.org", password="a long enough password")
    for member, login in ((other, hers), (anna, strangers)):
        with pytest.raises(Taken) as refused:
            actions.attach_login(member=member, login=login, by="member:1", at=AT)
        assert refused.value.field == "login"
    assert queries.by_login(programme=elsewhere, login=hers) is None
    abroad = actions.enrol(programme=elsewhere, by=PIOTR, at=AT)
    assert actions.attach_login(member=abroad, login=hers, by="member:1", at=AT).login == hers


def test_an_import_enrols_whom_it_does_not_know_and_once(anna, bakery, elsewhere):
    found = actions.enrol_many(programme=bakery, external_ids=["17850", "13047", "13047"], at=AT, by="key:1")
    assert found.keys() == {"17850", "13047"}
    assert found["17850"] == anna
    assert found["13047"].pk
    assert actions.enrol_many(programme=bakery, external_ids=["13047"], at=AT, by="key:1") == {"13047": found["13047"]}
    theirs = actions.enrol_many(programme=elsewhere, external_ids=["17850"], at=AT, by="key:2")
    assert theirs["17850"] != anna
    assert [event.detail for event in Event.objects.of(bakery).filter(verb="members.enrolled")] == [{"count": 1}]


def test_an_import_of_thousands_looks_twice_and_writes_in_bulk(bakery, django_assert_max_num_queries):
    # SQLite takes some fifty rows in one INSERT, PostgreSQL thousands.
    with django_assert_max_num_queries(3000 // 40) as asked:
        found = actions.enrol_many(programme=bakery, external_ids=(str(n) for n in range(3000)), at=AT, by="key:1")
    assert len({member.pk for member in found.values()}) == 3000
    assert sum(query["sql"].startswith("SELECT") for query in asked.captured_queries) == 2


@pytest.mark.parametrize("number", ["", " ", "x" * 81, "a\x00"])
def test_an_import_with_an_impossible_number_enrols_nobody(bakery, number):
    with pytest.raises(Invalid):
        actions.enrol_many(programme=bakery, external_ids=["1", number], at=AT, by="key:1")
    assert not Member.objects.exists()

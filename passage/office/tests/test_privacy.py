"""A person is forgotten from their page, by somebody who says why and types the name; the owner sets how long absence may last."""

from datetime import timedelta

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.privacy import queries
from passage.privacy.actions import forget_absent
from passage.privacy.models import Erasure
from passage.programme import actions as programmes
from passage.programme.models import Role
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/privacy"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    client = signed_in(cast.maria.login)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def erase(office, cast, **typed):
    return office.post(
        f"/office/members/{cast.anna.public_id}/erase", {"why": "asked", "name": "anna swietek", **typed}
    )


def status(cast):
    cast.anna.refresh_from_db()
    return cast.anna.status


def test_the_page_says_what_goes_and_what_stays_before_anything_is_gone(office, cast):
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="a gift", by=BY, at=AT)
    shown = office.get(f"/office/members/{cast.anna.public_id}/erase").content.decode()
    for said in ("What goes", "What stays", "Punkty: 40", "To confirm, type: Anna Świętek"):
        assert said in shown.replace("\u00a0", " "), said
    assert status(cast) == Member.Status.ACTIVE


@pytest.mark.parametrize("typed", [{"name": "Anna"}, {"name": ""}, {"why": "absent"}, {"why": ""}])
def test_nobody_is_erased_by_a_slip_of_the_hand(office, cast, typed):
    answer = erase(office, cast, **typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(typed)
    assert status(cast) == Member.Status.ACTIVE


def test_what_is_left_is_a_page_that_names_nobody(office, cast):
    ledger.adjust(member=cast.anna, unit="points", points=40, reason="for Mrs Świętek", by=BY, at=AT)
    address = f"/office/members/{cast.anna.public_id}"
    assert erase(office, cast)["Location"] == address
    assert status(cast) == Member.Status.ERASED
    shown = office.get(address)
    page = shown.content.decode()
    assert "Erased member" in page
    assert "The member asked for it" in page
    assert "Corrected by the staff: –." in page
    assert "Ended because the person was erased: 40" in page.replace("\u00a0", " ")
    assert "Świętek" not in page
    assert office.get("/office/members").context["rows"] == []
    note = Event.objects.of(cast.bakery).get(verb="member.erased")
    assert (note.by, note.detail) == (f"staff:{cast.maria.pk}", {"ground": "asked"})
    log = office.get(f"/office/log?about={cast.anna.public_id}").content.decode()
    assert "Member erased" in log
    assert "Świętek" not in log


def test_whoever_was_signed_in_as_her_is_out(office, cast):
    anna = signed_in(cast.anna.login)
    assert anna.get("/me/").status_code == 200
    erase(office, cast)
    assert anna.get("/me/")["Location"].startswith("/sign-in")


def test_nothing_more_can_be_done_to_who_was_erased(office, cast):
    erase(office, cast)
    for path in ("edit", "adjust", "merge", "erase"):
        assert office.get(f"/office/members/{cast.anna.public_id}/{path}").status_code == 404, path
    for path in ("block", "cards", "export", "erase"):
        assert office.post(f"/office/members/{cast.anna.public_id}/{path}", {"reason": "x"}).status_code == 404, path
    assert Erasure.objects.count() == 1


def test_who_has_no_name_is_erased_by_the_number_on_the_page(office, cast):
    nobody = members.enrol(programme=cast.bakery, by=BY, at=AT)
    address = f"/office/members/{nobody.public_id}/erase"
    short = str(nobody.public_id)[:8]
    assert short in office.get(address).content.decode()
    assert office.post(address, {"why": "mistake", "name": short}).status_code == 302
    assert Erasure.objects.get().why == Erasure.Why.MISTAKE


def test_a_clerk_and_a_stranger_erase_nobody(cast):
    assert erase(signed_in(cast.piotr.login), cast).status_code == 403
    assert erase(signed_in(cast.stranger.login), cast).status_code == 404
    assert status(cast) == Member.Status.ACTIVE


def test_the_owner_sets_how_long_and_sees_whom_it_concerns(owner, office, cast):
    assert owner.get(PAGE).context["form"].initial == {"months": 36, "notice_days": 30}
    assert owner.post(PAGE, {"months": "6", "notice_days": "14"})["Location"] == PAGE
    kept = queries.retention(cast.bakery)
    assert (kept.months, kept.notice_days) == (6, 14)
    note = Event.objects.of(cast.bakery).get(verb="retention.set")
    assert note.detail == {"months": 6, "notice_days": 14}
    now = timezone.now()
    assert owner.get(PAGE).context["tonight"] == 1
    forget_absent(programme=cast.bakery, at=now)
    shown = owner.get(PAGE)
    assert shown.context["tonight"] == 0
    assert [row.member for row in shown.context["rows"]] == [cast.anna]
    assert "They will be erased on" in office.get(f"/office/members/{cast.anna.public_id}").content.decode()
    forget_absent(programme=cast.bakery, at=now + timedelta(days=15))
    shown = owner.get(PAGE)
    assert (shown.context["rows"], shown.context["erased"]) == ([], 1)


@pytest.mark.parametrize("typed", [{"months": "-1"}, {"months": "x"}, {"months": "241"}, {"notice_days": "366"}])
def test_what_is_no_span_is_refused_at_its_field(owner, cast, typed):
    answer = owner.post(PAGE, {"months": "36", "notice_days": "30", **typed})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(typed)
    assert queries.retention(cast.bakery).months == 36


def test_a_manager_reads_the_setting_and_does_not_change_it(office, cast):
    shown = office.get(PAGE)
    assert "36 months" in shown.content.decode()
    assert 'name="months"' not in shown.content.decode()
    assert office.post(PAGE, {"months": "1", "notice_days": "0"}).status_code == 403
    assert queries.retention(cast.bakery).months == 36

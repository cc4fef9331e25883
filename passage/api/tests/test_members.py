"""Members and their cards over the API."""

import pytest

from passage.api.tests.world import BLANK, NOON, a_sale
from passage.audit.models import Event
from passage.members.models import Member
from passage.programme import throttle

pytestmark = pytest.mark.django_db


def found(till, identifier):
    return [each["id"] for each in till.get(f"/members?identifier={identifier}").json()["members"]]


def test_a_member_is_found_by_card_qr_phone_in_any_spelling_email_and_own_number(till, ours):
    till.patch(f"/members/{ours.member.public_id}", {"external_id": "K-17"})
    anna = [str(ours.member.public_id)]
    for identifier in (
        ours.card,
        ours.card.lower(),
        f"https://shop.example.org/c/{ours.card}",
        "600100200",
        "%2B48 600 100 200",
        "0048600100200",
        "600-100-200",
        "ANNA@example.ORG",
        "K-17",
    ):
        assert found(till, identifier) == anna, identifier
    assert found(till, "nobody@example.org") == []


def test_without_the_right_to_read_members_a_look_up_is_masked(ours):
    till = ours.key("quotes")
    [anna] = till.get(f"/members?identifier={ours.card}").json()["members"]
    assert (anna["name"], anna["masked"], anna["details"]) == ("Anna Ś.", True, None)
    assert "anna@" not in str(anna)
    assert "600100200" not in str(anna)
    [seen] = ours.till.get(f"/members?identifier={ours.card}").json()["members"]
    assert (seen["name"], seen["email"], seen["phone"]) == ("Anna Świętek", "anna@example.org", "+48600100200")


def test_a_found_card_never_tells_whose_it_is(till, ours):
    till.post(f"/cards/{ours.card}/lost", {"reason": "on the tram"})
    answer = till.get(f"/members?identifier={ours.card}")
    assert (answer.status_code, answer.json()["code"]) == (422, "card_lost")
    assert "Anna" not in answer.content.decode()


def test_a_member_is_enrolled_with_a_blank_card_once_for_each_key(till):
    body = {"first_name": "Jan", "phone": "501 502 503", "card": BLANK}
    first = till.post("/members", body, Idempotency_Key="e-1")
    again = till.post("/members", body, Idempotency_Key="e-1")
    assert (first.status_code, again.status_code) == (201, 200), first.content
    assert first.json() == again.json()
    assert first.json()["details"]["first_name"] == "Jan"
    assert again.headers["Idempotent-Replay"] == "true"
    assert found(till, BLANK) == [first.json()["id"]]
    other = till.post("/members", {**body, "first_name": "Ewa"}, Idempotency_Key="e-1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    without = till.post("/members", body)
    assert (without.status_code, without.json()["code"], without.json()["field"]) == (409, "taken", "phone")


def test_a_refused_enrolment_leaves_nothing_and_its_key_free(till):
    before = Member.objects.count()
    refused = till.post("/members", {"first_name": "Jan", "card": "GRABOWSKA00100001"}, Idempotency_Key="e-2")
    assert (refused.status_code, refused.json()["code"]) == (409, "card_bound")
    assert Member.objects.count() == before
    assert till.post("/members", {"first_name": "Jan", "card": BLANK}, Idempotency_Key="e-2").status_code == 201


def test_a_member_is_edited_only_as_they_were_read(till, ours):
    path = f"/members/{ours.member.public_id}"
    read = till.get(path)
    edited = till.patch(path, {"last_name": "Nowak"}, If_Match=read.headers["ETag"])
    assert (edited.status_code, edited.json()["name"]) == (200, "Anna Nowak")
    late = till.patch(path, {"last_name": "Kowalska"}, If_Match=read.headers["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert till.get(path).headers["ETag"] == edited.headers["ETag"]
    assert till.patch(path, {"email": ""}).json()["email"] == ""


def test_whoever_may_only_write_members_does_not_read_them(ours):
    till = ours.key("members.write")
    path = f"/members/{ours.member.public_id}"
    assert till.get(path).status_code == 403
    assert till.patch(path, {"language": "fr"}).json()["details"] is None


def test_bad_details_name_their_field(till):
    for body, code, field in (
        ({"email": "not an address"}, "invalid_email", "email"),
        ({"phone": "12"}, "invalid_phone", "phone"),
        ({"phone": "٦٠٠١٠٠٢٠٠"}, "invalid_phone", "phone"),
        ({"birthday": "31-02"}, "invalid_day", "birthday"),
        ({"language": "xx"}, "unknown_language", "language"),
        ({"points": 5}, "unknown_field", "points"),
        ({"first_name": "a" * 81}, "too_long", "first_name"),
        ({"first_name": "Jan\u0000"}, "control_character", "first_name"),
        ({"tags": "vip"}, "not_a_list", "tags"),
    ):
        answer = till.post("/members", body)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field), problem


def test_a_card_goes_through_its_states(till, ours):
    assert till.get(f"/cards/{BLANK}").json() == {
        "number": BLANK,
        "state": "blank",
        "member": None,
        "replaced_by": None,
    }
    bound = till.post(f"/cards/{BLANK}/bind", {"member": str(ours.member.public_id)})
    assert (bound.status_code, bound.json()["state"]) == (200, "active")
    assert till.post(f"/cards/{BLANK}/block", {"reason": "noise"}).json()["state"] == "blocked"
    assert till.post(f"/cards/{BLANK}/unblock").json()["state"] == "active"
    assert till.post(f"/cards/{BLANK}/lost", {}).json()["state"] == "lost"
    new = till.post(f"/cards/{BLANK}/replace", {}, Idempotency_Key="c-1")
    assert (new.status_code, new.json()["state"]) == (200, "active")
    again = till.post(f"/cards/{BLANK}/replace", {}, Idempotency_Key="c-1")
    assert again.json() == new.json()
    assert till.get(f"/cards/{BLANK}").json()["replaced_by"] == new.json()["number"]
    late = till.post(f"/cards/{BLANK}/block", {})
    assert (late.status_code, late.json()["code"]) == (409, "card_state")


def test_a_new_card_is_issued_for_a_member(till, ours):
    card = till.post("/cards", {"member": str(ours.member.public_id)})
    assert (card.status_code, card.json()["state"]) == (201, "active")
    assert found(till, card.json()["number"]) == [str(ours.member.public_id)]


def test_finding_takes_a_constant_number_of_statements(till, ours, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        till.get(f"/members?identifier={ours.card}")


def test_candidates_are_masked_and_told_apart_by_their_last_visit(till, ours):
    sold = till.post("/sales", a_sale())
    assert sold.status_code == 201, sold.content
    [anna] = till.get("/candidates?text=0200").json()["candidates"]
    assert (anna["id"], anna["name"]) == (str(ours.member.public_id), "Anna Ś.")
    assert (anna["last_visit"], anna["last_shop"]) == (NOON[:10], "Dworzec")
    assert "anna@" not in str(anna)
    assert "600100200" not in str(anna)
    short = till.get("/candidates?text=ann")
    assert (short.status_code, short.json()["code"], short.json()["field"]) == (422, "too_short_to_search", "text")


def test_a_search_is_written_down_without_what_was_typed(till, ours):
    till.get("/candidates?text=Świętek")
    [event] = Event.objects.of(ours.programme).filter(verb="members.searched")
    assert event.detail == {"found": 1}
    assert "wi" not in event.subject.removeprefix(f"programme:{ours.programme.slug}")


def test_a_key_searches_so_often_and_then_waits_while_another_goes_on(ours):
    first, second = ours.key("quotes"), ours.key("quotes")
    for _ in range(throttle.SEARCHES.most):
        assert first.get("/candidates?text=0200").status_code == 200
    waiting = first.get("/candidates?text=0200")
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_searches")
    assert waiting.headers["Retry-After"] == "60"
    assert second.get("/candidates?text=nobody").status_code == 200


def test_a_card_at_enrolment_takes_the_scope_for_cards(ours):
    without = ours.key("members.write")
    refused = without.post("/members", {"first_name": "Jan", "card": BLANK}, Idempotency_Key="j-1")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert not Member.objects.filter(first_name="Jan").exists()
    assert without.post("/members", {"first_name": "Jan"}, Idempotency_Key="j-2").status_code == 201
    both = ours.key("members.write", "cards.write")
    assert both.post("/members", {"first_name": "Ola", "card": BLANK}, Idempotency_Key="j-3").status_code == 201

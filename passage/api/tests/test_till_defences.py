"""What the key of a till is good for in the wrong hands, and what proves who did what."""

import uuid

import pytest
from django.utils import timezone

from passage.api.tests.tillside import a_payload, an_operation, signed_in, tell
from passage.api.tests.world import Till
from passage.audit.models import Event
from passage.cards import actions as cards
from passage.programme import actions as programmes
from passage.programme import throttle
from tests.cast import BY, CARD, PASSWORD

pytestmark = pytest.mark.django_db


def reserved(device, ours):
    wish = {"client_id": str(uuid.uuid4()), "member": {"card": ours.card}, "reward": ours.reward}
    return device.post("/redemptions", wish).json()["id"]


def test_a_till_by_itself_holds_points_and_lets_them_go_and_nothing_more(device, world, ours):
    held = reserved(device, ours)
    assert device.post(f"/redemptions/{held}/capture").json()["code"] == "clerk_missing"
    clerk = signed_in(device, world.cast.piotr)
    assert clerk.post(f"/redemptions/{held}/capture").status_code == 200
    assert device.post(f"/redemptions/{held}/reverse", {}).json()["code"] == "clerk_missing"
    assert clerk.post(f"/redemptions/{held}/reverse", {}).json()["code"] == "clerk_may_not"
    assert signed_in(device, world.cast.maria, "4826").post(f"/redemptions/{held}/reverse", {}).status_code == 200


def test_a_till_sees_no_redemption_of_another_source(device, ours):
    other = reserved(ours.till, ours)
    for method, path in (("GET", ""), ("POST", "/release"), ("POST", "/renew"), ("POST", "/capture")):
        assert device.send(method, f"/redemptions/{other}{path}", {} if method == "POST" else None).status_code in {
            403,
            404,
        }
    assert ours.till.get(f"/redemptions/{other}").json()["state"] == "reserved"


@pytest.mark.parametrize("path", ["/members?identifier=600100200", f"/cards/{CARD}"])
def test_a_till_has_no_other_way_to_members(device, world, path):
    assert device.get(path).status_code == 403
    assert signed_in(device, world.cast.piotr).get(path).json().get("code") in {"use_till_find", None}


def test_a_password_is_guessed_at_a_till_as_seldom_as_on_the_sign_in_page(counter, world):
    programmes.add_till(shop=world.cast.rynek, code="2")
    guess = {"email": "maria@example.org", "password": "wrong"}
    mine = {"email": "stranger@example.org", "password": PASSWORD}
    for _ in range(throttle.FAILURES):
        assert Till("").post("/till/pairings", guess).status_code == 403
        Till("").post("/till/pairings", mine)
    assert Till("").post("/till/pairings", {**guess, "password": PASSWORD}).status_code == 429


def test_a_pin_is_guessed_five_times_at_all_tills_together_and_it_is_written_down(device, world):
    other, secret = programmes.add_till(shop=world.cast.rynek, code="2"), None
    _, secret = programmes.pair_till(till=other, by=BY, at=timezone.now())
    piotr = programmes.set_pin(staff=world.cast.piotr, pin="3690", by=BY, at=timezone.now())
    path = f"/till/clerks/{piotr.pk}/session"
    for number in range(throttle.FAILURES):
        assert (device, Till(secret))[number % 2].post(path, {"pin": "0000"}).status_code == 403
    assert device.post(path, {"pin": "3690"}).status_code == 429
    assert Event.objects.of(world.ours.programme).filter(verb="pin.refused").count() == 1


def test_an_approval_is_of_one_deed_and_opens_nothing_else(device, world):
    clerk = signed_in(device, world.cast.piotr)
    sale = an_operation(clerk=world.cast.piotr.pk, slip=clerk.headers["Passage-Clerk"])
    tell(device, sale)
    asked = {"kind": "void", "sale": {"op": sale["id"]}}
    assert clerk.post("/till/approvals", asked).json()["code"] == "clerk_may_not"
    programmes.set_pin(staff=world.cast.maria, pin="4826", by=BY, at=timezone.now())
    with_pin = {**asked, "clerk": world.cast.maria.pk, "pin": "4826"}
    approval = clerk.post("/till/approvals", with_pin).json()["approval"]
    assert Till(device.secret, {"Passage-Clerk": approval}).get("/till/sales").json()["code"] == "clerk_unknown"
    void = an_operation(2, kind="void", payload={"sale": {"op": sale["id"]}, "reason": "slip"}, approval=approval)
    assert tell(device, void)["results"][0]["status"] == "recorded"


def test_what_no_database_stores_is_taken_in_and_stops_no_queue(device):
    odd = an_operation(payload=a_payload(order="\ud800\u0000x", note="\udfff"))
    fine = an_operation(2)
    told = tell(device, odd, fine)["results"]
    assert [each["status"] for each in told] == ["put_aside", "recorded"]


def test_a_clerk_is_served_by_a_colleague_and_not_at_their_own_till(device, world, ours):
    held = reserved(device, ours)
    cards.name_own(staff=world.cast.piotr, member=ours.member, by=BY, at=timezone.now())
    clerk, colleague = signed_in(device, world.cast.piotr), signed_in(device, world.cast.maria, "4826")
    wish = {"client_id": str(uuid.uuid4()), "member": {"card": ours.card}, "reward": ours.reward}
    refused = [
        clerk.get(f"/till/find?text={CARD}"),
        clerk.get(f"/till/members/{ours.member.public_id}"),
        clerk.post("/redemptions", wish),
        clerk.post(f"/redemptions/{held}/capture"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [(422, "own_card")] * 4
    assert "own card" in refused[0].json()["detail"]
    assert clerk.post("/till/match", {"email": "anna@example.org", "order": "o-1"}).json()["member"] is None
    sale = an_operation(clerk=world.cast.piotr.pk, slip=clerk.headers["Passage-Clerk"])
    [told] = tell(device, sale)["results"]
    assert (told["status"], told["problem"]["code"]) == ("put_aside", "own_card_rung_up")
    assert colleague.get(f"/till/find?text={CARD}").json()["found"] == "member"
    assert colleague.post(f"/redemptions/{held}/capture").status_code == 200

"""A till over the API: paired, worked at by PIN, told of members, and telling what happened."""

import uuid

import pytest
from django.utils import timezone

from passage.api.tests.tillside import a_payload, an_operation, signed_in, tell
from passage.api.tests.world import BLANK, Till
from passage.audit.models import Event
from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.earning.models import Rule
from passage.logins import actions as logins
from passage.logins import codes
from passage.members import actions as members
from passage.members.models import Consent, Member
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme import throttle
from tests.cast import AT, BY, CARD, PASSWORD

pytestmark = pytest.mark.django_db


# -- pairing -------------------------------------------------------------------------------------


def test_a_code_from_the_back_office_pairs_a_device(counter):
    _, code = programmes.make_pairing_code(till=counter, by=BY, at=timezone.now())
    told = Till("").post("/till/pairings", {"code": code.lower()})
    assert told.status_code == 201, told.content
    assert told.json()["till"] == {
        "shop": "rynek",
        "shop_name": "Rynek",
        "city": "Kraków",
        "code": "1",
        "pairing": 1,
    }
    assert Till(told.json()["token"]).get("/till").status_code == 200
    again = Till("").post("/till/pairings", {"code": code})
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (422, "pairing_unknown", "code")


def test_a_manager_pairs_by_log_in_and_chooses_among_several(world, counter):
    programmes.add_till(shop=world.cast.dworzec, code="1")
    maria = {"email": "Maria@example.org", "password": PASSWORD}
    choice = Till("").post("/till/pairings", maria)
    assert (choice.status_code, choice.json()["token"]) == (200, "")
    assert [each["shop"] for each in choice.json()["choose"]] == ["dworzec", "rynek"]
    paired = Till("").post("/till/pairings", {**maria, "shop": "rynek", "till": "1"})
    assert paired.status_code == 201
    assert PASSWORD not in paired.content.decode()


def test_a_clerk_may_not_pair_and_a_wrong_password_is_told_like_an_unknown_person(world, counter):
    piotr = Till("").post("/till/pairings", {"email": "piotr@example.org", "password": PASSWORD})
    assert (piotr.status_code, piotr.json()["code"]) == (403, "may_not_pair")
    wrong = Till("").post("/till/pairings", {"email": "maria@example.org", "password": "x"})
    nobody = Till("").post("/till/pairings", {"email": "nobody@example.org", "password": "x"})
    assert wrong.status_code == nobody.status_code == 403
    assert {**wrong.json(), "request_id": ""} == {**nobody.json(), "request_id": ""}


def test_a_log_in_with_a_second_factor_pairs_by_code_alone(world, counter):
    maria, at = {"email": "maria@example.org", "password": PASSWORD}, timezone.now()
    programmes.ask_second_factor(programme=world.cast.bakery, asked=True, by=BY, at=at)
    asked = Till("").post("/till/pairings", maria)
    assert (asked.status_code, asked.json()["code"]) == (403, "second_factor"), "the programme asks for one"
    programmes.ask_second_factor(programme=world.cast.bakery, asked=False, by=BY, at=at)
    secret = codes.new_secret()
    shown = codes.code_at(int(at.timestamp()) // codes.SECONDS, secret=secret)
    logins.set_up_app(login=world.cast.maria.login, secret=secret, code=shown, at=at)
    told = Till("").post("/till/pairings", maria)
    assert (told.status_code, told.json()["code"]) == (403, "second_factor")
    assert "code from the back office" in told.json()["detail"]
    wrong = Till("").post("/till/pairings", {**maria, "password": "x"})
    assert wrong.json()["code"] == "login_unknown", "nobody learns of the factor without the password"
    _, code = programmes.make_pairing_code(till=counter, by=BY, at=at)
    assert Till("").post("/till/pairings", {"code": code}).status_code == 201


def test_who_guesses_codes_waits(counter):
    for _ in range(throttle.FAILURES):
        Till("").post("/till/pairings", {"code": "ABCD-EFGH"})
    _, code = programmes.make_pairing_code(till=counter, by=BY, at=timezone.now())
    told = Till("").post("/till/pairings", {"code": code})
    assert (told.status_code, told.json()["code"]) == (429, "too_many_tries")


def test_code_and_log_in_together_or_neither_is_refused():
    for body in ({}, {"code": "A", "email": "a@example.org", "password": "x"}, {"email": "a@example.org"}):
        told = Till("").post("/till/pairings", body)
        assert (told.status_code, told.json()["code"]) == (422, "one_of_several"), body


# -- what a till knows ---------------------------------------------------------------------------


def test_a_till_is_told_all_it_needs_and_what_is_still_missing(world, device):
    told = device.get("/till", Accept_Language="pl").json()
    assert (told["programme"]["name"], told["till"]["shop"], told["last_seq"]) == ("Piekarnia Grabowska", "rynek", 0)
    assert [each["name"] for each in told["clerks"]] == ["Maria", "Piotr"]
    missing = {each["code"] for each in told["readiness"] if not each["ok"]}
    assert missing == {"has_products", "has_pin"}
    assert {each["purpose"] for each in told["consents"]} == {"email", "sms"}
    assert len(bytes.fromhex(told["claim_key"])) == 32
    programmes.set_pin(staff=world.cast.piotr, pin="3690", by=BY, at=timezone.now())
    products.put(programme=world.cast.bakery, code="bread", name="Chleb", price=1000, by=BY, at=AT)
    again = device.get("/till").json()
    assert all(each["ok"] for each in again["readiness"])
    assert again["products_version"] != told["products_version"]


def test_products_are_sent_when_they_changed_and_only_then(world, device):
    products.put(programme=world.cast.bakery, code="bread", name="Chleb", price=1000, vat_bp=500, by=BY, at=AT)
    first = device.get("/products")
    assert first.json()["products"][0]["price"] == 1000
    again = device.get("/products", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    products.put(programme=world.cast.bakery, code="bread", price=1100, by=BY, at=timezone.now())
    assert device.get("/products", If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_till_gives_its_key_back_and_is_out(device, world):
    assert device.send("DELETE", "/till").json()["code"] == "clerk_missing"
    assert signed_in(device, world.cast.piotr).send("DELETE", "/till").json()["code"] == "clerk_may_not"
    assert signed_in(device, world.cast.maria).send("DELETE", "/till").status_code == 204
    assert device.get("/till").status_code == 401


# -- clerks --------------------------------------------------------------------------------------


def test_a_clerk_signs_in_by_pin_and_their_rights_are_told(world, device):
    till = signed_in(device, world.cast.piotr)
    told = device.post(f"/till/clerks/{world.cast.piotr.pk}/session", {"pin": "3690"}).json()
    assert {"members.edit", "purchases.return"} <= set(told["rights"])
    assert "purchases.void" not in told["rights"]
    assert till.get("/till/sales").status_code == 200
    assert device.get("/till/sales").json()["code"] == "clerk_missing"


def test_after_five_wrong_pins_the_right_one_waits_as_well(world, device):
    programmes.set_pin(staff=world.cast.piotr, pin="3690", by=BY, at=timezone.now())
    where = f"/till/clerks/{world.cast.piotr.pk}/session"
    left = [device.post(where, {"pin": "0001"}).json()["params"].get("left") for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert device.post(where, {"pin": "3690"}).status_code == 429


def test_who_has_no_pin_and_who_works_elsewhere_sign_in_nowhere(world, device):
    assert device.post(f"/till/clerks/{world.cast.maria.pk}/session", {"pin": "1"}).json()["code"] == "pin_missing"
    for stranger in (world.cast.stranger.pk, 10**9):
        assert device.post(f"/till/clerks/{stranger}/session", {"pin": "1"}).status_code == 404


def test_a_slip_of_another_till_is_not_taken(world, device):
    other = programmes.add_till(shop=world.cast.rynek, code="2")
    _, secret = programmes.pair_till(till=other, by=BY, at=timezone.now())
    till = signed_in(device, world.cast.piotr)
    told = Till(secret, till.headers).get("/till/sales")
    assert (told.status_code, told.json()["code"]) == (401, "clerk_unknown")


# -- members -------------------------------------------------------------------------------------


def find(device, text):
    told = device.get(f"/till/find?text={text}")
    assert told.status_code == 200, told.content
    return told.json()


def test_a_member_is_found_by_anything_certain_with_what_they_hold(device, ours):
    for text in (CARD, "600 100 200", "%2B48600100200", " ANNA@example.org", f"https://x.example.org/c/{CARD}"):
        told = find(device, text)
        assert (told["found"], told["member"]["name"]) == ("member", "Anna Ś."), text
    assert told["member"]["accounts"][0]["available"] == 60
    assert "600100200" not in str(told["member"])
    assert "anna@" not in str(told["member"])


def test_what_is_uncertain_is_a_list_to_confirm_from(device, world):
    clerk = signed_in(device, world.cast.piotr)
    for text in ("0200", "swiet", "anna@ex", "Anna Święt"):
        told = find(clerk, text)
        assert (told["found"], [each["name"] for each in told["candidates"]]) == ("several", ["Anna Ś."]), text
    for text in ("swiet", "anna@ex", "Anna Święt"):
        assert find(device, text)["found"] == "nobody", "parts are for who may see members"
    assert find(device, "0200")["found"] == "several"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("nowa@example.org", "email"), ("601 200 300", "phone"), ("KLUB00000009", "card"), ("Zofia", "name")],
)
def test_nobody_found_says_what_it_looked_like_for_the_form_that_follows(device, text, kind):
    told = find(device, text)
    assert (told["found"], told["asked"]["kind"]) == ("nobody", kind)


def test_a_blank_card_and_a_slip_of_the_hand_and_a_lost_card_are_told_apart(device, ours):
    assert find(device, BLANK)["found"] == "blank_card"
    typo = device.get(f"/till/find?text={BLANK[:-1]}5")
    assert (typo.status_code, typo.json()["code"]) == (422, "card_typo")
    card = Member.objects.get(public_id=ours.member.public_id).cards.first()
    cards.lose(card=card, reason="tram", by=BY, at=timezone.now())
    lost = device.get(f"/till/find?text={CARD}")
    assert (lost.status_code, lost.json()["code"]) == (422, "card_lost")
    assert "Anna" not in lost.content.decode()


def test_one_member_is_matched_by_e_mail_and_it_is_written_down(device, ours):
    told = device.post("/till/match", {"email": "ANNA@example.org", "order": "o-1"}).json()
    assert (told["member"]["name"], told["matched_by"]) == ("Anna Ś.", "email")
    [event] = Event.objects.of(ours.programme).filter(verb="member.matched")
    assert event.detail == {"matched_by": "email", "order": "o-1"}
    for nobody in ({"email": "x@example.org"}, {"email": ""}, {"email": "600100200"}):
        assert device.post("/till/match", nobody).json()["member"] is None
    assert Member.objects.of(ours.programme).count() == 1


def test_a_blocked_member_is_not_matched(device, ours):
    members.block(member=ours.member, reason="x", by=BY, at=timezone.now())
    assert device.post("/till/match", {"email": "anna@example.org"}).json()["member"] is None


def test_a_clerk_enrols_with_a_blank_card_and_consents_in_one_step(world, device):
    till = signed_in(device, world.cast.piotr)
    body = {
        "first_name": "Zofia",
        "phone": "601 200 300",
        "card": BLANK,
        "consents": [{"purpose": "sms", "given": True}, {"purpose": "email", "given": False}],
    }
    told = till.post("/members", body)
    assert told.status_code == 201, told.content
    assert find(device, BLANK)["member"]["name"] == "Zofia"
    [consent] = Consent.objects.of(world.cast.bakery)
    assert (consent.purpose, consent.given, consent.source) == ("sms", True, "till:rynek/1")
    assert consent.wording
    assert consent.by == f"staff:{world.cast.piotr.pk}"
    assert device.post("/members", {"first_name": "x"}).json()["code"] == "scope_missing"


def test_a_number_off_the_shelf_is_no_card_and_nothing_is_half_done(world, device):
    till = signed_in(device, world.cast.piotr)
    for card, code in (("2900000000025", "card_unknown"), (CARD, "card_bound")):
        told = till.post("/members", {"first_name": "Zofia", "card": card})
        assert (told.status_code // 100, told.json()["code"]) == (4, code)
    taken = till.post("/members", {"phone": "600100200", "card": BLANK})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "taken", "phone")
    assert find(device, BLANK)["found"] == "blank_card"
    assert Member.objects.of(world.cast.bakery).count() == 1


def test_a_clerk_mends_a_members_details_and_the_audit_names_the_clerk(world, device, ours):
    till = signed_in(device, world.cast.piotr)
    where = f"/members/{ours.member.public_id}"
    assert till.get(where).json()["details"]["phone"] == "+48600100200"
    assert till.patch(where, {"first_name": "Hanna"}).status_code == 200
    event = Event.objects.of(ours.programme).filter(verb="member.edited").get()
    assert (event.by, event.detail["fields"]) == (f"staff:{world.cast.piotr.pk}", ["first_name"])
    assert device.get(where).status_code == 403


# -- operations ----------------------------------------------------------------------------------


def test_a_sale_is_told_once_and_answered_with_points_and_balance(device):
    operation = an_operation()
    told = tell(device, operation)
    [result] = told["results"]
    assert (result["status"], told["last_seq"], told["gap"]) == ("recorded", 1, None)
    assert result["result"]["settlement"]["earned"][0]["points"] == 20
    assert result["accounts"][0]["balance"] == 90 + 20
    again = tell(device, operation)["results"][0]
    assert (again["status"], again["accounts"][0]["balance"]) == ("replayed", 110)


def test_a_payload_that_cannot_be_read_harms_no_neighbour(device):
    operations = [
        an_operation(1, payload={"nonsense": True}),
        an_operation(2, kind="dance", payload={}),
        an_operation(3, payload=a_payload(currency="EUR", receipt="1-3")),
        an_operation(4, payload=a_payload(lines=[{"id": "1", "amount": 12.5}], receipt="1-4")),
        an_operation(5, payload=a_payload(receipt="1-5")),
    ]
    told = tell(device, *operations)
    assert [each["status"] for each in told["results"]] == ["put_aside"] * 4 + ["recorded"]
    assert all(each["problem"]["detail"] for each in told["results"][:4])
    assert told["last_seq"] == 5


def test_a_gap_is_answered_with_the_last_number(device):
    assert tell(device, an_operation(3))["gap"] == {"last": 0}


def test_what_a_revoked_till_has_is_taken_and_put_aside(counter, device):
    programmes.revoke_till(till=counter, by=BY, at=timezone.now())
    assert device.get("/till").status_code == 401
    told = tell(device, an_operation())
    assert (told["revoked"], told["results"][0]["status"]) == (True, "put_aside")


def test_a_restored_server_shows_another_epoch(device):
    before = tell(device)["epoch"]
    programmes.begin_epoch(at=timezone.now())
    assert tell(device)["epoch"] != before


def test_a_return_is_rehearsed_then_told(world, device, ours):
    till = signed_in(device, world.cast.piotr)
    sale = an_operation()
    tell(device, sale)
    asked = {"sale": {"op": sale["id"]}, "lines": [{"id": "1", "quantity": 1}]}
    rehearsed = till.post("/till/rehearsals", asked)
    assert rehearsed.status_code == 200, rehearsed.content
    assert rehearsed.json()["clawed"][0]["taken"] == 20
    assert till.post("/till/rehearsals", {"sale": {"op": str(uuid.uuid4())}}).json()["code"] == "unknown_sale"
    [listed] = till.get("/till/sales").json()["sales"]
    assert (listed["receipt"], listed["member"], listed["lines"][0]["left"]) == ("1-1", "Anna Ś.", 1000)
    mine = {"clerk": world.cast.piotr.pk, "slip": till.headers["Passage-Clerk"]}
    back = an_operation(2, kind="return", payload={**asked, "reason": "stale"}, **mine)
    assert tell(device, back)["results"][0]["result"]["clawed"][0]["taken"] == 20
    [listed] = till.get("/till/sales?receipt=1-1").json()["sales"]
    assert (listed["returned"], listed["lines"][0]["left"]) == (True, 0)


def test_a_sale_without_a_member_is_found_by_the_code_on_its_receipt(world, device):
    till = signed_in(device, world.cast.piotr)
    operation = an_operation(payload=a_payload(member=None))
    [result] = tell(device, operation)["results"]
    key = bytes.fromhex(device.get("/till").json()["claim_key"])
    assert len(result["claim_code"]) == 10
    assert len(key) == 32
    code = f"{result['claim_code'][:5]}-{result['claim_code'][5:].lower()}"
    [found] = till.get(f"/till/sales?code={code}").json()["sales"]
    assert found["member"] == ""
    assert till.get("/till/sales?code=0000000000").json()["sales"] == []


def test_looking_members_up_is_written_down_without_what_was_typed_and_limited(device, world):
    assert device.get(f"/till/find?text={CARD}").json()["found"] == "member"
    note = Event.objects.of(world.ours.programme).get(verb="member.looked_up")
    assert note.detail == {"by_what": "card"}
    assert CARD not in str(note.detail)
    for _ in range(throttle.SEARCHES.most - 1):
        assert device.get("/till/find?text=600100200").json()["found"] == "member"
    waiting = device.get(f"/till/find?text={CARD}")
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_searches")


def test_less_than_was_quoted_is_warned_of_and_the_paid_sale_stands(device, world):
    lines = [{"id": "1", "amount": 1290, "vat_bp": 500}]
    body = {"currency": "PLN", "lines": lines, "member": {"card": CARD}}
    quote = device.post("/quotes", {**body, "occurred_at": timezone.now().isoformat()}).json()
    for rule in Rule.objects.of(world.ours.programme):
        earning.end_rule(rule=rule, effective_from=timezone.now(), by=BY, at=timezone.now())
    [told] = tell(device, an_operation(payload=a_payload(quote_id=quote["quote_id"], lines=lines), mono=60_000))[
        "results"
    ]
    assert told["status"] == "recorded"
    assert "changed" in told["warnings"]

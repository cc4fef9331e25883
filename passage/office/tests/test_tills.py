"""The owner's side of a till: devices, PINs, products, and the visits that wait for a person."""

import re

import pytest
from django.test import Client

from passage.journal.models import TillOperation
from passage.journal.tests.shop import a_device, points
from passage.members import actions as members
from passage.products import actions as products
from passage.products.queries import by_codes
from passage.programme import actions as programmes
from passage.programme.models import Key, Role, Till
from passage.purchases.models import Purchase
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


@pytest.fixture
def till(cast):
    return programmes.add_till(shop=cast.rynek, code="1")


def pair(code):
    body = {"code": code}
    return Client().post("/api/v1/till/pairings", body, content_type="application/json").json()


def test_a_code_is_shown_with_its_square_and_pairs_one_device(office, till):
    page = office.post(f"/office/tills/{till.pk}/connect").content.decode()
    code = re.search(r"data-code>([^<]+)<", page)[1]
    assert "<svg" in page
    assert pair(code)["till"]["code"] == "1"
    assert "token" not in pair(code)
    assert "1" in office.get("/office/tills").content.decode()


def test_a_device_is_disconnected_at_once(office, till):
    key, _ = programmes.pair_till(till=till, by=BY, at=AT)
    assert office.post(f"/office/tills/{till.pk}/disconnect").status_code == 302
    assert Key.objects.of(till.programme).get(pk=key.pk).revoked_at is not None


def test_only_the_owner_adds_tills_and_no_number_twice(office, owner, cast):
    asked = {"shop": "rynek", "code": "7"}
    assert office.post("/office/tills", asked).status_code == 403
    assert owner.post("/office/tills", asked).status_code == 302
    again = owner.post("/office/tills", asked)
    assert again.status_code == 422
    assert again.context["form"].errors["code"]
    assert Till.objects.of(cast.bakery).filter(code="7").count() == 1


def test_a_manager_of_one_shop_connects_no_device_in_another(cast):
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    elsewhere = programmes.add_till(shop=cast.dworzec, code="1")
    assert signed_in(login).post(f"/office/tills/{elsewhere.pk}/connect").status_code == 403


def test_a_till_of_another_programme_is_not_there(cast, till):
    assert signed_in(cast.stranger.login).post(f"/office/tills/{till.pk}/connect").status_code == 404


def test_a_pin_is_set_refused_when_everybody_guesses_it_and_taken_away(office, cast):
    address = f"/office/staff/{cast.piotr.pk}/pin"

    def has_pin():
        cast.piotr.refresh_from_db()
        return bool(cast.piotr.pin_hash)

    for bad in ("1234", "7777", "12a4", "12"):
        refused = office.post(address, {"pin": bad})
        assert refused.status_code == 422, bad
        assert refused.context["form"].errors["pin"]
        assert not has_pin()
    assert office.post(address, {"pin": "3690"}).status_code == 302
    assert has_pin()
    office.post(address, {"pin": ""})
    assert not has_pin()


def test_nobody_but_the_owner_sets_the_owners_pin(office, owner, cast):
    boss = next(each for each in office.get("/office/staff").context["rows"] if each.staff.role == Role.OWNER)
    assert not boss.may_set_pin
    assert office.post(f"/office/staff/{boss.staff.pk}/pin", {"pin": "3690"}).status_code == 403
    assert owner.post(f"/office/staff/{boss.staff.pk}/pin", {"pin": "3690"}).status_code == 302


BREAD = {"code": "bread", "name": "Chleb", "price": "12,90", "category": "pieczywo", "vat": "5", "barcode": "590"}


def test_a_product_is_added_changed_and_taken_off_sale(office, cast):
    assert office.post("/office/products/new", BREAD).status_code == 302
    row = by_codes(programme=cast.bakery, codes=["bread"])["bread"]
    assert (row.price, row.vat_bp, row.weighed) == (1290, 500, False)
    shown = office.get("/office/products/bread").content.decode()
    assert 'value="12.90"' in shown
    changed = {**BREAD, "price": "14", "vat": "", "weighed": "on", "deposit": "0,50"}
    assert office.post("/office/products/bread", changed).status_code == 302
    row = by_codes(programme=cast.bakery, codes=["bread"])["bread"]
    assert (row.price, row.vat_bp, row.weighed, row.deposit) == (1400, None, True, 50)
    office.post("/office/products/bread/retire")
    assert office.get("/office/products").context["rows"] == []


@pytest.mark.parametrize(
    ("field", "text"), [("price", "abc"), ("price", ""), ("name", ""), ("vat", "200"), ("vat", "x"), ("code", "a b")]
)
def test_a_product_that_cannot_be_is_refused_at_its_field(office, cast, field, text):
    refused = office.post("/office/products/new", {**BREAD, field: text})
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert by_codes(programme=cast.bakery, codes=["bread"]) == {}


def test_a_code_or_barcode_is_given_once(office, cast):
    products.put(programme=cast.bakery, code="bread", name="Chleb", price=1290, barcode="590", by=BY, at=AT)
    twice = office.post("/office/products/new", BREAD)
    assert "code" in twice.context["form"].errors
    same_bars = office.post("/office/products/new", {**BREAD, "code": "roll"})
    assert "barcode" in same_bars.context["form"].errors


@pytest.fixture
def device(cast):
    return a_device(cast)


def aside(device):
    [result] = device.deliver(device.sale(1500, card="NOBODYS1")).results
    assert result.row.state == TillOperation.State.QUARANTINED
    return result.row


def test_a_visit_put_aside_is_recorded_for_the_member_it_was_of(office, device):
    row = aside(device)
    assert [each.row for each in office.get("/office/visits").context["rows"]] == [row]
    wrong = office.post(f"/office/visits/{row.pk}", {"do": "mend", "member": "nobody@example.org"})
    assert wrong.status_code == 422
    assert wrong.context["mend"].errors["member"]
    assert office.post(f"/office/visits/{row.pk}", {"do": "mend", "member": "600100200"}).status_code == 302
    assert points(device) == 32
    assert office.get("/office/visits").context["rows"] == []
    assert office.get(f"/office/visits/{row.pk}").status_code == 404


def test_a_visit_is_dismissed_only_with_a_reason(office, device):
    row = aside(device)
    assert office.post(f"/office/visits/{row.pk}", {"do": "dismiss", "reason": " "}).status_code == 422
    assert office.post(f"/office/visits/{row.pk}", {"do": "dismiss", "reason": "Próba"}).status_code == 302
    assert not Purchase.objects.exists()


def entry(device, **changes):
    asked = {
        "till": str(device.key.till.pk),
        "receipt": "1-77",
        "moment": "2026-02-04T12:30",
        "amount": "15",
        "member": "600 100 200",
    }
    return {**asked, **changes}


def test_a_visit_entered_by_hand_counts_once_however_often_it_is_sent(office, device):
    page = office.get("/office/visits/enter")
    asked = entry(device, entry=str(page.context["entry"]))
    assert office.post("/office/visits/enter", asked).status_code == 302
    assert office.post("/office/visits/enter", asked).status_code == 422 or Purchase.objects.count() == 1
    assert Purchase.objects.count() == 1


def test_a_visit_that_looks_like_a_recorded_one_is_shown_first(office, device):
    office.post("/office/visits/enter", entry(device))
    asked = entry(device, receipt="1-78", moment="2026-02-04T12:35")
    shown = office.post("/office/visits/enter", asked)
    assert [row.receipt for row in shown.context["twins"]] == ["1-77"]
    assert Purchase.objects.count() == 1
    assert office.post("/office/visits/enter", {**asked, "do": "sure"}).status_code == 302
    assert Purchase.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "text"),
    [("amount", "x"), ("moment", "yesterday"), ("moment", "2999-01-01T10:00"), ("member", "nobody"), ("receipt", "")],
)
def test_an_entry_that_cannot_be_is_refused_at_its_field(office, device, field, text):
    refused = office.post("/office/visits/enter", entry(device, **{field: text}))
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert not Purchase.objects.exists()


def test_a_blocked_member_is_refused_by_name(office, device, cast):
    members.block(member=cast.anna, reason="Próba", by=BY, at=AT)
    refused = office.post("/office/visits/enter", entry(device))
    assert "member" in refused.context["form"].errors

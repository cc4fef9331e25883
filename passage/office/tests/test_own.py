"""Own cards: named on a page, and refused wherever somebody would serve themselves (P-46)."""

import pytest
from django.utils import timezone

from passage.cards import actions as cards
from passage.cards import queries
from passage.journal.tests.shop import a_device, points
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def clerk(cast):
    return signed_in(cast.piotr.login)


@pytest.fixture
def manager(cast):
    return signed_in(cast.maria.login)


def name_it(cast, staff=None):
    return cards.name_own(staff=staff or cast.piotr, member=cast.anna, by=BY, at=AT)


def test_a_clerk_names_their_own_card_and_cannot_take_it_back(clerk, manager, cast):
    page = f"/office/staff/{cast.piotr.pk}/own"
    assert page in clerk.get("/office/members").content.decode()
    wrong = clerk.post(page, {"member": "nobody@example.org"})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["member"]
    assert clerk.post(page, {"member": CARD}).status_code == 302
    [own] = queries.own_cards(staff=cast.piotr)
    assert own.member == cast.anna
    assert clerk.post(f"{page}/{own.pk}/end").status_code == 403
    assert queries.own_cards(staff=cast.piotr) == [own]
    assert manager.post(f"{page}/{own.pk}/end").status_code == 302
    assert queries.own_cards(staff=cast.piotr) == []


def test_nobody_names_cards_for_an_equal_or_for_strangers(clerk, manager, cast):
    page = f"/office/staff/{cast.maria.pk}/own"
    assert clerk.post(page, {"member": CARD}).status_code == 404
    stranger = signed_in(cast.stranger.login)
    assert stranger.post(f"/office/staff/{cast.piotr.pk}/own", {"member": CARD}).status_code == 404
    own = name_it(cast)
    assert stranger.post(f"/office/staff/{cast.piotr.pk}/own/{own.pk}/end").status_code == 404
    assert manager.post(f"{page}/{own.pk}/end").status_code == 404


def test_the_page_of_the_till_credits_nobody_themselves(clerk, manager, cast):
    name_it(cast)
    page = clerk.get("/till/points")
    typed = {"card": CARD, "amount": "5", "shop": "rynek", "ticket": page.context["ticket"]}
    for do in ("show", "save"):
        refused = clerk.post("/till/points", {**typed, "do": do})
        assert refused.status_code == 422
        assert refused.context["form"].errors["card"] == ["This is your own card. Let a colleague do it."]
    assert not Purchase.objects.exists()
    assert manager.post("/till/points", {**typed, "do": "save"}).status_code == 302


def test_a_sale_rung_up_offline_on_ones_own_card_is_kept_and_waits_for_somebody_else(clerk, manager, cast):
    device = a_device(cast)
    name_it(cast)
    [result] = device.deliver(device.sale(1500)).results
    assert (result.row.state, result.row.problem["code"]) == ("aside", "own_card_rung_up")
    assert points(device) == 0
    assert "clerk’s own card" in manager.get("/office/visits").content.decode()
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    boss = programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    name_it(cast, boss)
    own = signed_in(login).post(f"/office/visits/{result.row.pk}", {"do": "mend", "member": ""})
    assert own.context["mend"].errors["member"]
    assert points(device) == 0
    assert manager.post(f"/office/visits/{result.row.pk}", {"do": "mend", "member": ""}).status_code == 302
    assert points(device) == 32


def test_a_colleague_serves_a_clerk_as_anybody(cast):
    device = a_device(cast)
    name_it(cast)
    [result] = device.deliver(device.sale(1500, clerk=cast.maria.pk)).results
    assert result.row.state == "recorded"
    assert points(device) == 32


def test_no_sale_is_moved_to_oneself(cast):
    device = a_device(cast)
    name_it(cast, cast.maria)
    sale = device.sale(1500, card="")
    agreed = device.agreed(cast.maria, "move", sale)
    moved = device.move(sale, MemberRef(card=CARD), clerk=cast.maria.pk, approval=agreed)
    results = device.deliver().results
    assert [each.row.state for each in results] == ["recorded", "aside"]
    assert results[1].row.op_id == moved.op_id
    assert points(device) == 0


def test_nobody_corrects_their_own_balance_or_enters_a_visit_for_themselves(manager, cast):
    name_it(cast, cast.maria)
    device = a_device(cast)
    typed = {"unit": "points", "way": "give", "points": "15", "reason": "Bo tak"}
    refused = manager.post(f"/office/members/{cast.anna.public_id}/adjust", typed)
    assert refused.status_code == 422
    assert "your own card" in refused.content.decode()
    visit = {
        "till": str(device.key.till.pk),
        "receipt": "1-7",
        "moment": "2026-02-04T12:30",
        "amount": "15",
        "member": CARD,
    }
    refused = manager.post("/office/visits/enter", visit)
    assert refused.context["form"].errors["member"]
    assert ledger.balances(cast.anna, at=timezone.now())[0].balance == 0


def test_nobody_agrees_to_a_correction_of_their_own_balance(manager, cast):
    login = programmes.create_login(email="second@example.org", password=PASSWORD)
    second = programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, by=BY, at=AT)
    name_it(cast, second)
    programmes.set_control(programme=cast.bakery, alone=10, by=BY, at=AT)
    typed = {"unit": "points", "way": "give", "points": "15", "reason": "Bo tak"}
    manager.post(f"/office/members/{cast.anna.public_id}/adjust", typed)
    client = signed_in(login)
    [row] = client.get("/office/corrections").context["waiting"]
    client.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"})
    assert ledger.balances(cast.anna, at=timezone.now())[0].balance == 0


def test_what_earns_on_ones_own_card_is_not_ones_own_to_set(clerk, manager, cast):
    """A birthday and a mark can be asked for by rules; a name is theirs to put right."""
    name_it(cast)
    page = f"/office/members/{cast.anna.public_id}/edit"
    known = {"first_name": "Anna", "last_name": "Świętek", "email": "anna@example.org", "phone": "600100200"}
    for gift in ({"birthday": "11-28"}, {"name_day": "11-28"}, {"tags": "vip"}):
        refused = clerk.post(page, {**known, **gift})
        assert refused.status_code == 422
        assert refused.context["form"].errors[next(iter(gift))]
    assert clerk.post(page, {**known, "first_name": "Anne"}).status_code == 302
    assert manager.post(page, {**known, "birthday": "11-28", "tags": "vip"}).status_code == 302
    cast.anna.refresh_from_db()
    assert (cast.anna.birthday, cast.anna.tags) == ("11-28", ["vip"])
    assert clerk.post(page, {**known, "birthday": "11-28", "tags": "vip"}).status_code == 302, "nothing of it changes"

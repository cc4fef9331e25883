"""A sale of nobody is given to its member from the receipt, once, by somebody of that shop (F-10)."""

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.engine.basket import Basket, Line
from passage.ledger import queries as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases import actions as purchases
from passage.purchases.models import Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/visits/match"


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def source(cast):
    return programmes.add_source(programme=cast.bakery, code="till", name="Till", by=BY, at=AT)


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def ring_up(cast, source, receipt="1-7", *, member=None, shop="rynek"):
    sale = Sale(
        client_id=f"s-{receipt}-{shop}",
        occurred_at=timezone.now(),
        basket=Basket("PLN", (Line("1", 1500),)),
        member=member or MemberRef(),
        shop=shop,
        receipt=receipt,
    )
    [answer] = purchases.record(programme=cast.bakery, source=source, batch=[sale], by=BY, at=timezone.now())
    return Purchase.objects.of(cast.bakery).get(public_id=answer.receipt.public_id)


def found(client, receipt="1-7"):
    return client.get(PAGE, {"receipt": receipt}).context["sales"]


def give(client, sale, member=CARD):
    return client.post(PAGE, {"receipt": sale.receipt, "sale": str(sale.public_id), "member": member})


def balance(cast):
    return ledger.balances(cast.anna, at=timezone.now())[0].balance


def test_the_member_gets_what_the_sale_would_have_earned_once(office, cast, source):
    sale = ring_up(cast, source)
    assert found(office) == [sale]
    assert give(office, sale).status_code == 302
    assert balance(cast) == 30
    assert found(office) == []
    assert give(office, sale).status_code == 404
    assert balance(cast) == 30
    [event] = Event.objects.of(cast.bakery).filter(verb="visit.matched")
    assert (event.by, event.subject) == (f"staff:{cast.maria.pk}", f"member:{cast.anna.public_id}")
    assert "Sale given to its member" in office.get("/office/log").content.decode()


def test_a_sale_of_somebody_or_one_that_came_back_or_an_old_one_is_not_found(office, cast, source):
    ring_up(cast, source, "1-1", member=MemberRef(card=CARD))
    gone = ring_up(cast, source, "1-2")
    void = Return(client_id="v", occurred_at=timezone.now(), sale=SaleRef(public_id=gone.public_id), void=True)
    purchases.record(programme=cast.bakery, source=source, batch=[void], by=BY, at=timezone.now())
    kept = ring_up(cast, source, "1-3")
    for receipt in ("1-1", "1-2", "1-9", ""):
        assert found(office, receipt) == []
    assert found(office, "1-3") == [kept]
    type(cast.bakery).objects.filter(pk=cast.bakery.pk).update(late_days=0)
    assert found(office, "1-3") == []


def test_who_cannot_be_found_or_is_blocked_is_said_at_the_field(office, cast, source):
    sale = ring_up(cast, source)
    for text in ("nobody@example.org", ""):
        refused = give(office, sale, text)
        assert refused.status_code == 422
        assert refused.context["form"].errors["member"]
    members.block(member=cast.anna, reason="x", by=BY, at=AT)
    assert give(office, sale).context["form"].errors["member"]
    assert balance(cast) == 0


def test_nobody_gives_a_sale_to_themselves(office, cast, source):
    cards.name_own(staff=cast.maria, member=cast.anna, by=BY, at=AT)
    refused = give(office, ring_up(cast, source))
    assert refused.context["form"].errors["member"] == ["This is your own card. Let a colleague do it."]
    assert balance(cast) == 0


def test_a_manager_of_one_shop_a_clerk_and_a_stranger_give_away_nothing_of_others(cast, source):
    far = ring_up(cast, source, shop="dworzec")
    login = programmes.create_login(email="boss@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    for client in (signed_in(login), signed_in(cast.stranger.login)):
        assert found(client) == []
        assert give(client, far).status_code == 404
    assert give(signed_in(cast.piotr.login), far).status_code == 403
    assert balance(cast) == 0

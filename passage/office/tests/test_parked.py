"""Returns that wait are listed with what a person needs; the sale is chosen by hand, or they are dismissed; once."""

from datetime import timedelta
from fractions import Fraction

import pytest

from passage.audit.models import Event
from passage.cards import actions as cards
from passage.engine.basket import Basket, Line
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases.cancelling import Cancellation, CancelledLine
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from tests.cast import AT, BY, CARD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/visits/returns"
NOON = AT + timedelta(days=1)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def source(cast):
    return programmes.add_source(programme=cast.bakery, code="kasa", name="Kasa", by=BY, at=AT)


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def record(source, *items):
    return purchases.record(programme=source.programme, source=source, batch=items, by=BY, at=LATER)


def sold(source, *lines, client_id="s-1", card=CARD):
    """A sale of (product, thousandths, amount)."""
    basket = Basket(
        "PLN",
        tuple(
            Line(str(number), amount, quantity=quantity, product=product)
            for number, (product, quantity, amount) in enumerate(lines, 1)
        ),
    )
    member = MemberRef(card=card) if card else MemberRef()
    sale = Sale(client_id=client_id, receipt=client_id, occurred_at=NOON, basket=basket, member=member, shop="dworzec")
    record(source, sale)
    return Purchase.objects.get(client_id=client_id)


def cancelled(source, member, *lines, number="K1"):
    """A cancellation of (product, thousandths, amount) that names no sale."""
    given = Cancellation(
        number=number,
        occurred_at=LATER,
        named="77",
        member=member,
        shop="dworzec",
        lines=tuple(
            CancelledLine(
                product=product,
                name=product.title(),
                quantity=quantity,
                price=Fraction(amount, quantity),
                amount=amount,
            )
            for product, quantity, amount in lines
        ),
    )
    purchases.keep_cancellations(source=source, cancellations=[given], by=BY, at=LATER)
    return Parked.objects.get(client_id=f"{number}/unmatched")


def early(source, client_id="r-1", **said):
    """A return that came before its sale."""
    back = Return(client_id=client_id, occurred_at=LATER, sale=SaleRef(client_id="not-here"), **said)
    assert record(source, back)[0].status is Status.PARKED
    return back, Parked.objects.get(client_id=client_id)


def choose(client, parked, sale):
    return client.post(f"{PAGE}/{parked.pk}", {"do": "match", "sale": str(sale.public_id)})


def balance(cast):
    return ledger.balances(cast.anna, at=LATER)[0].balance


def test_the_list_says_receipt_member_goods_and_since_when(cast, source, office):
    cancelled(source, cast.anna, ("cake", 2000, 3000), ("tea", 345, 100))
    early(source)
    page = office.get(PAGE)
    assert [(each.receipt, each.sale, each.kind) for each in page.context["rows"]] == [
        ("K1", "", "cancellation"),
        ("", "not-here", "return"),
    ]
    text = page.content.decode()
    for word in ("K1", "Anna", "Cake", "0.345", "not-here"):
        assert word in text, word


def test_a_long_list_goes_on_on_the_next_page(cast, source, office):
    for number in range(30):
        cancelled(source, cast.anna, ("cake", 1000, 1500), number=f"K{number}")
    first = office.get(PAGE)
    assert len(first.context["rows"]) == 25
    rest = office.get(PAGE, {"after": first.context["following"]}).context
    assert [each.receipt for each in rest["rows"]] == [f"K{number}" for number in range(25, 30)]
    assert rest["following"] is None


def test_goods_come_back_from_the_sale_that_was_chosen_whatever_they_cost_there(cast, source, office):
    sale = sold(source, ("cake", 3000, 4200), ("tea", 1000, 900))
    before = balance(cast)
    parked = cancelled(source, cast.anna, ("cake", 2000, 3000))
    page = office.get(f"{PAGE}/{parked.pk}")
    assert [(each.sale, each.quantities) for each in page.context["choices"]] == [(sale, {"1": 2000})]
    assert choose(office, parked, sale).status_code == 302
    back = Purchase.objects.get(kind="return")
    assert (back.sale, back.total, before - balance(cast)) == (sale, -2800, 28)
    parked.refresh_from_db()
    assert (parked.state, parked.applied_as) == ("applied", back)
    assert office.get(PAGE).context["rows"] == []
    assert Event.objects.get(verb="parked.match").by == f"staff:{cast.maria.pk}"


def test_money_comes_back_where_the_goods_are_not_in_the_sale(cast, source, office):
    sale = sold(source, ("bread", 1000, 4200))
    parked = cancelled(source, cast.anna, ("cake", 2000, 3000))
    assert choose(office, parked, sale).status_code == 302
    assert Purchase.objects.get(kind="return").total == -3000


def test_more_money_than_the_sale_has_is_refused_with_a_sentence(cast, source, office):
    sale = sold(source, ("bread", 1000, 400))
    parked = cancelled(source, cast.anna, ("cake", 2000, 3000))
    assert office.get(f"{PAGE}/{parked.pk}").context["choices"] == [], "it is not even offered"
    answer = choose(office, parked, sale)
    assert answer.status_code == 422
    assert answer.context["choose"].non_field_errors()
    assert "(too_much" not in answer.content.decode()
    assert Parked.objects.get().state == "waiting"


def test_a_return_that_came_before_its_sale_is_given_to_another_and_is_known_when_it_is_sent_again(
    cast, source, office
):
    sale = sold(source, ("bread", 1000, 4200))
    back, parked = early(source, amount=1000)
    found = office.get(f"{PAGE}/{parked.pk}", {"receipt": "s-1"}).context["choices"]
    assert [each.sale for each in found] == [sale]
    assert choose(office, parked, sale).status_code == 302
    assert Purchase.objects.get(kind="return").total == -1000
    [again] = record(source, back)
    assert (again.status, again.receipt.total) == (Status.REPLAYED, -1000)
    late = sold(source, ("bread", 1000, 5000), client_id="not-here")
    assert not late.followers.exists(), "its sale came after all, and finds nothing that waits"


def test_a_sale_of_somebody_else_cannot_be_chosen(cast, source, office):
    sale = sold(source, ("cake", 2000, 3000), card="")
    parked = cancelled(source, cast.anna, ("cake", 2000, 3000))
    assert office.get(f"{PAGE}/{parked.pk}").context["choices"] == []
    assert choose(office, parked, sale).status_code == 404


def test_it_is_dismissed_with_a_reason_and_only_with_one(cast, source, office):
    parked = cancelled(source, cast.anna, ("cake", 2000, 3000))
    assert office.post(f"{PAGE}/{parked.pk}", {"do": "dismiss", "reason": " "}).status_code == 422
    assert office.post(f"{PAGE}/{parked.pk}", {"do": "dismiss", "reason": "Broken till"}).status_code == 302
    assert office.get(f"{PAGE}/{parked.pk}").status_code == 404
    assert Event.objects.get(verb="parked.dismiss").detail["reason"] == "Broken till"
    sold(source, ("cake", 2000, 3000))
    purchases.match_cancellations(source=source, people={cast.anna.pk}, by=BY, at=LATER)
    assert not Purchase.objects.filter(kind="return").exists(), "what a person closed stays closed"


def test_what_a_person_matched_is_not_matched_again_by_a_file(cast, source, office):
    sale = sold(source, ("cake", 1000, 1400))
    parked = cancelled(source, cast.anna, ("cake", 1000, 1500))
    choose(office, parked, sale)
    sold(source, ("cake", 1000, 1500), client_id="s-0")
    cancelled(source, cast.anna, ("cake", 1000, 1500))
    assert purchases.match_cancellations(source=source, people={cast.anna.pk}, by=BY, at=LATER) == []
    assert Purchase.objects.filter(kind="return").count() == 1


def test_nobody_closes_a_return_of_their_own(cast, source, office):
    cards.name_own(staff=cast.maria, member=cast.anna, by=BY, at=AT)
    sale = sold(source, ("cake", 1000, 1400))
    parked = cancelled(source, cast.anna, ("cake", 1000, 1400))
    assert choose(office, parked, sale).status_code == 422
    assert office.post(f"{PAGE}/{parked.pk}", {"do": "dismiss", "reason": "mine"}).status_code == 422
    assert Parked.objects.get().state == "waiting"


def test_returns_found_by_the_clock_go_in_the_order_in_which_they_happened(cast, source):
    """A void and a return of one sale, sent before it in that order, whose sale came at the very same moment."""
    ref = SaleRef(client_id="s-1")
    void = Return(client_id="v", occurred_at=LATER, sale=ref, void=True)
    part = Return(client_id="r", occurred_at=LATER, sale=ref, quantities={"1": 1000})
    record(source, void)
    record(source, part)
    rows = list(Parked.objects.all())
    Parked.objects.all().update(state="dismissed")
    sold(source, ("cake", 2000, 3000))
    Parked.objects.filter(pk__in=[row.pk for row in rows]).update(state="waiting")
    assert purchases.match_parked(programme=cast.bakery, at=LATER) == 2
    assert [row.kind for row in Purchase.objects.exclude(kind="sale").order_by("id")] == ["return", "void"]

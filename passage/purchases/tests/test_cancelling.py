"""Which sold lines a cancellation takes back: the latest not after it, and in all the same in whatever order it is told."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from passage.purchases.cancelling import Known, Sold, Wanted, comes_to
from passage.purchases.models import Parked

MORNING = datetime(2026, 3, 1, 9, tzinfo=UTC)
PRICE = Fraction(790, 1000)


class Event(NamedTuple):
    """Something sold, or (``back``) cancelled, some hours after the morning."""

    number: str
    hour: int
    pieces: int = 1
    back: bool = False
    price: Fraction = PRICE
    product: str = "bread"


class Shop:
    """What is known so far, and what was returned for it: (cancellation, sale, pieces)."""

    def __init__(self):
        self.known = Known()
        self.returned = []

    def told(self, *events):
        for event in events:
            (self.known.wanted if event.back else self.known.sold).append(
                cancelled(event) if event.back else sold(event)
            )
        for taken in list(self.known.due()):
            taken.wanted.had += taken.quantity
            self.returned.append((taken.wanted.number, taken.sold.sale, taken.quantity // 1000))
        return self

    def total(self):
        return sum(pieces for _, _, pieces in self.returned)


def sold(event):
    at, quantity = MORNING + timedelta(hours=event.hour), event.pieces * 1000
    amount = comes_to(event.price, quantity)
    return Sold(
        sale=event.number,
        at=at,
        line="1",
        place=0,
        product=event.product,
        amount=amount,
        quantity=quantity,
        open=quantity,
        left=quantity,
    )


def cancelled(event):
    return Wanted(
        parked=Parked(),
        number=event.number,
        at=MORNING + timedelta(hours=event.hour),
        place=0,
        product=event.product,
        price=event.price,
        quantity=event.pieces * 1000,
        had=0,
    )


def back(number, hour, pieces=1, **said):
    return Event(number, hour, pieces, back=True, **said)


def test_the_latest_sale_before_the_cancellation_is_taken():
    shop = Shop().told(Event("1", 1), Event("2", 2), Event("3", 4), back("K", 3))
    assert shop.returned == [("K", "2", 1)]


def test_another_product_and_another_price_do_not_fit():
    dear, cake = Event("1", 1, price=Fraction(791, 1000)), Event("2", 1, product="cake")
    assert Shop().told(dear, cake, back("K", 3)).returned == []


def test_one_cancellation_takes_from_several_sales_and_what_is_not_there_waits():
    shop = Shop().told(Event("1", 1, 2), Event("2", 2, 2), back("K", 3, 5))
    assert shop.returned == [("K", "2", 2), ("K", "1", 2)]
    assert shop.told(Event("0", 0, 7)).returned[2:] == [("K", "0", 1)]


def test_what_came_back_is_not_there_a_second_time():
    shop = Shop().told(Event("1", 1), Event("2", 2), back("K1", 3), back("K2", 4), back("K3", 5))
    assert shop.returned == [("K1", "2", 1), ("K2", "1", 1)]


def test_among_sales_of_one_moment_the_higher_number_wins():
    assert Shop().told(Event("9", 1), Event("10", 1), back("K", 1)).returned == [("K", "10", 1)]


def test_cancellations_go_in_their_order_of_time_and_number():
    shop = Shop().told(Event("1", 1), Event("2", 3), back("KB", 5), back("KA", 4))
    assert shop.returned == [("KA", "2", 1), ("KB", "1", 1)]


def test_a_sale_after_the_cancellation_makes_good_only_what_another_took_in_its_place():
    """K2 came first and took the only sale; K1 should have had it: the total is what one file would have come to."""
    shop = Shop().told(Event("A", 0), back("K2", 3))
    assert shop.told(back("K1", 1)).returned == [("K2", "A", 1)], "one was sold, one came back"
    assert shop.told(Event("B", 2)).returned[1:] == [("K1", "B", 1)]
    assert Shop().told(Event("A", 0), Event("B", 2), back("K1", 1), back("K2", 3)).total() == 2
    assert Shop().told(Event("B", 2)).told(back("K1", 1)).returned == [], "nothing was sold before it"


def test_a_price_that_rounds_is_compared_as_the_line_was_made():
    third = Fraction(1000, 3000)
    shop = Shop().told(Event("1", 1, 3, price=third), back("K", 2, 1, price=third))
    assert shop.returned == [("K", "1", 1)]


def events(kind):
    return st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=6).map(
        lambda found: [
            Event(f"{kind}{number}", hour, pieces, back=kind == "K") for number, (hour, pieces) in enumerate(found)
        ]
    )


@given(events("S"), events("K"), st.data())
def test_the_total_that_came_back_depends_on_no_order_of_arrival(sales, cancellations, data):
    whole = Shop().told(*sales, *cancellations)
    parts = Shop()
    for event in data.draw(st.permutations([*sales, *cancellations])):
        parts.told(event)
    assert parts.total() == whole.total()
    assert parts.told().total() == whole.total(), "looking again finds nothing more"
    for line in [*parts.known.sold, *whole.known.sold]:
        assert 0 <= line.left <= line.quantity


@given(events("S"), events("K"))
def test_told_in_order_of_time_each_sale_gets_back_what_one_file_gives_it(sales, cancellations):
    whole = Shop().told(*sales, *cancellations)
    parts = Shop()
    for hour in range(10):
        parts.told(*[event for event in [*sales, *cancellations] if event.hour == hour])
    assert sorted(parts.returned) == sorted(whole.returned)

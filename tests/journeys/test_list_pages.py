"""No page of the back office asks the database more often because there is more to show.

A new page stands in LISTS with what makes it longer, or in FORMS because nothing does.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from passage.audit.actions import note
from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.earning.models import Rule
from passage.engine.expiry import Expiry, ExpiryKind
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.office import urls
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme import queries
from passage.programme.models import Role, Shop
from passage.rewards import actions as rewards
from tests.cast import AT, BY, CARD, PASSWORD, Cast, a_bakery, signed_in

pytestmark = pytest.mark.django_db
FEW, MORE = 2, 9
numbers = count(1)
PER_ZLOTY = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
ONE_ZLOTY = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}


class World:
    """The bakery with a till, an owner, and one rule and one reward that pages are about."""

    def __init__(self) -> None:
        self.cast: Cast = a_bakery()
        self.bakery = self.cast.bakery
        self.device: Device = a_device(self.cast)
        self.rule = Rule.objects.of(self.bakery).earliest("id")
        self.reward = rewards.create_reward(
            programme=self.bakery, name="1 zł", definition=ONE_ZLOTY, effective_from=AT, by=BY, at=AT
        )
        self.product()
        login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Zosia")
        self.owner = programmes.hire(programme=self.bakery, login=login, role=Role.OWNER, by=BY, at=AT)

    def member(self) -> None:
        number = next(numbers)
        person = members.enrol(
            programme=self.bakery, first_name="Ewa", last_name=f"Nowak {number}", email=f"e{number}@x.org", by=BY, at=AT
        )
        cards.issue(programme=self.bakery, member=person, number=f"EWA{number:06}", by=BY, at=AT)
        ledger.adjust(member=person, unit="points", points=10, reason="hello", by=BY, at=AT)

    def sale(self) -> None:
        self.device.now += timedelta(hours=1)
        self.device.deliver(self.device.sale(1500, card=CARD))
        number = next(numbers)
        cards.issue(programme=self.bakery, member=self.cast.anna, number=f"ANNA{number:06}", by=BY, at=AT)

    def aside(self) -> None:
        self.device.deliver(self.device.sale(1500, card="NOBODYS1"))

    def batch(self) -> None:
        number = next(numbers)
        at = AT + timedelta(minutes=number)
        cards.make_blank(programme=self.bakery, numbers=[f"BLANK{number:06}"], at=at, by=BY)

    def promotion(self) -> None:
        earning.create_rule(programme=self.bakery, name="More", definition=PER_ZLOTY, effective_from=AT, by=BY, at=AT)

    def version(self) -> None:
        since = AT + timedelta(days=next(numbers))
        earning.change_rule(rule=self.rule, definition=PER_ZLOTY, effective_from=since, by=BY, at=since)

    def gift(self) -> None:
        name = f"Gift {next(numbers)}"
        rewards.create_reward(programme=self.bakery, name=name, definition=ONE_ZLOTY, effective_from=AT, by=BY, at=AT)

    def price(self) -> None:
        since = AT + timedelta(days=next(numbers))
        rewards.change_reward(reward=self.reward, definition=ONE_ZLOTY, effective_from=since, by=BY, at=since)

    def product(self) -> None:
        code = f"bread{next(numbers)}" if hasattr(self, "owner") else "bread"
        products.put(programme=self.bakery, code=code, name=code.title(), price=1290, by=BY, at=AT)

    def unit(self) -> None:
        ledger.set_up_unit(
            programme=self.bakery, code=f"unit{next(numbers)}", name="Stars", expiry=Expiry(ExpiryKind.NONE)
        )

    def shop(self) -> None:
        programmes.open_shop(programme=self.bakery, code=f"shop{next(numbers)}", name="Kiosk", city="Kraków")

    def till(self) -> None:
        shop = programmes.open_shop(programme=self.bakery, code=f"shop{next(numbers)}", name="Kiosk", city="Kraków")
        till = programmes.add_till(shop=shop, code="1")
        programmes.pair_till(till=till, by=BY, at=AT)

    def person(self) -> None:
        login = programmes.create_login(email=f"p{next(numbers)}@example.org", password="", name="Clerk")
        shop = programmes.open_shop(programme=self.bakery, code=f"shop{next(numbers)}", name="Kiosk", city="Kraków")
        staff = programmes.hire(programme=self.bakery, login=login, role=Role.CLERK, shop=shop, by=BY, at=AT)
        programmes.set_pin(staff=staff, pin="7381", by=BY, at=AT)

    def deed(self) -> None:
        """By another person, about another member, each time."""
        self.member()
        self.person()
        newest = queries.all_staff(programme=self.bakery)[-1]
        anna = f"member:{self.cast.anna.public_id}"
        note(programme=self.bakery, by=f"staff:{newest.pk}", verb="member.edited", subject=anna, at=AT)


# The page by the name of its address, the address, and what makes it longer.
LISTS: dict[str, tuple[str, Callable[[World], None]]] = {
    "start": ("", World.member),
    "members": ("members", World.member),
    "member": ("members/{anna}", World.sale),
    "cards": ("members/cards", World.batch),
    "visits": ("visits", World.aside),
    "promotions": ("promotions", World.promotion),
    "promotion": ("promotions/{rule}", World.version),
    "playground": ("promotions/try?amount=12", World.promotion),
    "rewards": ("rewards", World.gift),
    "reward": ("rewards/{reward}", World.price),
    "products": ("products", World.product),
    "units": ("units", World.unit),
    "shops": ("shops", World.shop),
    "tills": ("tills", World.till),
    "people": ("staff", World.person),
    "log": ("log", World.deed),
    "enter": ("visits/enter", World.shop),
    "visit": ("visits/{aside}", World.aside),
}
# What shows one thing or only asks for one, however many there are; and what only acts.
FORMS = {
    *("new_member", "edit_member", "adjust", "new_promotion", "new_reward", "product", "new_product", "everything"),
    *("card_list", "block_member", "give_card", "turn_card", "end_promotion", "end_reward", "retire", "download"),
    *("connect", "disconnect", "invite", "link", "leave", "pin"),
}


@pytest.fixture
def world() -> World:
    return World()


def spent(client: Client, address: str) -> int:
    """Statements of the second look: the first may have had something to set up."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(asked)


def growth(world: World, name: str) -> tuple[int, int]:
    """Statements with a few rows, and with many."""
    address, longer = LISTS[name]
    for _ in range(FEW):
        world.aside()
        longer(world)
    known = {"anna": world.cast.anna.public_id, "rule": world.rule.pk, "reward": world.reward.public_id}
    aside = TillOperation.objects.of(world.bakery).filter(state="aside").earliest("id").pk
    office = signed_in(world.owner.login)
    page = f"/office/{address.format(**known, aside=aside)}"
    few = spent(office, page)
    for _ in range(MORE):
        longer(world)
    return few, spent(office, page)


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_asks_no_more_of_the_database(world, name):
    few, many = growth(world, name)
    assert many <= few


def test_a_planted_question_for_each_row_is_caught(world, monkeypatch):
    shops = queries.shops

    def one_by_one(*, programme):
        return [Shop.objects.of(programme).get(pk=shop.pk) for shop in shops(programme=programme)]

    monkeypatch.setattr(queries, "shops", one_by_one)
    few, many = growth(world, "shops")
    assert many == few + MORE


def test_every_page_of_the_back_office_is_held_to_it():
    pages = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert pages - LISTS.keys() - FORMS == set(), "add it to LISTS with what makes it longer, or to FORMS"
    assert (LISTS.keys() | FORMS) - pages == set()

"""No page of the back office asks the database more often because there is more to show.

A new page stands in LISTS with what makes it longer, or in FORMS because nothing does.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from passage.office import urls
from passage.programme import queries
from passage.programme.models import Shop
from passage.reports.queries import FIGURES
from tests.cast import CARD, signed_in
from tests.journeys.longer import RECEIPT, World

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FEW, MORE = 2, 9

# The page by the name of its address, the address, and what makes it longer; what follows a colon tells two of a page apart.
LISTS: dict[str, tuple[str, Callable[[World], None]]] = {
    "start": ("", World.member),
    "members": ("members", World.member),
    "member": ("members/{anna}", World.sale),
    "cards": ("members/cards", World.batch),
    "visits": ("visits", World.aside),
    "promotions": ("promotions", World.promotion),
    "promotion": ("promotions/{rule}", World.version),
    "playground": (f"promotions/try?amount=12&member={CARD}", World.promotion),
    "rewards": ("rewards", World.gift),
    "reward": ("rewards/{reward}", World.price),
    "products": ("products", World.product),
    "units": ("units", World.unit),
    "shops": ("shops", World.shop),
    "tills": ("tills", World.till),
    "people": ("staff", World.person),
    "log": ("log", World.deed),
    "enter": ("visits/enter", World.till),
    "parked_returns": ("visits/returns", World.parked),
    "parked_return": ("visits/returns/{parked}", World.annas_sale),
    "visit": ("visits/{aside}", World.aside),
    "members:found": ("members?q=Nowak", World.member),
    "rewards:pictures": ("rewards", World.prize),
    "member:joined": ("members/{anna}", World.joined),
    "member:prizes": ("members/{anna}", World.annas_prize),
    "twins": ("members/twins", World.twins),
    "merge": ("members/{anna}/merge?q=Nowak", World.member),
    "erase": ("members/{anna}/erase", World.sale),
    "give_prize": ("members/{anna}/prize", World.prize),
    "give_tier": ("members/{anna}/level", World.scheme),
    "imports": ("members/import", World.file),
    "import": ("members/import/{upload}", World.row),
    "import_columns": ("members/import/{upload}/columns", World.row),
    "import_report": ("members/import/{upload}/rows.csv", World.row),
    "handovers": ("handovers", World.handed_over),
    "prizes": ("prizes", World.handed_over),
    "prizes_file": ("prizes/{year}.csv", World.handed_over),
    "corrections": ("corrections", World.correction),
    "match": (f"visits/match?receipt={RECEIPT}", World.nobodys),
    "trial": ("promotions/trials/{trial}", World.trial),
    "backdating": ("promotions/past/{backdating}", World.dated_back),
    "date_back": ("promotions/{rule}/past", World.dated_back_before),
    "tiers": ("tiers", World.scheme),
    "unit": ("units/points", World.terms),
    "privacy": ("privacy", World.absentee),
    "outbox": ("outbox", World.mail),
    "integrity": ("integrity", World.colleague),
    **{f"integrity_rows:{each}": (f"integrity/{{piotr}}/{each}", World.shift) for each in FIGURES},
    "keys": ("keys", World.key),
    "own_cards": ("staff/{piotr}/own", World.shift),
    "begin_clerks": ("begin/clerks", World.person),
}
# These look through rows without showing them.
SILENT = {"start", "visit"}
# What shows one thing or only asks for one, however many there are; and what only acts.
FORMS = {
    *("new_member", "edit_member", "adjust", "new_promotion", "new_reward", "product", "new_product", "everything"),
    *("card_list", "block_member", "give_card", "turn_card", "end_promotion", "end_reward", "retire", "download"),
    *(
        "connect",
        "disconnect",
        "invite",
        "offer_again",
        "withdraw",
        "link",
        "leave",
        "pin",
        "new_password",
        "ask_factor",
        "take_factor",
        "end_own",
    ),
    *("begin", "begin_members", "begin_points", "begin_ready", "settings", "control", "send_again", "revoke_key"),
    *("print_cards", "print_card", "unmerge", "export", "import_do", "hand_out", "cancel_prize", "decide", "publish"),
    *("restock", "confirm_past"),
}


@pytest.fixture
def world() -> World:
    return World()


def spent(client: Client, address: str) -> tuple[int, int]:
    """Statements and bytes of the second look: the first may have had something to set up."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
        body = answer.getvalue()
    assert answer.status_code == 200, address
    return len(asked), len(body)


def growth(world: World, name: str) -> tuple[int, int]:
    """Statements with a few rows, and with many."""
    address, longer = LISTS[name]
    for _ in range(FEW):
        world.aside()
        longer(world)
    office = signed_in(world.owner.login)
    few, short = spent(office, f"/office/{address.format(**world.known())}")
    for _ in range(MORE):
        longer(world)
    many, long = spent(office, f"/office/{address.format(**world.known())}")
    assert name in SILENT or long > short, "there was nothing more to show"
    return few, many


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
    lists = {name.partition(":")[0] for name in LISTS}
    assert pages - lists - FORMS == set(), "add it to LISTS with what makes it longer, or to FORMS"
    assert (lists | FORMS) - pages == set()

"""Every route of the API against every kind of key: none, one without the scope, another programme's, and one that may.

A route that is missing from the table fails, and so does a row for a route that is gone.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.apps import apps

from passage.api.api import api
from passage.api.tests.world import ALL, BLANK, NOON, Place, Till, World, a_sale, a_world
from passage.programme import actions as programmes
from passage.programme.access import TILL_SCOPES
from passage.programme.defences import tenant_models
from passage.programme.models import AttemptCount
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Route:
    """One row: which scopes open it, and what to send so that it would do its work on ``place``."""

    scopes: tuple[str, ...]
    path: str = ""
    body: Any = None


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/seal"): Route(("accounts.read",)),
    ("POST", "/quotes"): Route(("quotes",), body="sale"),
    ("POST", "/sales"): Route(("sales.write",), body="sale"),
    ("GET", "/sales/{sale_id}"): Route(("sales.read",)),
    ("POST", "/sales/{sale_id}/returns"): Route(("sales.write",), body="return"),
    ("POST", "/sales/{sale_id}/returns/rehearsal"): Route(("sales.write",), body="return"),
    ("POST", "/sales/{sale_id}/void"): Route(("sales.write",), body="return"),
    ("POST", "/sales/{sale_id}/move"): Route(("sales.write",), body="move"),
    ("GET", "/rewards"): Route(("quotes", "redemptions.write")),
    ("POST", "/redemptions"): Route(("redemptions.write",), body="wish"),
    ("GET", "/redemptions/{redemption_id}"): Route(("redemptions.write",)),
    ("POST", "/redemptions/{redemption_id}/capture"): Route(("redemptions.write",)),
    ("POST", "/redemptions/{redemption_id}/release"): Route(("redemptions.write",)),
    ("POST", "/redemptions/{redemption_id}/renew"): Route(("redemptions.write",), body="empty"),
    ("POST", "/redemptions/{redemption_id}/reverse"): Route(("redemptions.write",), body="empty"),
    ("GET", "/members"): Route(("members.read", "quotes"), path="/members?identifier={card}"),
    ("GET", "/candidates"): Route(("quotes",), path="/candidates?text=Świętek"),
    ("POST", "/members"): Route(("members.write",), body="empty"),
    ("GET", "/members/{member_id}"): Route(("members.read",)),
    ("PATCH", "/members/{member_id}"): Route(("members.write",), body="empty"),
    ("GET", "/members/{member_id}/accounts"): Route(("accounts.read",)),
    ("POST", "/cards"): Route(("cards.write",), body="bound"),
    ("GET", "/cards/{number}"): Route(("cards.write", "members.read")),
    ("POST", "/cards/{number}/bind"): Route(("cards.write",), body="bound"),
    ("POST", "/cards/{number}/block"): Route(("cards.write",), body="empty"),
    ("POST", "/cards/{number}/unblock"): Route(("cards.write",)),
    ("POST", "/cards/{number}/lost"): Route(("cards.write",), body="empty"),
    ("POST", "/cards/{number}/replace"): Route(("cards.write",), body="empty"),
    ("GET", "/accounts/{account_id}/ledger"): Route(("accounts.read",)),
    ("GET", "/accounts/{account_id}/lots"): Route(("accounts.read",)),
    ("GET", "/accounts/{account_id}/explain"): Route(("accounts.read",)),
    ("POST", "/sync"): Route(("sales.write",), body="sync"),
    ("GET", "/parked-returns"): Route(("sales.read",)),
}

# What the key of a paired till opens, and the right that the clerk who signed in there needs for it.
TILL_ROUTES: dict[tuple[str, str], str] = {
    ("GET", "/till"): "",
    ("DELETE", "/till"): "tills.pair",
    ("POST", "/till/clerks/{clerk_id}/session"): "",
    ("POST", "/till/approvals"): "",
    ("GET", "/products"): "",
    ("GET", "/till/find"): "",
    ("GET", "/till/members/{member_id}"): "",
    ("POST", "/till/match"): "",
    ("POST", "/till/operations"): "",
    ("POST", "/till/rehearsals"): "purchases.return",
    ("GET", "/till/sales"): "purchases.return",
}
# Where a key is to be had.
OPEN = {("POST", "/till/pairings")}


@pytest.fixture
def world(db) -> World:
    return a_world()


def standing_routes() -> set[tuple[str, str]]:
    return {
        (method, path)
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def address(route: tuple[str, str], place: Place) -> str:
    row = ROUTES[route]
    return (row.path or route[1]).format(
        sale_id=place.sale,
        redemption_id=place.redemption,
        member_id=place.member.public_id,
        account_id=place.account,
        number=place.card,
        card=place.card,
    )


def body(route: tuple[str, str], place: Place) -> Any:
    sale = a_sale("rights", card=place.card, currency=place.currency, shop=place.shop)
    bodies = {
        None: None,
        "empty": {},
        "sale": sale,
        "return": {"client_id": "rights", "occurred_at": NOON},
        "move": {"client_id": "rights", "member": {"card": place.card}},
        "wish": {"client_id": "rights", "member": {"card": place.card}, "reward": place.reward},
        "bound": {"member": str(place.member.public_id)},
        "sync": {"operations": [{"type": "sale", **sale}]},
    }
    return bodies[ROUTES[route].body]


def send(till: Till, route: tuple[str, str], place: Place, **changed: Any) -> Any:
    return till.send(route[0], changed.get("path") or address(route, place), body(route, place))


def but_for_its_number(response: Any) -> bytes:
    """What was answered, without the number that every request has."""
    return re.sub(rb'"request_id": "[^"]*"', b"", response.content)


def counts() -> dict[str, int]:
    """How many rows each table has, but for the counts of who asked how often."""
    ours = (model for model in apps.get_models() if model.__module__.startswith("passage."))
    return {model.__name__: model._base_manager.count() for model in ours if model is not AttemptCount}


def test_every_route_stands_in_the_table_and_nothing_else_does():
    assert {*ROUTES, *TILL_ROUTES, *OPEN} == standing_routes()


def test_without_a_key_nothing_opens(world):
    before = counts()
    for method, path in TILL_ROUTES:
        answer = Till("").send(method, path.format_map(Anything()), {})
        assert (answer.status_code, answer.json()["code"]) == (401, "key_missing"), path
    for route in ROUTES:
        for till in (Till(""), Till("pk_12345678_" + "x" * 43), Till("guess"), Till("pk_ключ")):
            answer = send(till, route, world.ours)
            assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json"), route
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert counts() == before


def test_a_key_without_the_scope_is_told_which_one_it_takes(world):
    for route, row in ROUTES.items():
        till = world.ours.key(*(ALL - set(row.scopes)))
        before = counts()
        answer = send(till, route, world.ours)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), route
        assert answer.json()["params"]["scope"] == " | ".join(row.scopes)
        assert counts() == before


def a_till(place: Place) -> tuple[Till, Any]:
    shop = programmes.open_shop(programme=place.programme, code="kiosk", name="Kiosk")
    counter = programmes.add_till(shop=shop, code="1")
    return Till(programmes.pair_till(till=counter, by=BY, at=AT)[1]), counter


def test_an_ordinary_key_opens_no_route_of_a_till(world):
    before = counts()
    for method, path in TILL_ROUTES:
        answer = world.ours.till.send(method, path.format_map(Anything()), {})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_till"), path
    assert counts() == before


def test_a_till_without_a_clerk_does_what_needs_none(world):
    till, _ = a_till(world.ours)
    for (method, path), right in TILL_ROUTES.items():
        answer = till.send(method, path.format_map(Anything()), {})
        expected = {"clerk_missing"} if right else {"", "not_found", "missing"}
        code = answer.json().get("code", "") if answer.status_code >= 400 else ""
        assert code in expected, (path, answer.content)


def test_what_a_till_may_not_do_by_itself_a_key_of_the_table_is_needed_for(world):
    """Selling, returning, moving and reading members go through its operations or through a clerk."""
    till, _ = a_till(world.ours)
    for route, row in ROUTES.items():
        if not set(row.scopes) & TILL_SCOPES:
            assert send(till, route, world.ours).json()["code"] == "scope_missing", route


def test_a_till_sees_nobody_of_another_programme(world):
    till, _ = a_till(world.theirs)
    ours = world.ours
    for text in (ours.card, "anna@example.org", "600100200", "Święt"):
        answer = till.get(f"/till/find?text={text}")
        assert answer.json().get("found", "nobody") == "nobody", text
        assert "Anna" not in answer.content.decode()
    assert till.get(f"/till/members/{ours.member.public_id}").status_code == 404
    assert till.post("/till/match", {"email": "anna@example.org"}).json()["member"] is None
    assert till.post(f"/till/clerks/{world.cast.piotr.pk}/session", {"pin": "1"}).status_code == 404


def test_each_scope_opens_what_it_says(world):
    for route, row in ROUTES.items():
        for scope in row.scopes:
            answer = send(world.ours.key(scope), route, world.ours)
            assert answer.status_code not in {401, 403, 404, 405, 500}, (route, answer.content)


def test_another_programmes_things_are_answered_like_what_never_was(world):
    """The stranger's key asks for ours by its true id, and for an id that is nobody's: the same bytes come back."""
    theirs, ours = world.theirs.till, world.ours
    nobody = Place(
        **{**vars(ours), "sale": NOBODY, "redemption": NOBODY, "reward": NOBODY, "card": "GRABOWSKA00900001"}
    )
    nobody.member = type(ours.member)(public_id=uuid.UUID(NOBODY))
    for route in ROUTES:
        before = counts()
        asked, guessed = send(theirs, route, ours), send(theirs, route, nobody)
        if "{" in route[1]:
            assert asked.status_code == guessed.status_code == 404, route
        if route not in {("GET", "/rewards"), ("POST", "/members"), ("GET", "/candidates")}:
            assert but_for_its_number(asked) == but_for_its_number(guessed), route
            assert counts() == before
        told = asked.content.decode()
        for secret in (str(ours.member.public_id), ours.sale, ours.redemption, ours.reward, ours.card, "Anna"):
            assert secret not in told, route


def test_a_method_that_a_route_does_not_know_is_a_problem(world):
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    standing = standing_routes()
    for method, path in product(methods, sorted({path for _, path in standing})):
        if (method, path) in standing:
            continue
        answer = world.ours.till.send(method, path.format_map(Anything()), {})
        assert answer.status_code == 405, (method, path)
        assert answer.headers["Allow"]
        assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"


class Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return NOBODY


def strangers_could_be_read(sql: str, tables: set[str]) -> bool:
    """A reading of a programme's table that does not say of which programme.

    Following the key of a row in hand needs no such word: the database keeps both ends in one programme.
    """
    if re.search(r' WHERE "\w+"\."id" = \d+ LIMIT 21$', sql):
        return False
    read = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', sql)) & tables
    return bool(read) and "programme_id" not in sql.partition(" WHERE ")[2]


def test_a_reading_that_names_no_programme_is_caught():
    table = {"members_member"}
    assert strangers_could_be_read('SELECT "id", "programme_id" FROM "members_member" WHERE "public_id" = 1', table)
    assert strangers_could_be_read('SELECT "id" FROM "members_member"', table)
    assert not strangers_could_be_read('SELECT 1 FROM "members_member" WHERE "programme_id" = 1', table)


def test_no_route_reads_a_table_of_programmes_without_saying_which(world, django_assert_max_num_queries):
    # A key is found by its own secret: that is how the programme becomes known.
    tables = {model._meta.db_table for model in tenant_models()} - {"programme_key"}
    for route in ROUTES:
        with django_assert_max_num_queries(100) as asked:
            answer = send(world.ours.till, route, world.ours)
        assert answer.status_code < 500
        caught = [query["sql"] for query in asked.captured_queries if strangers_could_be_read(query["sql"], tables)]
        assert [sql for sql in caught if '"programme_key"' not in sql] == [], route


def test_lists_hold_nothing_of_another_programme(world):
    ours, theirs = world.ours, world.theirs
    listings = [
        ours.till.get("/rewards"),
        ours.till.get(f"/members?identifier={ours.card}"),
        ours.till.get(f"/members/{ours.member.public_id}/accounts"),
        ours.till.get(f"/accounts/{ours.account}/ledger"),
        ours.till.get(f"/accounts/{ours.account}/lots"),
        ours.till.get(f"/accounts/{ours.account}/explain"),
        ours.till.post("/quotes", a_sale()),
    ]
    strange = {str(theirs.member.public_id), theirs.sale, theirs.redemption, theirs.reward, theirs.card}
    for answer in listings:
        assert answer.status_code == 200, answer.content
        assert not [each for each in strange if each in answer.content.decode()]


def test_another_programmes_things_named_in_a_body_are_nobodys(world):
    """What a path answers with 404 a body answers with the field at fault, the same as for what never was."""
    theirs, ours = world.theirs, world.ours
    before = counts()
    attempts = [
        ("/sales", lambda it: a_sale("x", card=it["card"])),
        ("/sales", lambda it: a_sale("x", member={"id": it["member"]})),
        ("/sales", lambda it: a_sale("x", shop=it["shop"])),
        ("/sales", lambda it: a_sale("x", redemptions=[it["redemption"]])),
        ("/quotes", lambda it: a_sale("x", card=it["card"])),
        ("/quotes", lambda it: a_sale("x", wishes=[{"reward": it["reward"]}])),
        ("/redemptions", lambda it: {"client_id": "x", "member": {"card": it["card"]}, "reward": ours.reward}),
        ("/redemptions", lambda it: {"client_id": "x", "member": {"card": ours.card}, "reward": it["reward"]}),
        ("/cards", lambda it: {"member": it["member"]}),
        (f"/cards/{BLANK}/bind", lambda it: {"member": it["member"]}),
        (f"/sales/{ours.sale}/move", lambda it: {"client_id": "x", "member": {"id": it["member"]}}),
    ]
    true = {
        "card": theirs.card,
        "member": str(theirs.member.public_id),
        "shop": theirs.shop,
        "redemption": theirs.redemption,
        "reward": theirs.reward,
    }
    made_up = {"card": "SACHA00000009", "member": NOBODY, "shop": "nowhere", "redemption": NOBODY, "reward": NOBODY}
    for path, make in attempts:
        asked, guessed = ours.till.post(path, make(true)), ours.till.post(path, make(made_up))
        assert asked.status_code == guessed.status_code == 422, (path, asked.content)
        assert asked.json()["code"] == guessed.json()["code"]
    assert counts() == before


def test_two_programmes_may_use_the_same_ids_without_meeting(world):
    """What a sender makes itself is unique within its source, never across programmes."""
    ours, theirs = world.ours, world.theirs
    first = ours.till.post("/sales", a_sale("same", receipt="1"))
    second = theirs.till.post("/sales", a_sale("same", card=theirs.card, currency="EUR", shop="rivoli", receipt="1"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    for place in (ours, theirs):
        key = place.till.post("/members", {"first_name": "Jan"}, Idempotency_Key="same")
        assert key.status_code == 201

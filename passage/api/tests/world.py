"""Two programmes with everything in them, and keys to each: what every test of this door starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from threading import local
from typing import Any

from django.test import Client
from django.utils import timezone

from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.access import SCOPES
from passage.programme.models import Programme, Source
from passage.rewards import actions as rewards
from tests.cast import AT, BY, CARD, Cast, a_bakery

ALL = frozenset(SCOPES)
NOON = "2026-03-02T12:00:00+01:00"
BLANK = "2900000000018"


_own = local()


def _client() -> Client:
    """One for each thread: a new one would read every static file there is again."""
    if not hasattr(_own, "client"):
        _own.client = Client(raise_request_exception=False)
    return _own.client


@dataclass
class Till:
    """A program with a key: sends JSON, reads JSON."""

    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        known = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return _client().generic(
            method,
            f"/api/v1{path}",
            data=b"" if body is None else text,
            content_type="application/json",
            headers={**known, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)


@dataclass
class Place:
    """One programme with something of everything."""

    programme: Programme
    source: Source
    member: Member
    card: str
    reward: str
    till: Till
    currency: str
    shop: str
    sale: str = ""
    redemption: str = ""

    @property
    def account(self) -> str:
        return f"{self.member.public_id}.points"

    def key(self, *scopes: str) -> Till:
        _, secret = programmes.issue_key(source=self.source, scopes=scopes, by=BY, at=timezone.now())
        return Till(secret)


@dataclass
class World:
    cast: Cast
    ours: Place
    theirs: Place


def a_sale(client_id: str = "s-1", /, amount: int = 3850, *, card: str = CARD, **changes: Any) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "occurred_at": NOON,
        "currency": "PLN",
        "shop": "dworzec",
        "member": {"card": card},
        "lines": [{"id": "1", "amount": amount, "product": "bread", "name": "Chleb", "vat_bp": 500}],
        **changes,
    }


def a_world() -> World:
    cast = a_bakery()
    ours = _place(cast.bakery, cast.anna, card=CARD, currency="PLN", shop="dworzec")
    cards.make_blank(programme=cast.bakery, numbers=[BLANK], at=AT, by=BY)
    return World(cast, ours, _elsewhere())


def _elsewhere() -> Place:
    programme = programmes.create_programme(name="Boulangerie", slug="boulangerie", currency="EUR", at=AT, by=BY)
    programmes.open_shop(programme=programme, code="rivoli", name="Rivoli", city="Paris")
    ledger.set_up_unit(programme=programme, code="points", name="Points")
    rule = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
    earning.create_rule(programme=programme, name="Points", definition=rule, effective_from=AT, by=BY, at=AT)
    stranger = members.enrol(
        programme=programme, by=BY, at=AT, first_name="Sacha", email="sacha@example.org", phone="06 12 34 56 78"
    )
    cards.issue(programme=programme, member=stranger, number="SACHA00000001", by=BY, at=AT)
    return _place(programme, stranger, card="SACHA00000001", currency="EUR", shop="rivoli")


def _place(programme: Programme, member: Member, *, card: str, currency: str, shop: str) -> Place:
    source = programmes.add_source(programme=programme, code="web", name="Web shop")
    _, secret = programmes.issue_key(source=source, scopes=ALL, by=BY, at=AT)
    bread = {"unit": "points", "cost": 30, "gives": {"kind": "value_off", "amount": 500}}
    reward = rewards.create_reward(
        programme=programme, name="Rabat 5", definition=bread, effective_from=AT - timedelta(days=1), by=BY, at=AT
    )
    place = Place(programme, source, member, card, str(reward.public_id), Till(secret), currency, shop)
    sale = place.till.post("/sales", a_sale("first", 9000, card=card, currency=currency, shop=shop))
    assert sale.status_code == 201, sale.content
    place.sale = sale.json()["id"]
    wish = {"client_id": "first", "member": {"card": card}, "reward": place.reward}
    held = place.till.post("/redemptions", wish)
    assert held.status_code == 201, held.content
    place.redemption = held.json()["id"]
    return place

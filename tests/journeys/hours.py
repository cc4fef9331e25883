"""A tablet at the counter that keeps its journal, and all that the books say, to be compared with what they said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from passage.api.tests.world import Till
from passage.cards.models import Card
from passage.ledger.models import Account, Entry, Lot
from passage.members.models import Consent, Member
from passage.programme import actions as programmes
from passage.programme.models import Programme, Staff
from passage.programme.models import Till as Place
from passage.purchases.models import Purchase
from passage.rewards.models import Redemption, Reward
from tests.cast import BY

BOOT = "boot-1"


@dataclass
class Tablet:
    """A paired till with somebody signed in. It writes down what it does, and what it is answered."""

    place: Place
    secret: str
    staff: Staff
    slip: str
    journal: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def key(self) -> Till:
        return Till(self.secret, {"Passage-Clerk": self.slip})

    def ask(self, method: str, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """By another route than the journal: what it is given to keep is told at once."""
        told = self.key.send(method, path, body, **headers)
        assert told.status_code < 300, told.content
        op_id, _, sealed = told.headers["Passage-Done"].partition(".")
        self.tell("done", {"done": sealed}, op_id=op_id)
        answer: dict[str, Any] = told.json()
        return answer

    def tell(self, kind: str, payload: dict[str, Any], *, op_id: str = "", approval: str = "") -> dict[str, Any]:
        operation = {
            "id": op_id or str(uuid.uuid4()),
            "seq": len(self.journal) + 1,
            "boot": BOOT,
            "mono": 1000 * (len(self.journal) + 1),
            "wall": _now(),
            "kind": kind,
            "clerk": self.staff.pk,
            "payload": payload,
        }
        self.journal.append(operation)
        (answer,) = self.send([{**operation, "slip": self.slip, "approval": approval}])
        assert answer["status"] in ("recorded", "parked"), answer
        self.answers[operation["id"]] = answer
        return answer

    def send(self, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        body = {"boot": BOOT, "mono": 1000 * (len(self.journal) + 1), "wall": _now(), "operations": operations}
        told = Till(self.secret).post("/till/operations", body)
        assert told.status_code == 200, told.content
        answers: list[dict[str, Any]] = told.json()["results"]
        return answers

    def again(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """What the server does not have, each with the answer it once got. Slips and approvals are long gone."""
        last = 0 if everything else Till(self.secret).get("/till").json()["last_seq"]
        rest = [each for each in self.journal if each["seq"] > last]
        return self.send([{**each, "was": self.answers[each["id"]]["was"]} for each in rest])

    def sale(self, amount: int, **more: Any) -> dict[str, Any]:
        lines = [
            {"id": "1", "amount": amount, "name": "Chleb", "vat_bp": 500, "quantity": 2000},
            {"id": "2", "amount": 400, "name": "Bułka", "vat_bp": 500},
        ]
        payload = {"currency": "PLN", "lines": lines, "receipt": f"{self.place.code}-{len(self.journal) + 1}", **more}
        return self.tell("sale", payload)

    def reserve(self, member: str, reward: Reward, order: str) -> str:
        body = {
            "client_id": str(uuid.uuid4()),
            "member": {"id": member},
            "reward": str(reward.public_id),
            "order": order,
        }
        return str(self.ask("POST", "/redemptions", body)["id"])


def a_tablet(place: Place, staff: Staff, *, pin: str = "3690") -> Tablet:
    _key, secret = programmes.pair_till(till=place, by=BY, at=now())
    programmes.set_pin(staff=staff, pin=pin, by=BY, at=now())
    told = Till(secret).post(f"/till/clerks/{staff.pk}/session", {"pin": pin})
    return Tablet(place, secret, staff, told.json()["token"])


def books(programme: Programme) -> dict[str, list[Any]]:
    """Balances, lots, members, cards, redemptions, stock and purchases, by names that outlive a restore."""
    of = {
        "accounts": Account.objects.of(programme)
        .exclude(balance=0, debt=0, reserved=0)
        .values_list("member__public_id", "unit__code", "balance", "debt", "reserved"),
        "lots": Lot.objects.of(programme).values_list(
            "account__member__public_id", "origin", "size", "left", "opened_at", "active_from", "expires_at"
        ),
        "entries": Entry.objects.of(programme)
        .filter(kind__in=("earn", "spend", "restore", "clawback"))
        .values_list("account__member__public_id", "kind", "points", "occurred_at__date", "by"),
        "members": Member.objects.of(programme).values_list("public_id", "first_name", "phone", "email", "joined_at"),
        "consents": Consent.objects.of(programme).values_list("member__public_id", "purpose", "given", "source", "at"),
        "cards": Card.objects.of(programme).values_list("number", "state", "member__public_id"),
        "redemptions": Redemption.objects.of(programme).values_list(
            "public_id",
            "client_id",
            "member__public_id",
            "state",
            "points",
            "spent",
            "reversed",
            "value",
            "order",
            "handing",
            "made_at",
            "until",
            "by",
            "took_stock",
            "shop__code",
        ),
        "stock": Reward.objects.of(programme).values_list("public_id", "stock"),
        "purchases": Purchase.objects.of(programme).values_list(
            "kind", "client_id", "member__public_id", "total", "receipt", "by", "sale__public_id"
        ),
        "sales": Purchase.objects.of(programme).filter(kind="sale").values_list("public_id", "settlement"),
    }
    return {name: sorted(map(repr, rows)) for name, rows in of.items()}


def now() -> datetime:
    """What happens through the doors happens now."""
    return datetime.now(tz=UTC)  # noqa: TID251 - as the doors do


def _now() -> str:
    return now().isoformat()

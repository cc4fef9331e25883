"""A till that tells what happened there: what every test of the journal starts from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from passage.engine.basket import Basket, Line
from passage.journal import actions
from passage.journal.values import Clocks, Item, Move, Received, Sent
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme import clerks
from passage.programme.models import Key, Shop, Staff
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from tests.cast import AT, BY, CARD, Cast, a_bakery

OPENED = AT + timedelta(days=30)


@dataclass
class Device:
    """A paired till with its own clocks; ``skew`` is how wrong its wall clock is."""

    key: Key
    cast: Cast
    now: datetime = OPENED
    boot: str = "boot-1"
    skew: timedelta = timedelta()
    seq: int = 0
    written: list[Sent] = field(default_factory=list)
    tokens: dict[int | None, str] = field(default_factory=dict)

    def sign_in(self, staff: Staff, pin: str) -> None:
        """What this person does from now on carries their token."""
        staff.refresh_from_db()
        held = staff if staff.pin_hash else programmes.set_pin(staff=staff, pin=pin, by=BY, at=self.now)
        assert self.key.till is not None
        self.tokens[staff.pk] = clerks.clerk_token(staff=held, till=self.key.till, at=self.now)

    def agreed(self, staff: Staff, kind: str, sale: Sent) -> str:
        """Somebody agrees to a deed about the sale."""
        staff.refresh_from_db()
        assert self.key.till is not None
        return programmes.approve(staff=staff, till=self.key.till, kind=kind, sale=str(sale.op_id), at=self.now)

    def clocks(self) -> Clocks:
        return Clocks(boot=self.boot, mono=int((self.now - OPENED).total_seconds() * 1000), wall=self.now + self.skew)

    def write(self, kind: str, item: Item | None, **more: Any) -> Sent:
        self.seq += 1
        clerk = more.pop("clerk", self.cast.piotr.pk)
        sent = Sent(
            op_id=more.pop("op_id", None) or uuid.uuid4(),
            seq=more.pop("seq", self.seq),
            clocks=self.clocks(),
            kind=kind,
            item=item,
            payload={"item": repr(item)},
            clerk=clerk,
            clerk_token=more.pop("clerk_token", self.tokens.get(clerk, "")),
            **more,
        )
        self.written.append(sent)
        return sent

    def sale(self, amount: int = 1000, *, card: str = CARD, **more: Any) -> Sent:
        changes = {name: more.pop(name) for name in ("redemptions", "receipt") if name in more}
        item = Sale(
            client_id="",
            occurred_at=self.now,
            basket=Basket("PLN", (Line("1", amount, vat_bp=500), Line("2", 100))),
            member=MemberRef(card=card) if card else MemberRef(),
            **{"receipt": f"1-{self.seq + 1}", **changes},
        )
        return self.write("sale", item, **more)

    def back(self, sale: Sent, kind: str = "return", **more: Any) -> Sent:
        void = kind != "return"
        item = Return(
            client_id="",
            occurred_at=self.now,
            sale=SaleRef(client_id=str(sale.op_id)),
            void=void,
            reason=more.pop("reason", "a slip" if void else ""),
            quantities=more.pop("quantities", {}),
        )
        return self.write(kind, item, **more)

    def move(self, sale: Sent, to: MemberRef, **more: Any) -> Sent:
        return self.write("move", Move(sale=SaleRef(client_id=str(sale.op_id)), member=to), **more)

    def deliver(self, *sent: Sent, at: datetime | None = None) -> Received:
        """What was written, or only these, arrive now."""
        arrived = at or self.now
        return actions.receive(key=self.key, sent=sent or self.written, now=self.clocks(), at=arrived)

    def wait(self, **span: int) -> None:
        self.now += timedelta(**span)


def a_device(cast: Cast | None = None, code: str = "1", *, shop: Shop | None = None) -> Device:
    cast = cast or a_bakery()
    till = programmes.add_till(shop=shop or cast.rynek, code=code)
    key, _ = programmes.pair_till(till=till, by=BY, at=AT)
    device = Device(key, cast)
    device.sign_in(cast.piotr, "3690")
    device.sign_in(cast.maria, "2580")
    return device


def points(device: Device) -> int:
    return ledger.balances(device.cast.anna, at=device.now)[0].balance

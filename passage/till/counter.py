"""From what the clerk typed to the journey and back: finding the member, asking for a quote, recording the sale."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from passage.cards import queries as cards
from passage.engine.basket import Basket, Line
from passage.engine.reasons import Because
from passage.journal.actions import record_by_hand
from passage.ledger.queries import Balance, balances
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme import throttle
from passage.programme.actions import add_source
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source, Staff
from passage.programme.snapshot import one_moment
from passage.purchases.models import Purchase
from passage.purchases.queries import quote
from passage.purchases.values import MemberRef, Sale
from passage.till.tickets import Ticket

SOURCE = "till-pages"


@dataclass(frozen=True, slots=True)
class Whom:
    """The member the clerk means, and how the sale names them."""

    member: Member
    ref: MemberRef


@dataclass(frozen=True, slots=True)
class Gain:
    """What a purchase gives of one unit, and what the member then has."""

    name: str
    kind: str
    points: int
    after: int


@dataclass(frozen=True, slots=True)
class Preview:
    amount: int
    gains: tuple[Gain, ...]
    because: tuple[tuple[Mapping[str, Any], str], ...]  # with the kind of the unit
    why_not: tuple[Mapping[str, Any], ...]


def shops(*, staff: Staff) -> list[Shop]:
    """Where this clerk can be standing: their own shop, or any open one."""
    return [staff.shop] if staff.shop else programmes.shops(programme=staff.programme)


def whom(*, programme: Programme, text: str) -> Whom:
    """The member behind a card, a phone number, an e-mail address or a number of another system.

    Raises `Refused` with what is wrong: nobody found, a slip in a card's number, a blocked card or member,
    several members.
    """
    card = cards.find(programme=programme, code=text)
    if card is None:
        known = members.find(programme=programme, text=text)
        if len(known) > 1:
            raise Refused("member_ambiguous", field="card")
        if known:
            member = members.usable(known[0])
            return Whom(member, MemberRef(public_id=member.public_id))
    try:
        good = cards.usable(card=card, code=text, programme=programme)
    except Refused as refused:
        # An address or a phone number is no unreadable card: it may be right, and still nobody's.
        if refused.code in {"card_unknown", "card_unreadable"}:
            raise Refused("nobody_found", field="card") from None
        raise
    if good.member is None:
        raise Refused("card_blank", field="card")
    return Whom(members.usable(good.member), MemberRef(card=good.number))


def served(*, staff: Staff, text: str, at: datetime) -> Whom:
    """The member as `whom` finds them. Raises ``Refused``: own_card for who would serve themselves, too_many_misses for
    who typed too many that are nobody's."""
    with throttle.looking(f"staff:{staff.pk}", at=at):
        found = whom(programme=staff.programme, text=text)
    cards.check_not_own(programme=staff.programme, by=f"staff:{staff.pk}", member=found.member)
    return found


def sale_of(typed: Mapping[str, Any], *, whom: Whom, ticket: Ticket, currency: str) -> Sale:
    """One purchase of one amount: a shop without goods on file rings up a single line."""
    basket = Basket(currency=currency, lines=(Line(id="1", amount=typed["amount"]),))
    return Sale(
        client_id=ticket.client_id,
        occurred_at=ticket.at,
        basket=basket,
        member=whom.ref,
        shop=typed["shop"],
        receipt=typed["receipt"].strip(),
    )


def preview(*, programme: Programme, whom: Whom, sale: Sale) -> Preview:
    """What `save` would do, from the same engine; nothing of the purchase is written. Raises `Refused`."""
    at = sale.occurred_at
    source = _source(programme=programme)
    with one_moment():
        asked = quote(programme=programme, source=source, sale=sale, at=at)
        held = {each.unit: each for each in balances(whom.member, at=at)}
    earned = asked.settlement["earned"]
    after = {each.unit: each.balance for each in held.values()} | asked.balance_after
    return Preview(
        amount=sale.basket.total,
        gains=tuple(_gain(each, held[each["unit"]], after=after[each["unit"]]) for each in earned if each["points"]),
        because=tuple((step, held[each["unit"]].kind) for each in earned for step in _steps(each, since=at)),
        why_not=tuple(asked.settlement["why_not"]),
    )


def save(*, staff: Staff, sale: Sale, at: datetime) -> uuid.UUID | None:
    """Records the sale, once however often it is asked, and gives its public id; None: a second person is asked first.

    Raises `Refused`.
    """
    source = _source(programme=staff.programme)
    receipt = record_by_hand(source=source, sale=sale, reason=sale.receipt, by=f"staff:{staff.pk}", at=at)
    return receipt.public_id if receipt else None


def outcome(*, programme: Programme, sale: uuid.UUID, at: datetime) -> dict[str, object] | None:
    """What a recorded sale gave and why; None for a sale that is not this programme's."""
    rows = Purchase.objects.of(programme).filter(public_id=sale, kind=Purchase.Kind.SALE)
    row: Purchase | None = rows.select_related("member").first()
    if row is None or row.member is None:
        return None
    held = {each.unit: each for each in balances(row.member, at=at)}
    earned = [each for each in row.settlement["earned"] if each["unit"] in held]
    return {
        "purchase": row,
        "member": members.masked(row.member).name,
        "gains": [
            _gain(each, held[each["unit"]], after=held[each["unit"]].balance) for each in earned if each["points"]
        ],
        "steps": [(step, held[each["unit"]].kind) for each in earned for step in _steps(each, since=row.occurred_at)],
    }


def _gain(earned: Mapping[str, Any], held: Balance, *, after: int) -> Gain:
    """``after`` counts what waits, too: the member asks what they have, not when they may use it."""
    return Gain(name=held.name, kind=held.kind, points=earned["points"], after=after)


def _steps(earned: Mapping[str, Any], *, since: datetime) -> list[Mapping[str, Any]]:
    """The arithmetic of each rule, then from when and until when the points are good."""
    steps: list[Mapping[str, Any]] = [step for rule in earned["rules"] for step in rule["because"]]
    if earned["points"] and datetime.fromisoformat(earned["active_from"]) > since:
        steps.append({"code": Because.PENDING, "until": earned["active_from"]})
    if earned["points"] and earned["expires_at"]:
        steps.append({"code": Because.EXPIRES, "on": earned["expires_at"]})
    return steps


def _source(*, programme: Programme) -> Source:
    """The source these pages record under, made with the programme's first purchase."""
    known = programmes.source_by_code(programme=programme, code=SOURCE)
    if known is not None:
        return known
    try:
        return add_source(programme=programme, code=SOURCE, name="Till pages")
    except Refused:  # somebody else was first
        again = programmes.source_by_code(programme=programme, code=SOURCE)
        assert again is not None
        return again

"""Finding what a request names, always within the programme of its key: what is not there is a 404, or a field at fault."""

from __future__ import annotations

import uuid

from passage.api.problems import Fault, not_found
from passage.api.schemas.baskets import MemberRequest
from passage.cards import queries as cards
from passage.cards.models import Card
from passage.ledger import queries as ledger
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.models import Programme
from passage.purchases import queries as purchases
from passage.purchases.models import Purchase
from passage.rewards import queries as rewards
from passage.rewards.models import Redemption


def member_at(programme: Programme, public_id: uuid.UUID) -> Member:
    """The member of an address; whoever was merged is answered for by the member they are now."""
    found = members.by_public_id(programme=programme, public_id=public_id)
    if found is None:
        raise not_found()
    return members.resolve(found)


def member_named(programme: Programme, public_id: uuid.UUID) -> Member:
    """The member that a body names by id."""
    found = members.by_public_id(programme=programme, public_id=public_id)
    if found is None:
        raise Fault("unknown_member", field="member")
    return members.usable(found)


def member_of(programme: Programme, asked: MemberRequest) -> Member:
    """The member that a body names in any way. Raises `Refused` for a card that cannot be used."""
    if asked.card is not None:
        card = cards.read(programme=programme, code=asked.card)
        assert card.member is not None  # usable cards are bound
        return members.usable(card.member)
    if asked.id is not None:
        return member_named(programme, asked.id)
    number = asked.external_id or ""
    found = members.by_external_ids(programme=programme, external_ids=[number]).get(number)
    if found is None:
        raise Fault("unknown_member", field="member")
    return members.usable(found)


def card_at(programme: Programme, number: str) -> Card:
    card = cards.find(programme=programme, code=number)
    if card is None:
        raise not_found()
    return card


def sale_at(programme: Programme, public_id: uuid.UUID) -> Purchase:
    found = purchases.by_public_id(programme, public_id=public_id)
    if found is None or found.kind != Purchase.Kind.SALE:
        raise not_found()
    return found


def redemption_at(programme: Programme, public_id: uuid.UUID) -> Redemption:
    found = rewards.redemptions(programme, public_ids=[public_id]).get(public_id)
    if found is None:
        raise not_found()
    return found


def account_at(programme: Programme, text: str) -> tuple[Member, str]:
    """The member and the unit's code that an account's id is made of: ``<member id>.<unit>``."""
    first, _, unit = text.partition(".")
    try:
        public_id = uuid.UUID(first)
    except ValueError:
        raise not_found() from None
    if not unit or unit not in {each.code for each in ledger.units(programme)}:
        raise not_found()
    return member_at(programme, public_id), unit

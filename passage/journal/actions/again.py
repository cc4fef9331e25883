"""What was done beside the journal, made again where a backup did not hold it; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from passage.cards import actions as cards
from passage.cards import queries as card_queries
from passage.journal import bearers
from passage.journal.values import Deed
from passage.members import actions as members
from passage.members import queries as member_queries
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Key
from passage.purchases.actions.selling import REWARD_OWED
from passage.rewards import actions as rewards
from passage.rewards import queries as reward_queries
from passage.rewards.models import Redemption

Facts = dict[str, Any]
NOTHING: tuple[str, ...] = ()
DETAIL_TAKEN = "detail_taken"  # somebody else got this address or number since: it is left out


def do_again(key: Key, deed: Deed, *, at: datetime) -> tuple[str, ...]:
    """As it was done, by whom and when it was; what is to be said of it. Raises `Refused` where it cannot be any more.

    Of a person who is forgotten nothing is done again.
    """
    known = member_queries.by_public_id(programme=key.programme, public_id=deed.member)
    if known is not None and member_queries.resolve(known).status == Member.Status.ERASED:
        return NOTHING
    if known is None and deed.bearer is not None:
        # Enrolled at another till, which has not been heard yet, or in the back office.
        bearers.bring_back(key.programme, deed.bearer, at=at)
    return DEEDS[deed.verb](key, deed, at)


def _enrol(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    programme, warnings = key.programme, NOTHING
    member = member_queries.by_public_id(programme=programme, public_id=deed.member)
    if member is None:
        member, is_taken = bearers.enrolled(
            programme, public_id=deed.member, details=deed.facts["details"], by=deed.by, joined_at=deed.done_at
        )
        warnings = (DETAIL_TAKEN,) if is_taken else NOTHING
    _say(member_queries.resolve(member), deed)
    if number := deed.facts.get("card"):
        _bind(member, number, deed)
    return warnings


def _say(member: Member, deed: Deed) -> None:
    if given := deed.facts.get("consents"):
        members.record_consents(member=member, given=given, source=deed.facts["source"], by=deed.by, at=deed.done_at)


def _bind(member: Member, number: str, deed: Deed) -> None:
    card = card_queries.find(programme=member.programme, code=number)
    person = member_queries.resolve(member)
    if card is not None and card.member is not None and member_queries.resolve(card.member) == person:
        return
    cards.issue(programme=member.programme, member=person, number=number, by=deed.by, at=deed.done_at)


def _edit(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    member = member_queries.by_public_id(programme=key.programme, public_id=deed.member)
    if member is None:
        raise Refused("unknown_member", field="member")
    person = member_queries.resolve(member)
    members.edit(member=person, by=deed.by, at=deed.done_at, **deed.facts["details"])
    _say(person, deed)
    return NOTHING


def _reserve(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    _held(key, deed, at)
    return NOTHING


def _release(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    row = _held(key, deed, at)
    if row.state == Redemption.State.RESERVED:
        rewards.release(redemption=row, by=deed.by, at=at)
    return NOTHING


def _hand_over(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    row = _held(key, deed, at)
    shop = programmes.shop_by_code(programme=key.programme, code=deed.facts["shop"])
    owed = rewards.hand_over_again(redemption=row, shop=shop, by=deed.by, handed_at=deed.done_at, at=at)
    return (REWARD_OWED,) if owed else ()


def _reverse(key: Key, deed: Deed, at: datetime) -> tuple[str, ...]:
    """Up to as many points in total as had come back then."""
    row = _held(key, deed, at)
    points = deed.facts["reversed"] - row.reversed
    if points > 0:
        rewards.reverse(redemption=row, points=points, by=deed.by, at=at)
    return NOTHING


def _held(key: Key, deed: Deed, at: datetime) -> Redemption:
    held = rewards.HELD.validate_python(deed.facts["held"])
    rewards.hold_again(source=key.source, held=held, at=at)
    return reward_queries.redemptions(key.programme, public_ids=[held.id])[held.id]


DEEDS: dict[str, Callable[[Key, Deed, datetime], tuple[str, ...]]] = {
    "enrol": _enrol,
    "edit": _edit,
    "reserve": _reserve,
    "release": _release,
    "hand_over": _hand_over,
    "reverse": _reverse,
}

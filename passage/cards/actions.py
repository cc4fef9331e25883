"""Every write to cards: the moves of E-33, blank -> active -> blocked, lost, replaced or expired.

Points stay with the member whatever happens to a card.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from passage.audit.actions import note
from passage.cards import numbers as card_numbers
from passage.cards import queries
from passage.cards.errors import NotThisCard
from passage.cards.models import Card, NumberPattern, OwnCard
from passage.cards.patterns import Pattern
from passage.members import queries as members
from passage.members.canonical import name as clean
from passage.members.models import Member
from passage.programme import limits, pointing
from passage.programme.errors import Refused
from passage.programme.models import Programme, Staff

State = Card.State

# From where each move may start.
MAY_BECOME: dict[State, frozenset[State]] = {
    State.ACTIVE: frozenset({State.BLOCKED, State.LOST}),
    State.BLOCKED: frozenset({State.ACTIVE}),
    State.LOST: frozenset({State.ACTIVE, State.BLOCKED}),
    State.REPLACED: frozenset({State.ACTIVE, State.BLOCKED, State.LOST}),
    State.EXPIRED: frozenset({State.ACTIVE, State.BLOCKED, State.LOST}),
}


@transaction.atomic
def make_blank(*, programme: Programme, numbers: Iterable[str], at: datetime, by: str) -> list[Card]:
    """Cards without a member yet, all or none. Only what went through here is a blank card.

    Raises ``Refused("taken")`` with some of the numbers that exist, ``card_unreadable``, ``too_many``.
    """
    wanted = list(dict.fromkeys(card_numbers.canonical(each) for each in numbers))
    if len(wanted) > limits.CARDS:
        raise Refused("too_many", field="numbers", params={"limit": limits.CARDS})
    _refuse_known(programme, wanted)
    blank = [Card(programme=programme, number=each, made_at=at, changed_at=at) for each in wanted]
    try:
        with transaction.atomic():
            made = Card.objects.bulk_create(blank, batch_size=limits.IN_ONE_QUERY)
    except IntegrityError:
        # Somebody was faster between the look and the write.
        _refuse_known(programme, wanted)
        raise
    note(programme=programme, by=by, verb="cards.made", subject=f"programme:{programme.slug}", at=at, count=len(made))
    return made


@transaction.atomic
def make_of_pattern(*, programme: Programme, pattern: Pattern, count: int, at: datetime, by: str) -> list[Card]:
    """Blank cards with new numbers of a pattern of one's own, which is kept: a slip in such a number is known from then on.

    Raises as ``Pattern.validate`` and ``make_blank`` do.
    """
    pattern.validate()
    wanted = card_numbers.distinct(count=count, new=pattern.new)
    told = {"prefix": pattern.prefix, "length": pattern.length, "check_kind": pattern.check_kind}
    NumberPattern.objects.bulk_create(
        [NumberPattern(programme=programme, made_at=at, by=by, **told)], ignore_conflicts=True
    )
    return make_blank(programme=programme, numbers=wanted, at=at, by=by)


@transaction.atomic
def bind(*, card: Card, member: Member, by: str, at: datetime) -> Card:
    """A blank card becomes this member's. Raises ``card_bound`` for any other card, ``unknown_member``, ``member_blocked``."""
    return _bind(_held(card), owner=_owner(card.programme, member), by=by, at=at)


@transaction.atomic
def issue(*, programme: Programme, member: Member, by: str, at: datetime, number: str = "") -> Card:
    """A card for the member at once: a new number, a blank card's, or without a number a code of our own.

    Raises ``card_bound`` for a number that somebody has already.
    """
    owner = _owner(programme, member)
    wanted = card_numbers.canonical(number) if number else card_numbers.code()
    known = queries.find(programme=programme, code=wanted)
    if known is not None:
        return _bind(_held(known), owner=owner, by=by, at=at)
    try:
        with transaction.atomic():
            card: Card = Card.objects.create(
                programme=programme, number=wanted, state=State.ACTIVE, member=owner, made_at=at, changed_at=at
            )
    except IntegrityError:
        # Somebody was faster between the look and the write.
        if queries.find(programme=programme, code=wanted) is None:
            raise
        raise NotThisCard("card_bound") from None
    note(programme=programme, by=by, verb="card.issued", subject=_subject(card), at=at, member=str(owner.public_id))
    return card


@transaction.atomic
def block(*, card: Card, reason: str, by: str, at: datetime) -> Card:
    """Neither earns nor spends until unblocked."""
    return _turn(card, to=State.BLOCKED, verb="card.blocked", reason=reason, by=by, at=at)


@transaction.atomic
def unblock(*, card: Card, by: str, at: datetime) -> Card:
    """A blocked card, or a lost one that was found, works again."""
    return _turn(card, to=State.ACTIVE, verb="card.unblocked", by=by, at=at)


@transaction.atomic
def lose(*, card: Card, reason: str, by: str, at: datetime) -> Card:
    """Blocked at once because it is no longer in its member's hands (E-32)."""
    return _turn(card, to=State.LOST, verb="card.lost", reason=reason, by=by, at=at)


@transaction.atomic
def expire(*, card: Card, by: str, at: datetime) -> Card:
    """The end of a card; its member's points live on."""
    return _turn(card, to=State.EXPIRED, verb="card.expired", by=by, at=at)


@transaction.atomic
def replace(*, card: Card, by: str, at: datetime, new_number: str = "") -> Card:
    """The member's new card: a blank one's number, or without a number a code of our own. Answers the new card.

    The old one says from now on that it was replaced. Raises ``card_state``, and for the new number
    ``card_unknown`` (a number off the shelf is no card: E-33) or ``card_bound``. Asked again with the same
    number it changes nothing.
    """
    old = _held(card)
    if old.replaced_by is not None and new_number and old.replaced_by.number == card_numbers.canonical(new_number):
        return old.replaced_by
    _refuse_move(old, to=State.REPLACED)
    assert old.member is not None  # the database keeps every card that is not blank with a member
    successor = _successor(old, number=new_number, by=by, at=at)
    old.state, old.replaced_by, old.changed_at = State.REPLACED, successor, at
    old.save(update_fields=["state", "replaced_by", "changed_at"])
    note(programme=old.programme, by=by, verb="card.replaced", subject=_subject(old), at=at, card=successor.pk)
    return successor


def _successor(old: Card, *, number: str, by: str, at: datetime) -> Card:
    assert old.member is not None
    owner = _owner(old.programme, old.member)
    if not number:
        return issue(programme=old.programme, member=owner, by=by, at=at)
    blank = queries.find(programme=old.programme, code=number)
    if blank is None:
        mistyped = queries.looks_mistyped(card_numbers.canonical(number), programme=old.programme)
        raise NotThisCard("card_typo" if mistyped else "card_unknown", field="new_number")
    return _bind(_held(blank), owner=owner, by=by, at=at, field="new_number")


def _bind(held: Card, *, owner: Member, by: str, at: datetime, field: str = "card") -> Card:
    if held.state != State.BLANK:
        raise NotThisCard("card_bound", field=field)
    held.state, held.member, held.changed_at = State.ACTIVE, owner, at
    held.save(update_fields=["state", "member", "changed_at"])
    member = str(owner.public_id)
    note(programme=held.programme, by=by, verb="card.bound", subject=_subject(held), at=at, member=member)
    return held


def _turn(card: Card, *, to: State, verb: str, by: str, at: datetime, reason: str = "") -> Card:
    """Moves the card; a card that is there already stays as it is."""
    held = _held(card)
    if held.state == to:
        return held
    _refuse_move(held, to=to)
    held.state, held.changed_at = to, at
    held.reason = clean(reason, field="reason", limit=limits.REASON)
    held.save(update_fields=["state", "changed_at", "reason"])
    note(programme=held.programme, by=by, verb=verb, subject=_subject(held), at=at)
    return held


def _refuse_move(held: Card, *, to: State) -> None:
    if held.state == State.BLANK:
        raise NotThisCard("card_blank")
    if held.state not in MAY_BECOME[to]:
        raise NotThisCard("card_state", params={"state": held.state, "to": str(to)})


def _refuse_known(programme: Programme, wanted: list[str]) -> None:
    known = sorted(queries.by_numbers(programme=programme, numbers=wanted))
    if known:
        raise Refused("taken", field="numbers", params={"numbers": known[:5], "count": len(known)})


def _held(card: Card) -> Card:
    """The row as it is now, locked until the end of the transaction."""
    held: Card = Card.objects.of(card.programme_id).select_for_update(no_key=True).get(pk=card.pk)
    return held


def _owner(programme: Programme, member: Member) -> Member:
    """The member as they are now: of the same programme, not blocked."""
    known = members.by_ids(programme=programme, ids=[member.pk])
    if member.pk not in known:
        raise Refused("unknown_member", field="member")
    return members.usable(known[member.pk])


def _subject(card: Card) -> str:
    return f"card:{card.pk}"


def hand_over(*, gone: Member, kept: Member) -> list[int]:
    """All cards of a merged member now lead to the one they became; the ids of the cards that moved."""
    moved = list(Card.objects.of(gone.programme_id).filter(member=gone).values_list("id", flat=True))
    Card.objects.of(gone.programme_id).filter(id__in=moved).update(member=kept)
    return moved


def hand_back(*, cards: list[int], kept: Member, gone: Member) -> None:
    """The way back of `hand_over`, for the cards that are still there: others may be somebody else's by now."""
    Card.objects.of(gone.programme_id).filter(id__in=cards, member=kept).update(member=gone)


def forget(*, people: Sequence[Member], at: datetime) -> list[int]:
    """The plastic of a person who is forgotten leads to nobody: each card gets a number that is on no card.

    The ids of their cards.
    """
    rows = list(Card.objects.of(people[0].programme_id).select_for_update(no_key=True).filter(member__in=people))
    for card in rows:
        card.number, card.reason, card.state = f"ERASED{uuid.uuid4().hex.upper()}", "", State.EXPIRED
        card.changed_at = at
    Card.objects.bulk_update(rows, ["number", "reason", "state", "changed_at"])
    # Who of the staff the number was would name everything that stays under it.
    OwnCard.objects.of(people[0].programme_id).filter(member__in=people).delete()
    return [card.pk for card in rows]


@transaction.atomic
def name_own(*, staff: Staff, member: Member, by: str, at: datetime) -> OwnCard:
    """From now on the programme knows that this member is that person; naming it again changes nothing."""
    if member.programme_id != staff.programme_id:
        raise Refused("unknown_member", field="member")
    programme, person = staff.programme, members.resolve(member)
    row, is_new = OwnCard.objects.get_or_create(
        programme=programme, staff=staff, member=person, ended_at=None, defaults={"by": by, "at": at}
    )
    if is_new:
        note(programme=programme, by=by, verb="own_card.named", subject=f"staff:{staff.pk}", at=at, own=row.pk)
    return row


@transaction.atomic
def end_own(*, own: OwnCard, by: str, at: datetime) -> OwnCard:
    """The member is not that person after all; what was looked for until then stays found."""
    row: OwnCard = OwnCard.objects.of(own.programme_id).select_for_update(no_key=True).get(pk=own.pk)
    if row.ended_at is None:
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        note(programme=row.programme, by=by, verb="own_card.ended", subject=f"staff:{row.staff_id}", at=at, own=row.pk)
    return row


@transaction.atomic
def issue_all(*, programme: Programme, owners: Sequence[tuple[str, Member | None]], at: datetime) -> list[Card]:
    """New cards from canonical numbers, in the same order: a member's at once, or blank without one. For imports,
    which look first and write it down once. Raises IntegrityError for a number that exists by now.
    """
    fresh = [
        Card(
            programme=programme,
            number=number,
            member=owner,
            state=State.BLANK if owner is None else State.ACTIVE,
            made_at=at,
            changed_at=at,
        )
        for number, owner in owners
    ]
    return Card.objects.bulk_create(fresh)


@transaction.atomic
def bind_all(*, programme: Programme, owners: Mapping[int, int], at: datetime) -> set[int]:
    """Blank cards become members', by the ids of both; the ids of the cards that were still blank."""
    rows = Card.objects.of(programme).filter(pk__in=owners, state=State.BLANK)
    held = list(rows.select_for_update(no_key=True).order_by("id"))
    for card in held:
        card.state, card.member_id, card.changed_at = State.ACTIVE, owners[card.pk], at
    if held:
        Card.objects.bulk_update(held, ["state", "member", "changed_at"])
    return {card.pk for card in held}


@transaction.atomic
def take_back(*, programme: Programme, made: Iterable[int], bound: Iterable[int], at: datetime) -> set[int]:
    """Cards that were ``made`` go, cards that were ``bound`` are blank again; the ids of those that could.

    A card that was used, replaced, or has left the state it was given stays.
    """
    asked, given = set(made), set(bound)
    rows = Card.objects.of(programme).filter(pk__in=asked | given, state__in=(State.BLANK, State.ACTIVE))
    held = {card.pk: card for card in rows.select_for_update().order_by("id")}
    free = held.keys() - pointing.needed(Card, held)
    Card.objects.of(programme).filter(pk__in=free & asked).delete()
    again = Card.objects.of(programme).filter(pk__in=free & given)
    again.update(state=State.BLANK, member=None, changed_at=at)
    return free

"""From a number to a card, and from a card to the reason why it cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from passage.cards import numbers as card_numbers
from passage.cards.errors import NotThisCard
from passage.cards.models import Card, NumberPattern, OwnCard
from passage.cards.patterns import Check, Pattern
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import limits
from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Role, Staff

REFUSALS = {
    Card.State.BLANK: "card_blank",
    Card.State.BLOCKED: "card_blocked",
    Card.State.LOST: "card_lost",
    Card.State.EXPIRED: "card_expired",
}


def find(*, programme: Programme, code: str) -> Card | None:
    """The card with this number, typed or scanned in any spelling, in whatever state; its member comes with it."""
    try:
        number = card_numbers.canonical(code)
    except Refused:
        return None
    cards = Card.objects.of(programme).filter(number=number)
    found: Card | None = cards.select_related("member", "replaced_by").first()
    return found


def any_blank(programme: Programme, /) -> bool:
    return bool(Card.objects.of(programme).filter(state=Card.State.BLANK).exists())


@dataclass(frozen=True, slots=True)
class Batch:
    """Cards made together of which some are still blank; ``first`` is the row number of the first of these."""

    first: int
    made_at: datetime
    blank: int


def stock(*, programme: Programme, limit: int = limits.PAGE) -> list[Batch]:
    """The batches that still have blank cards, newest first."""
    blank = Card.objects.of(programme).filter(state=Card.State.BLANK).order_by("-made_at")
    batches = blank.values("made_at").annotate(first=Min("id"), left=Count("id"))[:limit]
    return [Batch(first=each["first"], made_at=each["made_at"], blank=each["left"]) for each in batches]


def blank_numbers(*, programme: Programme, first: int) -> list[str]:
    """The numbers still blank of the batch that the card ``first`` was made with, as they were made."""
    cards = Card.objects.of(programme)
    made_at = cards.filter(pk=first).values_list("made_at", flat=True).first()
    if made_at is None:
        return []
    blank = cards.filter(state=Card.State.BLANK, made_at=made_at).order_by("id")
    return list(blank.values_list("number", flat=True))


def by_numbers(*, programme: Programme, numbers: Iterable[str]) -> dict[str, Card]:
    """Cards by canonical number, with their members; unknown ones are not in the answer.

    One statement for each `limits.IN_ONE_QUERY` numbers.
    """
    wanted = [number for number in dict.fromkeys(numbers) if card_numbers.NUMBER.fullmatch(number)]
    found: dict[str, Card] = {}
    for start in range(0, len(wanted), limits.IN_ONE_QUERY):
        part = wanted[start : start + limits.IN_ONE_QUERY]
        cards = Card.objects.of(programme).filter(number__in=part).select_related("member", "replaced_by")
        found |= {card.number: card for card in cards}
    return found


def of_member(*, member: Member) -> list[Card]:
    """The member's cards, the newest first."""
    return list(Card.objects.of(member.programme_id).filter(member=member).order_by("-id")[: limits.PAGE])


def patterns(programme: Programme, /) -> list[Pattern]:
    """The number patterns of one's own that cards were made by, the newest first."""
    rows = NumberPattern.objects.of(programme).order_by("-id")
    return [Pattern(row.prefix, row.length, Check(row.check_kind)) for row in rows]


def looks_mistyped(number: str, /, *, programme: Programme | None) -> bool:
    """Whether an unknown ``number`` is probably a slip of the hand, by the programme's own patterns and the usual ones."""
    own = [each for each in patterns(programme) if each.fits(number)] if programme else []
    if own:
        return not any(each.adds_up(number) for each in own)
    return card_numbers.looks_mistyped(number)


def usable(card: Card | None, *, code: str = "", programme: Programme | None = None) -> Card:
    """The card, if it may earn and spend. Raises `NotThisCard` with the reason.

    For a card that was not found give what was typed as ``code``: card_unreadable and card_typo tell a slip
    of the hand from card_unknown, with ``programme`` in its own patterns as well. A replaced card names the last characters of its successor, nobody's name.
    """
    if card is None:
        number = card_numbers.canonical(code) if code else ""
        raise NotThisCard("card_typo" if looks_mistyped(number, programme=programme) else "card_unknown")
    if card.state == Card.State.REPLACED:
        successor = card.replaced_by
        raise NotThisCard("card_replaced", params={"by": card_numbers.masked(successor.number) if successor else ""})
    if card.state in REFUSALS:
        raise NotThisCard(REFUSALS[Card.State(card.state)])
    return card


def read(*, programme: Programme, code: str) -> Card:
    """The usable card behind what was typed or scanned. Raises as `usable` does."""
    return usable(find(programme=programme, code=code), code=code, programme=programme)


def own_cards(*, staff: Staff) -> list[OwnCard]:
    """The members that this person has been named to be, oldest first."""
    rows = OwnCard.objects.of(staff.programme_id).filter(staff=staff, ended_at=None)
    return list(rows.select_related("member", "programme").order_by("id"))


def own_members(*, programme: Programme) -> dict[int, set[int]]:
    """For each log-in of the staff the members it is: named ones, those named once, and of the same log-in. Three statements."""
    named = list(OwnCard.objects.of(programme).values_list("staff__login_id", "member_id"))
    logins = Staff.objects.of(programme).values("login_id")
    same = Member.objects.of(programme).filter(login_id__in=logins).values_list("login_id", "pk")
    present = members.by_ids(programme=programme, ids=[member for _, member in named])
    found: dict[int, set[int]] = {}
    for login, member in [*named, *same]:
        found.setdefault(login, set())
        found[login] |= {member, present[member].pk if member in present else member}
    return found


# What rules and rewards ask for, so that whoever sets it gives: a birthday present, points for a mark.
GIFTS = ("birthday", "name_day", "tags")


def check_not_own_gifts(*, member: Member, by: str, details: Mapping[str, Any]) -> None:
    """Raises ``Refused("own_gift")`` when ``by`` would change what earns on their own card; the rest is theirs to put right."""
    held = members.resolve(member)
    for field in GIFTS:
        told = details.get(field)
        if told is None or (sorted(told) == sorted(held.tags) if field == "tags" else told == getattr(held, field)):
            continue
        try:
            check_not_own(programme=held.programme, by=by, member=held)
        except Refused:
            raise Refused("own_gift", field=field) from None


def check_not_own(*, programme: Programme, by: str, member: Member | None, code: str = "own_card") -> None:
    """Raises `Refused` when ``by`` ("staff:7") is that very member and may not serve themselves.

    Known by being named, or by one log-in for both. The owner may, and everybody where the programme lets them (P-46).
    """
    login = programmes.login_of(programme=programme, by=by) if member is not None else None
    if member is None or login is None:
        return
    named = OwnCard.objects.of(programme).filter(staff__login_id=login, ended_at=None).values("member_id")
    rows = Member.objects.of(programme).filter(Q(login_id=login) | Q(pk__in=named)).select_related("programme")
    if members.resolve(member).pk not in {members.resolve(each).pk for each in rows}:
        return
    is_owner = Staff.objects.of(programme).filter(login_id=login, left_at=None, role=Role.OWNER).exists()
    if not is_owner and not programmes.control(programme=programme).own_card:
        raise Refused(code, field="member")

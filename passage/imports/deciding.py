"""What becomes of one row, from what it says and from what is there: the same rule for the rehearsal and for the deed.

Codes of faults: two_members (its identifiers lead to different ones), other_name (what leads here belongs to
somebody of another name), other_number (the same person has another number), member_blocked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from passage.cards.models import Card
from passage.imports.cells import Fault, Said
from passage.imports.models import Import, Row
from passage.members import canonical
from passage.members.models import Member

Outcome = Row.Outcome
Choice = Import.Choice
# What leads to a member: the column of a row, and the field that a person knows it by. The strongest first.
KEYS = {"external_id": "external_id", "card": "card", "email_key": "email", "phone": "phone"}
# An address or a phone may be a family's: by these alone nobody is changed into somebody else (E-34).
SHARED = frozenset({"email_key", "phone"})


@dataclass(frozen=True, slots=True)
class World:
    """What is there for a batch of rows: cards by number, members by each unique detail, consents by member."""

    cards: Mapping[str, Card]
    members: Mapping[str, Mapping[str, Member]]
    consents: Mapping[int, Mapping[str, bool]]

    def led_to(self, said: Said) -> dict[str, Member]:
        found = {key: self.members[key].get(said.details.get(key, "")) for key in self.members}
        card = self.cards.get(said.card)
        found["card"] = card.member if card is not None else None
        return {key: found[key] for key in KEYS if (found.get(key)) is not None}  # type: ignore[misc]


@dataclass(slots=True)
class Verdict:
    """``fills`` and ``overwrites`` are the columns that each choice would change; ``card`` is to be bound or made."""

    outcome: Outcome
    member: Member | None = None
    fills: dict[str, Any] = field(default_factory=dict)
    overwrites: dict[str, Any] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)
    takes_back: dict[str, bool] = field(default_factory=dict)
    needs_card: bool = False
    faults: list[Fault] = field(default_factory=list)

    def changes(self, choice: str) -> dict[str, Any]:
        return {Choice.FILL: self.fills, Choice.OVERWRITE: self.overwrites}.get(Choice(choice), {})

    def answers(self, choice: str) -> dict[str, bool]:
        """A "no" that was said here is never made a "yes" by a file; a "yes" is taken back only by who overwrites."""
        return {
            Choice.FILL: self.consents,
            Choice.OVERWRITE: self.consents | self.takes_back,
            Choice.SKIP: {},
        }[Choice(choice)]

    def adds(self) -> list[str]:
        """The fields that are empty and would be filled in, for who is there already."""
        if self.member is None:
            return []
        card = ["card"] if self.needs_card else []
        return [*card, *_fields(self.fills), *(f"consent_{purpose}" for purpose in self.consents)]

    def differs(self) -> list[str]:
        """The fields that hold something else, and would only be overwritten."""
        others = self.overwrites.keys() - self.fills.keys()
        return [*_fields(others), *(f"consent_{purpose}" for purpose in self.takes_back)]


def _fields(columns: Iterable[str]) -> list[str]:
    return sorted(set(columns) - {"email_key"})


def verdict(said: Said, world: World) -> Verdict:
    if said.faults:
        return Verdict(Outcome.WRONG, faults=said.faults)
    led = world.led_to(said)
    card = world.cards.get(said.card)
    if len({member.pk for member in led.values()}) > 1:
        *_others, last = (key for key in led if led[key].pk != next(iter(led.values())).pk)
        return _wrong(last, "two_members")
    if led:
        return _known(said, world, led, card)
    if said.is_person:
        consents = {purpose: True for purpose, yes in said.consents.items() if yes}
        return Verdict(Outcome.NEW, consents=consents, needs_card=bool(said.card))
    return Verdict(Outcome.CARD if card is None else Outcome.SAME, needs_card=card is None)


def _known(said: Said, world: World, led: Mapping[str, Member], card: Card | None) -> Verdict:
    member = next(iter(led.values()))
    key, is_shared = next(iter(led)), SHARED.issuperset(led)
    if _is_named_otherwise(said, member, wholly=not is_shared):
        return _wrong(key, "other_name")
    number = said.details.get("external_id") or member.external_id
    if is_shared and member.external_id not in ("", number):
        return _wrong("external_id", "other_number")
    needs_card = bool(said.card) and (card is None or card.state == Card.State.BLANK)
    if needs_card and member.status == Member.Status.BLOCKED:
        return _wrong("card", "member_blocked")
    fills, overwrites = _differences(said.details, member)
    told = world.consents.get(member.pk, {})
    found = Verdict(
        Outcome.SAME,
        member=member,
        fills=fills,
        overwrites=overwrites,
        consents={purpose: True for purpose, yes in said.consents.items() if yes and purpose not in told},
        takes_back={purpose: False for purpose, yes in said.consents.items() if not yes and told.get(purpose)},
        needs_card=needs_card,
    )
    if fills or overwrites or found.consents or found.takes_back or needs_card:
        found.outcome = Outcome.CHANGE
    return found


def _wrong(key: str, code: str) -> Verdict:
    return Verdict(Outcome.WRONG, faults=[(KEYS.get(key, key), code, {})])


def _is_named_otherwise(said: Said, member: Member, *, wholly: bool) -> bool:
    """Both have a name, and neither is a part of the other: Anna is Anna Nowak, in any order and without accents.

    ``wholly``: they have no word in common. Who is known by a card or a number may have married, but not become another.
    """
    first, last = said.details.get("first_name", ""), said.details.get("last_name", "")
    theirs = set(member.name_key.split())
    ours = set(canonical.name_key(first=first, last=last).split())
    if not (ours and theirs):
        return False
    return ours.isdisjoint(theirs) if wholly else not (ours <= theirs or theirs <= ours)


def _differences(details: Mapping[str, Any], member: Member) -> tuple[dict[str, Any], dict[str, Any]]:
    """Marks are only ever added; an e-mail goes with its key."""
    fills: dict[str, Any] = {}
    overwrites: dict[str, Any] = {}
    for column, value in details.items():
        present = getattr(member, column)
        if column == "tags":
            both = sorted({*present, *value})
            if both != sorted(present):
                fills[column] = overwrites[column] = both
        elif value and value != present:
            overwrites[column] = value
            if not present:
                fills[column] = value
    if "email" in overwrites and "email_key" not in overwrites:
        # The same address in other capitals is no news.
        del overwrites["email"]
    return fills, overwrites


def identifiers(said: Said) -> dict[str, str]:
    """What leads to a member, by the column of the row that keeps it."""
    return {key: said.card if key == "card" else said.details.get(key, "") for key in KEYS}


def twins(
    rows: Iterable[tuple[int, Said, Member | None]], earlier: Mapping[str, Mapping[Any, int]]
) -> dict[int, Fault]:
    """Rows that mean somebody whom a row before them means: by number, with the field and that other row.

    Each comes with the member it leads to. ``earlier`` are the identifiers, and as "member" the members, of the rows of
    earlier batches; rows that are wrong are not to be given.
    """
    seen: dict[str, dict[Any, int]] = {key: dict(numbers) for key, numbers in earlier.items()}
    found: dict[int, Fault] = {}
    for number, said, member in rows:
        own: dict[str, Any] = {key: value for key, value in identifiers(said).items() if value}
        if member is not None:
            own["member"] = member.pk
        first = next((key for key in own if own[key] in seen.get(key, {})), None)
        if first is not None:
            found[number] = (KEYS.get(first, ""), "twice", {"row": seen[first][own[first]]})
            continue
        for key, value in own.items():
            seen.setdefault(key, {})[value] = number
    return found

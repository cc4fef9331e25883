"""Whom the member column means: the number of a member, the number of a card, or one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from passage.cards import numbers
from passage.cards import queries as cards
from passage.cards.models import Card
from passage.connectors.receipts.profile import Profile
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.purchases.values import MemberRef


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is meant, if anybody is known, and how a sale names them. ``is_new``: to be enrolled."""

    member: Member | None
    ref: MemberRef
    is_new: bool = False


class Guests:
    """Everybody that a file names, each looked up once."""

    def __init__(self, *, programme: Programme, profile: Profile) -> None:
        self.programme, self.members = programme, profile.members
        self.known: dict[str, Guest] = {}

    def meet(self, texts: Iterable[str]) -> None:
        """Look up those that were not met yet, a few statements for all of them."""
        new = sorted(set(texts) - self.known.keys())
        by_number: dict[str, Member] = {}
        if new and self.members.by != "card":
            by_number = members.by_external_ids(programme=self.programme, external_ids=new)
        rest = [text for text in new if text not in by_number]
        by_card = self._cards(rest) if rest and self.members.by != "number" else {}
        for text in new:
            self.known[text] = self._guest(text, by_number.get(text), by_card.get(text))

    def __getitem__(self, text: str) -> Guest:
        return self.known[text]

    def enrolled(self, found: Mapping[str, Member]) -> None:
        """These are members now."""
        for text, member in found.items():
            self.known[text] = Guest(member, MemberRef(external_id=text))

    def _guest(self, text: str, member: Member | None, card: Card | None) -> Guest:
        if member is None and (card is not None or self.members.by == "card"):
            holder = members.resolve(card.member) if card is not None and card.member is not None else None
            return Guest(holder, MemberRef(card=text))
        return Guest(member, MemberRef(external_id=text), is_new=member is None and self.members.create)

    def _cards(self, texts: list[str]) -> dict[str, Card]:
        spelt = {text: number for text in texts if (number := _number(text))}
        found = cards.by_numbers(programme=self.programme, numbers=spelt.values())
        return {text: found[number] for text, number in spelt.items() if number in found}


def _number(text: str) -> str:
    try:
        return numbers.canonical(text)
    except Refused:
        return ""

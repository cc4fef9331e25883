"""Finding members in the back office: by what identifies them, else by name."""

from __future__ import annotations

import re
from datetime import datetime

from passage.cards import queries as cards
from passage.members import queries
from passage.members.models import Member
from passage.programme import throttle
from passage.programme.errors import Refused
from passage.programme.models import Staff
from passage.programme.throttle import MISSES_OF_READER

PAGE = 25
LIKE_A_NUMBER = re.compile(r"[\d@]")


def one_member(staff: Staff, *, text: str, at: datetime) -> Member:
    """The one member behind a card, a phone number or an address. Raises `Refused` with what is wrong, too_many_misses
    for a person who typed too many that are nobody's."""
    with throttle.looking(f"staff:{staff.pk}", at=at):
        card = cards.find(programme=staff.programme, code=text)
        if card is not None:
            member = cards.usable(card).member
            assert member is not None  # usable cards are bound
            return queries.usable(queries.resolve(member))
        rows = queries.find(programme=staff.programme, text=text)
        if not rows:
            raise Refused("nobody_found", field="member")
    if len(rows) > 1:
        raise Refused("member_ambiguous", field="member")
    return queries.usable(rows[0])


def find_members(staff: Staff, *, text: str, after: str, at: datetime) -> tuple[list[Member], str]:
    """The members for what was typed, and where the next page begins ("" on the last one).

    A card number, phone, e-mail or number of another system leads to its member; anything else is a name. Raises
    ``Refused("too_many_misses")``: the page asks while somebody types, so for more of them than `one_member` does.
    """
    programme, who = staff.programme, f"staff:{staff.pk}"
    if text and not after:
        with throttle.looking(who, budget=MISSES_OF_READER, at=at):
            card = cards.find(programme=programme, code=text)
            known = [card.member] if card and card.member else queries.find(programme=programme, text=text)
        if known:
            return known, ""
    try:
        page = queries.search(programme=programme, text=text, after=after, limit=PAGE)
    except Refused:  # a cursor that leads nowhere: begin again
        page = queries.search(programme=programme, text=text, limit=PAGE)
    if not page.members and LIKE_A_NUMBER.search(text):
        throttle.count_miss(who, budget=MISSES_OF_READER, at=at)
    return page.members, page.after

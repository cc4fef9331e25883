"""Finding members in the back office: by what identifies them, else by name."""

from passage.cards import queries as cards
from passage.members import queries
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.programme.models import Programme

PAGE = 25


def one_member(programme: Programme, *, text: str) -> Member:
    """The one member behind a card, a phone number or an address. Raises `Refused` with what is wrong."""
    card = cards.find(programme=programme, code=text)
    if card is not None:
        member = cards.usable(card).member
        assert member is not None  # usable cards are bound
        return queries.usable(queries.resolve(member))
    rows = queries.find(programme=programme, text=text)
    if not rows:
        raise Refused("nobody_found", field="member")
    if len(rows) > 1:
        raise Refused("member_ambiguous", field="member")
    return queries.usable(rows[0])


def find_members(programme: Programme, *, text: str, after: str) -> tuple[list[Member], str]:
    """The members for what was typed, and where the next page begins ("" on the last one).

    A card number, phone, e-mail or number of another system leads to its member; anything else is a name.
    """
    if text and not after:
        card = cards.find(programme=programme, code=text)
        known = [card.member] if card and card.member else queries.find(programme=programme, text=text)
        if known:
            return known, ""
    try:
        page = queries.search(programme=programme, text=text, after=after, limit=PAGE)
    except Refused:  # a cursor that leads nowhere: begin again
        page = queries.search(programme=programme, text=text, limit=PAGE)
    return page.members, page.after

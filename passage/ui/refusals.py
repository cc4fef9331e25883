"""Refusals as sentences: what an action would not do, and what to do about it.

The codes are the ones that actions, queries and the journey give; the sentence names the remedy. One table
for every door, so that the till and the API say the same.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

REFUSALS: dict[str, str | Promise] = {
    # cards
    "card_unknown": _("No card and no member with this number. Check it, or give the member a card first."),
    "card_typo": _("This card number has a slip in it. Check the figures, or scan the card."),
    "card_unreadable": _("This is not a card number. Scan the card again, or type its letters and figures."),
    "card_blank": _("This card belongs to nobody yet. Give it to a member first."),
    "card_bound": _("This card belongs to a member already."),
    "card_blocked": _("This card is blocked. Ask the manager."),
    "card_lost": _("This card was reported lost. Ask the member for the new one."),
    "card_replaced": _("This card was replaced by another one ({by}). Use that one."),
    "card_expired": _("This card has expired. Give the member a new one."),
    "card_state": _("The card is not in a state that allows this."),
    # members
    "unknown_member": _("There is no such member in this programme."),
    "member_unknown": _("There is no such member in this programme."),
    "member_ambiguous": _("Several members share this number. Use the card."),
    "member_blocked": _("This member is blocked. Ask the manager."),
    "member_merged": _("This member was joined with another one. Use that one."),
    "invalid_email": _("This is not an e-mail address that can be used. Check it."),
    "invalid_phone": _("This is not a phone number that can be used. Check it, with its country if it is foreign."),
    "invalid_day": _("Write the day as month and day, for example 03-31."),
    "invalid_tag": _("A label begins with a letter or a figure."),
    "unknown_language": _("This language is not offered."),
    "unknown_field": _("There is no such field."),
    # anywhere
    "taken": _("This is in use already."),
    "invalid": _("This value cannot be used."),
    "too_long": _("This is too long: at most {limit} characters."),
    "too_many": _("These are too many: at most {limit}."),
    "bad_cursor": _("This page is gone. Start again from the first one."),
    "unknown_shop": _("There is no such shop in this programme."),
}


def refusal(code: str, params: Mapping[str, Any] | None = None, /) -> str:
    """The sentence of a refusal; a code without one of its own says that the value cannot be used, and its name."""
    pattern = REFUSALS.get(code)
    if pattern is None:
        return gettext("This was refused ({code}).").format(code=code)
    return str(pattern).format_map(_Dash(params or {}))


class _Dash(dict[str, Any]):
    """A number that is not there leaves a dash, never a broken page."""

    def __missing__(self, key: str) -> str:
        return "–"

"""Refusals as sentences: what an action would not do, and what to do about it.

The codes are those that a page can meet from cards, members and the journey; the sentence names the remedy.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

REFUSALS: dict[str, str | Promise] = {
    "card_unknown": _("No card and no member with this number. Check it, or give the member a card first."),
    "card_typo": _("This card number has a slip in it. Check the figures, or scan the card."),
    "card_unreadable": _("This is not a card number. Scan the card again, or type its letters and figures."),
    "card_blank": _("This card belongs to nobody yet. Give it to a member first."),
    "card_blocked": _("This card is blocked. Ask the manager."),
    "card_lost": _("This card was reported lost. Ask the member for the new one."),
    "card_replaced": _("This card was replaced by another one ({by}). Use that one."),
    "card_expired": _("This card has expired. Give the member a new one."),
    "nobody_found": _(
        "No member has this e-mail, phone or card number. Check what you typed, or scan the member’s card."
    ),
    "unknown_member": _("There is no such member in this programme."),
    "member_ambiguous": _("Several members share this number. Use the card."),
    "member_blocked": _("This member is blocked. Ask the manager."),
    "member_merged": _("This member was joined with another one meanwhile. Open their page again."),
    "member_erased": _("This person was erased. Nothing of theirs can be changed any more."),
    "merge_in_use": _("These two can no longer be parted: something that came with the merge was used since."),
    "same_member": _("This is the same member already. Choose the other one."),
    "conflict": _("This was recorded already with other details. Look it up before sending it again."),
    "other_content": _("This was recorded already with other details. Look it up before sending it again."),
    "occurred_in_future": _("This moment lies in the future. Check the date and the clock."),
    "wrong_currency": _("This programme counts in {currency}."),
    "insufficient_points": _("Not that many are there. Choose fewer."),
    "own_card": _("This is your own card. Let a colleague do it."),
    "own_card_rung_up": _("Rung up on the clerk’s own card. Record it once somebody else has looked at the receipt."),
    "decided": _("Somebody has answered this already."),
    "over": _("Nobody answered in time. It has to be asked for again."),
    "same_person": _("Somebody else has to agree: not the one who asked."),
    "needs_approval": _("More than {limit} needs a second person."),
    "approval_missing": _("This needs the PIN of somebody who may allow it, such as the manager."),
    "cannot_be_mended": _(
        "This could not even be read, so it cannot be recorded. Enter the visit by hand from its receipt."
    ),
    "no_sale_yet": _("The sale that this belongs to has not arrived yet. Wait for it, or enter it by hand first."),
    "before_last_version": _("A later version is there already. Choose a day from the one on which it begins."),
    "needs_a_purchase": _(
        "A bonus without a purchase cannot ask for a shop, a basket or the first purchase: nobody would ever get it. "
        "Leave that condition out."
    ),
    "new_scale": _("What is left over from purchases is counted in other steps. End this rule and make a new one."),
    "changed_meanwhile": _("The rule was changed after this was tried. Try the draft again, then publish it."),
    "in_the_past": _("This day is over. What was recorded stays as it is: choose today or a later day."),
    "published_already": _("This was published already. To change it, open the rule."),
    "too_far": _("This day is too far away. Choose one up to the end of {year}."),
    "ends_before_it_begins": _("This day comes before the one from which it is to count. Choose a later one."),
    "inactivity_is_for_all": _(
        "Ending after the last purchase is for a whole account, so it cannot begin or stop for new points only. "
        "Add another unit instead."
    ),
    "nothing_to_try": _("A bonus without a purchase cannot be tried on purchases. Save it, from a day on."),
    "nothing_given": _("No level was given by hand to this member: the one they hold was earned."),
    "not_waiting": _("This prize does not wait any more. Look at the list again."),
    "out_of_stock": _("None is left."),
    "limit_reached": _("The member has had it as often as allowed."),
    "in_debt": _("First {debt} must be earned to settle an earlier return."),
    "reward_ended": _("This reward is not offered any more."),
    "number_taken": _("Another sale of this till has the same number. It can be recorded under a number of its own."),
    "pairing_unknown": _(
        "This code is not known, was used already, or is older than a quarter of an hour. Ask for a new one."
    ),
    "last_day_first": _("The last day is before the first one."),
    "out_of_range": _("This number is too large or too small."),
    "picture_heavy": _("This picture is larger than {limit} MB. Send a smaller one."),
    "picture_large": _("This picture has more than {limit} million pixels. Send a smaller one."),
    "picture_unreadable": _("This is no picture that can be read. Send a JPEG, a PNG or a WebP."),
    "stock_short": _("There are not so many to take away."),
    "pin_too_simple": _(
        "Everybody guesses this PIN. Choose digits that are neither all the same nor a row such as 1234."
    ),
    "product_taken": _("Another product has this barcode already. Check it, or leave it empty."),
    "reason_missing": _("Say why in a few words."),
    "till_revoked": _("This till had been disconnected when it delivered the visit. Record it if you know the till."),
    "too_late": _("This visit is more than {days} days old. Record it if its receipt is genuine."),
    "too_late_to_undo": _(
        "Only the clerk who rang it up can undo a sale, within {minutes} minutes. Return or void it instead."
    ),
    "unknown_sale": _("There is no such sale here. Check the number on its receipt."),
    "unreadable": _("This could not be read. Enter the visit by hand from its receipt."),
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

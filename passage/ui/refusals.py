"""Refusals as sentences: what an action would not do, and what to do about it.

Every code that a room refuses with has a sentence here, and so has every reason why a reward does not apply; the
sentence names the remedy. A code that is about any field at all gets the name of the field put before it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from passage.engine.reasons import WhyNot
from passage.ui.sentences import condition

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
    "unknown_member": _("There is no such member in this programme. Look them up again."),
    "member_ambiguous": _("Several members share this number. Use the card."),
    "member_blocked": _("This member is blocked. Ask the manager."),
    "member_merged": _("This member was joined with another one meanwhile. Open their page again."),
    "member_erased": _("This person was erased, so nothing of theirs can be changed. Who comes back is enrolled anew."),
    "merge_in_use": _("These two can no longer be parted: something that came with the merge was used since."),
    "same_member": _("This is the same member already. Choose the other one."),
    "conflict": _("This was recorded already with other details. Look it up before sending it again."),
    "other_content": _("This was recorded already with other details. Look it up before sending it again."),
    "occurred_in_future": _("This moment lies in the future. Check the date and the clock."),
    "wrong_currency": _("This programme counts in {currency}. Enter the amounts in {currency}."),
    "insufficient_points": _("Not that many are there. Choose fewer."),
    "own_gift": _("On your own card this is not yours to set: it can earn points. Let a colleague do it."),
    "own_card": _("This is your own card. Let a colleague do it."),
    "own_card_rung_up": _("Rung up on the clerk’s own card. Record it once somebody else has looked at the receipt."),
    "decided": _("Somebody has answered this already. Look at the list again."),
    "over": _("Nobody answered in time. It has to be asked for again."),
    "same_person": _("Somebody else has to agree: not the one who asked."),
    "not_apart": _(
        "These two do not count as two: one gave the other the place or a link, or one person gave both theirs a short "
        "time ago. Let somebody else agree."
    ),
    "invited_already": _("This address is invited already. Invite again, or withdraw that invitation first."),
    "invitation_over": _("This invitation is over. Ask whoever invited you for a new one."),
    "not_yours": _("This invitation is for another address. Sign in with that one."),
    "needs_approval": _("More than {limit} needs a second person. Choose fewer, or let somebody else agree."),
    "approval_missing": _("Somebody has to allow this. Ask for the PIN of somebody who may, such as the manager."),
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
    "not_in_the_past": _("A rule is dated back to a day that is over. Choose an earlier day."),
    "not_in_force": _("This rule gives nothing today. Begin it again first, then date it back."),
    "nothing_to_judge": _("A bonus without a purchase cannot be dated back. Choose a rule that purchases earn by."),
    "dated_back_already": _("This was confirmed already. Look at how far it has come."),
    "still_counting": _("The purchases are still being gone through. Wait for the figures, then confirm."),
    "changed_since": _("The rule was changed since these figures were made. Begin again from its page."),
    "published_already": _("This was published already. To change it, open the rule."),
    "too_far": _("This day is too far away. Choose one up to the end of {year}."),
    "ends_before_it_begins": _("This day comes before the one from which it is to count. Choose a later one."),
    "inactivity_is_for_all": _(
        "Ending after the last purchase is for a whole account, so it cannot begin or stop for new points only. "
        "Add another unit instead."
    ),
    "nothing_to_try": _("A bonus without a purchase cannot be tried on purchases. Save it, from a day on."),
    "needs_a_sale": _("This reward is for a purchase. Ring the purchase up, and give the reward with it."),
    "captured_by_sale": _(
        "A purchase was paid with this reward. Return that purchase instead: the reward comes back with it."
    ),
    "may_not_there": _(
        "This has to be decided by somebody who may do it in the shop of the sale, such as its manager. Ask them to open it."
    ),
    "failed": _(
        "Something broke on our side when this was to be recorded. Try to record it now, or dismiss it with the reason."
    ),
    "nothing_given": _(
        "No level was given by hand to this member: the one they hold was earned, so leave it as it is."
    ),
    "not_waiting": _("This prize does not wait any more. Look at the list again."),
    "out_of_stock": _("None is left. Choose another reward, or put the stock right."),
    "limit_reached": _("The member has had it as often as allowed. Choose another reward."),
    "in_debt": _("An earlier return is not settled yet: first {debt} must be earned."),
    "reward_ended": _("This reward is not offered any more. Choose another one."),
    "number_taken": _("Another sale of this till has the same number. It can be recorded under a number of its own."),
    "pairing_unknown": _(
        "This code is not known, was used already, or is older than a quarter of an hour. Ask for a new one."
    ),
    "last_day_first": _("The last day is before the first one. Choose a later one."),
    "out_of_range": _("This number is too large or too small. Choose another one."),
    "files_busy": _("Other files are being opened right now. Wait a few seconds, then send this again."),
    "cards_not_printed": _("These cards could not be set on paper. Print fewer of them at once."),
    "picture_heavy": _("This picture is larger than {limit} MB. Send a smaller one."),
    "picture_large": _("This picture has more than {limit} million pixels. Send a smaller one."),
    "picture_unreadable": _("This is no picture that can be read. Send a JPEG, a PNG or a WebP."),
    "stock_short": _("There are not so many to take away. Choose fewer."),
    "pin_too_simple": _(
        "Everybody guesses this PIN. Choose digits that are neither all the same nor a row such as 1234."
    ),
    "pattern_long": _("No barcode on a card holds so many characters. Choose at most {limit}."),
    "pattern_of_goods": _(
        "Numbers of this length are those of goods, unless they begin with 2. Let yours begin with 2."
    ),
    "pattern_prefix": _(
        "This beginning holds other characters than the numbers. Use digits, or choose letters and digits."
    ),
    "pattern_short": _("So short a number can be guessed. Choose at least {least} characters."),
    "product_taken": _("Another product has this barcode already. Check it, or leave it empty."),
    "reason_missing": _("The reason is missing. Say why in a few words."),
    "till_revoked": _("This till had been disconnected when it delivered the visit. Record it if you know the till."),
    "too_late": _("This visit is more than {days} days old. Record it if its receipt is genuine."),
    "too_late_to_undo": _(
        "Only the clerk who rang it up can undo a sale, within {minutes} minutes. Return or void it instead."
    ),
    "unknown_sale": _("There is no such sale here. Check the number on its receipt."),
    "unreadable": _("This could not be read. Enter the visit by hand from its receipt."),
    "unknown_shop": _("There is no such shop in this programme. Choose one of the list."),
    # What was typed into a field.
    "invalid": _("This cannot be used as it is. Check it and enter it again."),
    "missing": _("This is missing. Fill it in."),
    "taken": _("Somebody or something else has this already. Choose another one, or look up who has it."),
    "too_long": _("This is too long. Enter at most {limit} characters."),
    "too_many": _("These are too many. Choose at most {limit}."),
    "too_big": _("This is more than can be counted. Enter at most {limit}."),
    "too_much_by_hand": _("This purchase would give more than {limit} points, the most by hand. Check the amount."),
    "not_an_amount": _("This is not an amount above zero. Enter one such as 12.50."),
    "not_a_whole_number": _("This is not a whole number. Enter one without a decimal point."),
    "not_a_threshold": _("Each level begins at a number of points above zero. Enter at least 1."),
    "twice_the_same": _("Two levels cannot have the same. Give each its own."),
    "invalid_email": _("This is not an e-mail address that can be used. Check it, for example for a missing dot or @."),
    "invalid_phone": _(
        "This is not a phone number that can be used. Check its digits; a foreign one begins with + and its country."
    ),
    "invalid_day": _("This is no day of the year. Enter day and month, such as 31 March."),
    "invalid_tag": _("A mark begins with a letter or a digit. Take other signs off its beginning."),
    "invalid_rule": _("This rule cannot be kept as it is. Check its amounts, days and hours."),
    "invalid_reward": _("This reward cannot be kept as it is. Check its costs, what it gives and its conditions."),
    "unknown_field": _("This cannot be changed here. Leave it out."),
    "unknown_language": _("This language is not spoken here. Choose English, French or Polish."),
    "unknown_period": _("This is none of the periods that can be tried. Choose one of the list."),
    "unknown_purpose": _("Nobody is asked for consent to that. Choose e-mail or SMS."),
    "unknown_scope": _("A key needs at least one right, and only those of the list. Choose again."),
    "unknown_tier": _("There is no such level any more. Choose one of the list."),
    "unknown_unit": _("Nothing is counted under this name. Choose one of the list."),
    "everywhere_only": _("An owner or a developer works in every shop. Choose no shop, or another role."),
    "choose": _("The two say something different here. Choose which of them holds."),
    "not_yes_or_no": _("This is neither yes nor no. Write one of the two."),
    "too_many_letters": _(
        "So many letters went out today, to this address or for you, that this one is not sent. Wait until tomorrow."
    ),
    "like_a_link": _("A name cannot look like a web address. Put a blank after the dot, or leave that part out."),
    "too_many_misses": _("More than {limit} look-ups here found nobody. Wait {minutes} minutes, then try again."),
    "too_short_to_search": _("This is too short to search for. Type at least {limit} characters."),
    # What stands against it.
    "already_captured": _("This reward is used already. To undo that, take it back instead."),
    "already_returned": _("Something of this sale came back already. Return the rest and ring it up again."),
    "bad_cursor": _("This part of the list is not there any more. Begin again at its first page."),
    "card_bound": _("This card belongs to a member already. Use another card."),
    "card_state": _("This card has changed meanwhile. Open the member’s page again and look at it."),
    "clerk_unproven": _("Nobody was signed in for this. Sign in by PIN and do it again."),
    "code_wrong": _("This code does not fit. Check the clock of your phone, then type the newest code."),
    "elsewhere": _("This person works for another programme too. Ask whoever runs this installation of Passage."),
    "key_reused": _("This was used for something else already. Begin again on a fresh page."),
    "last_owner": _("This is the last owner. Make somebody else an owner first."),
    "no_factor": _("There is nothing to recover yet. Set up an app or a passkey first."),
    "not_a_sale": _("Only a sale can be given to another member. Choose the sale itself."),
    "not_captured": _("This reward was not used yet. Let go of it instead."),
    "nothing_left": _("Nothing of this sale is left to return. Look at its earlier returns."),
    "other_order": _("These points are held for another order. Choose the reward for this order."),
    "passkey_wrong": _("This passkey could not be used. Try again, or use another way to sign in."),
    "quote_expired": _("What was shown is older than {minutes} minutes. Work it out again."),
    "quote_other": _("What was shown belongs to another sale. Work it out again for this one."),
    "quote_unknown": _("What was shown is not known here. Work it out again."),
    "redemption_captured": _("This reward was used before. Take it off this sale."),
    "redemption_expired": _("The points were held for too long and went back. Choose the reward again."),
    "redemption_released": _("This reward was let go. Choose it again."),
    "redemption_reversed": _("This reward was taken back. Choose it again."),
    "reward_used": _("A reward was used in this sale. Return it and ring it up again."),
    "too_much": _("This is more than is left. Enter at most {left}."),
    "unknown": _("This is not there any more. Look at the list again."),
    "unknown_redemption": _("The member has no such reward. Look at their page again."),
    # Why a reward does not apply.
    WhyNot.NOT_YET: _("This does not count yet. Wait for its first day, or choose another reward."),
    WhyNot.OVER: _("This does not count any more. Choose another reward."),
    WhyNot.WRONG_DAY: _("This does not count on this day of the week. Come another day, or choose another reward."),
    WhyNot.WRONG_HOUR: _("This does not count at this hour. Come at another one, or choose another reward."),
    WhyNot.WRONG_SHOP: _("This does not count in this shop. Use it in another one, or choose another reward."),
    WhyNot.MINIMUM_NOT_REACHED: _("The bill is too small for this. Add something, or choose another reward."),
    WhyNot.PRODUCT_MISSING: _("A product that this needs is not on the bill. Add it, or choose another reward."),
    WhyNot.WRONG_TIER: _("This is not for the member’s level. Choose another reward."),
    WhyNot.WRONG_TAG: _("This is only for members with a certain mark. Choose another reward."),
    WhyNot.NOT_FIRST_PURCHASE: _("This is only for the first purchase. Choose another reward."),
    WhyNot.NOT_BIRTHDAY: _("This is only for the days around the birthday. Check the member’s birthday."),
    WhyNot.NOT_NAME_DAY: _("This is only for the days around the name day. Check the member’s name day."),
    WhyNot.BEATEN: _("Something better counts already, and the two do not add up. Take one of them off."),
    WhyNot.NOTHING_ELIGIBLE: _("Nothing on the bill counts for this. Choose another reward."),
    WhyNot.TOO_SOON: _("A visit was counted a short while ago. Wait {minutes} minutes from one to the next."),
    WhyNot.CAP_REACHED: _("This was given as often as allowed. Choose another reward."),
    WhyNot.PRODUCT_NOT_IN_BASKET: _("What this gives is not on the bill. Ring it up first."),
    WhyNot.NOTHING_TO_PAY: _("Nothing is left to pay. Take one of the rewards off."),
    WhyNot.BELOW_STEP: _("This is less than the least that can be used at once. Choose more."),
}

# What a page calls the fields that rooms refuse.
FIELDS: dict[str, str | Promise] = {
    "amount": _("Amount"),
    "answer": _("Reason"),
    "barcode": _("Barcode"),
    "birthday": _("Birthday"),
    "card": _("Card number"),
    "category": _("Category"),
    "code": _("Code"),
    "consents": _("Consents"),
    "country": _("Country"),
    "currency": _("Currency"),
    "earns": _("Kind"),
    "deposit": _("Deposit"),
    "email": _("E-mail"),
    "expires_at": _("Last day"),
    "external_id": _("Number in your other system"),
    "first_name": _("First name"),
    "gives": _("Kind"),
    "lines": _("Bill"),
    "language": _("Language"),
    "last_name": _("Last name"),
    "login": _("E-mail"),
    "months": _("Months"),
    "name": _("Name"),
    "name_day": _("Name day"),
    "new_number": _("Card number"),
    "notice_days": _("Days"),
    "number": _("Card number"),
    "numbers": _("Card numbers"),
    "password": _("Password"),
    "phone": _("Phone"),
    "pieces": _("Pieces"),
    "pin": _("PIN"),
    "points": _("Points"),
    "price": _("Price"),
    "position": _("Place in the list"),
    "reason": _("Reason"),
    "receipt": _("Receipt number"),
    "shop": _("Shop"),
    "slug": _("Address"),
    "subject": _("Subject"),
    "support_email": _("E-mail"),
    "support_page": _("Page"),
    "support_phone": _("Phone"),
    "tags": _("Marks"),
    "tax": _("Tax"),
    "text": _("Text"),
    "threshold": _("Points"),
    "tier": _("Level"),
    "unit": _("What is counted"),
    "vat_bp": _("VAT"),
    "worth": _("Worth"),
    "zone": _("Time zone"),
}
# Their sentences say "this": which field that is stands before them.
OF_FIELDS = frozenset(
    {
        "invalid",
        "missing",
        "taken",
        "too_long",
        "too_many",
        "too_big",
        "not_an_amount",
        "not_a_whole_number",
        "out_of_range",
        "twice_the_same",
        "invalid_day",
        "unknown_field",
        "choose",
        "not_yes_or_no",
    }
)


class RaisedRefusal(Protocol):
    """A refusal as rooms raise it; this one stands below them and knows them by what they say."""

    code: str
    field: str
    params: dict[str, Any]


def sentence_of(refused: RaisedRefusal, /) -> str:
    """The sentence of a refusal that was raised."""
    return refusal(refused.code, {"field": refused.field, **refused.params})


def refusal(code: str, params: Mapping[str, Any] | None = None, /) -> str:
    """The sentence of a code, with the name of the field that it is about; of an unknown one only that it was refused."""
    if said := condition(code, params or {}):
        return said
    pattern = REFUSALS.get(code)
    if pattern is None:
        return gettext("This was refused ({code}).").format(code=code)
    numbers = dict(params or {})
    sentence = str(pattern).format_map(_Dash(numbers))
    name = FIELDS.get(str(numbers.get("field", "")).partition(".")[0])
    return gettext("{field}: {why}").format(field=name, why=sentence) if name and code in OF_FIELDS else sentence


class _Dash(dict[str, Any]):
    """A number that is not there leaves a dash, never a broken page."""

    def __missing__(self, key: str) -> str:
        return "–"

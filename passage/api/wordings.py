"""The sentences of problems that only programs meet; what people meet too is said by `passage.ui.refusals`.

Each says what is wrong and ends in what to do about it.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from passage.ui.refusals import REFUSALS as SHARED

TITLES: dict[int, str | Promise] = {
    400: _("The request cannot be read"),
    401: _("No valid key"),
    403: _("Not allowed with this key"),
    404: _("Not found"),
    405: _("Not that method"),
    409: _("This contradicts what is recorded"),
    412: _("It was changed in the meantime"),
    413: _("The request is too large"),
    429: _("Too many in a short time"),
    422: _("Something in the request cannot be used"),
    500: _("Our mistake"),
    503: _("Busy, try again"),
}

REFUSALS: dict[str, str | Promise] = {
    **SHARED,
    # The request as a whole.
    "not_json": _("The body is not valid JSON in UTF-8. Send one JSON object."),
    "duplicate_key": _("“{field}” stands more than once in one object. Send it once."),
    "too_deep": _("The JSON is nested too deep: at most {limit} levels."),
    "body_too_large": _("The body is larger than {limit} bytes. Send less at once."),
    "body_missing": _("The body is missing. Send a JSON object in it."),
    "bad_idempotency_key": _(
        "This Idempotency-Key cannot be used. Send 1 to 64 letters, digits, dots, colons, dashes or underscores."
    ),
    "key_reused": _("This Idempotency-Key was used for another request. Use a new one for each operation."),
    "changed_meanwhile": _("If-Match names an older version. Read it again and decide anew."),
    # The key.
    "key_missing": _("Send “Authorization: Bearer pk_…” with a key of the programme."),
    "key_unknown": _("This key is unknown, expired or revoked. Ask for a new one."),
    "scope_missing": _("This key may not do that. It takes the scope {scope}."),
    "not_a_till": _("This key belongs to no till. Pair a till, and use the key that it is given."),
    "clerk_missing": _("Nobody is signed in at this till. Sign in with your PIN."),
    "clerk_may_not": _("You may not do that at this till. Ask a manager to sign in."),
    "clerk_unknown": _("Your turn at this till is over. Sign in with your PIN again."),
    "too_many_tries": _("Too many wrong tries. Wait {minutes} minutes, then try again."),
    "login_unknown": _("This e-mail address and password do not go together. Check both and try again."),
    "second_factor": _(
        "This log-in is protected by a second factor. Connect the till with a code from the back office, under Tills."
    ),
    "may_not_pair": _("You may not pair a till. Ask the owner or a manager of the programme."),
    "unknown_till": _("There is no such till. Choose one of the list."),
    "pin_missing": _("This person has no PIN yet. Set one in the back office, under Staff."),
    "pin_wrong": _("This is not the PIN. Tries left: {left}."),
    # The address.
    "not_found": _("There is nothing here that this key can see. Check the address and the id."),
    "method_not_allowed": _("This address does not know that method. It knows {allowed}."),
    # Fields.
    "missing": _("“{field}” is missing. Send it."),
    "unknown_field": _("“{field}” is not a field of this request. Take it out, or check its spelling."),
    "not_an_object": _("“{field}” is not a JSON object. Send one."),
    "not_a_list": _("“{field}” is not a list. Send one."),
    "not_text": _("“{field}” is not a text. Put it in quotation marks."),
    "not_a_whole_number": _("“{field}” is not a whole number. Send amounts in minor units, without a decimal point."),
    "not_true_or_false": _("“{field}” is neither true nor false. Send one of the two."),
    "not_a_quantity": _('“{field}” is not a quantity. Send whole pieces, or a text such as "0.345".'),
    "not_a_moment": _("“{field}” is not a date and time with its offset. Send one such as 2026-03-02T10:15:00+01:00."),
    "not_a_day": _("“{field}” is not a date. Send one such as 2026-03-02."),
    "not_an_id": _("“{field}” is not an id of ours. Send one as it was given to you."),
    "not_a_client_id": _(
        "“{field}” cannot be an id. Send 1 to 64 letters, digits, dots, colons, dashes or underscores."
    ),
    "not_a_code": _("“{field}” cannot be a code. Send up to {limit} letters, digits, dots, dashes or underscores."),
    "not_a_currency": _("“{field}” is not a currency. Send a code of three capitals, such as EUR."),
    "not_one_of": _("“{field}” is none of the possible values: {allowed}."),
    "too_small": _("“{field}” is too small: at least {limit}."),
    "too_big": _("“{field}” is too big: at most {limit}."),
    "too_short": _("“{field}” is too short: at least {limit}."),
    "control_character": _("“{field}” holds a character that cannot be shown. Take it out."),
    "one_of_several": _("The {field} is named in several ways, or in none. Name it in exactly one."),
    "amount_or_lines": _("Lines and an amount do not go together. Send one of them, or neither for all that is left."),
    "same_line_twice": _("Two lines have the id “{line}”. Give each line its own."),
    "invalid": _("“{field}” cannot be used as it is. Check it against the description of the API."),
    "too_long": _("“{field}” is too long: at most {limit} characters."),
    "too_many": _("“{field}” holds too many: at most {limit}."),
    "bad_cursor": _("“{field}” is not a cursor of this list. Start again without one."),
    # Members and cards.
    "too_short_to_search": _(
        "This is too short to search for. Type at least {limit} characters of a name, an address or a number."
    ),
    "too_many_searches": _("More than {limit} searches in a minute. Wait a minute, or scan the member’s card."),
    "taken": _("Another member or card has this {field} already. Look it up instead."),
    "invalid_day": _("“{field}” is no day of the year. Send month and day, for example 03-31."),
    "invalid_tag": _("A tag begins with a letter or a digit. Check the tags."),
    "unknown_purpose": _("Nobody is asked for consent to that: {purposes}. Use email or sms."),
    "unknown_language": _("This language is not offered. Use en, fr or pl."),
    "member_merged": _("This member was joined with another one. Read the member again."),
    "member_erased": _("This person was erased at their wish or after a long absence. Enrol them anew."),
    "card_state": _("A card that is {state} cannot become {to}. Read the card again."),
    # Sales, returns, redemptions.
    "conflict": _("This was recorded before with other content ({differs}). Send it as it was, or under a new id."),
    "other_content": _("This id was used before with other content. Use a new id for a new operation."),
    "unknown_clerk": _("There is nobody with this number at this till. Choose a name of the list."),
    "use_till_find": _("This is not for tills. Find members with GET /till/find."),
    "changed": _("The member would now get less than was quoted. Show the new quote and ask again."),
    "wrong_currency": _("This programme counts in {currency}. Send amounts in {currency}."),
    "unknown_reward": _("There is no such reward. Read the catalogue again."),
    "reward_ended": _("This reward is not offered at this moment. Read the catalogue again."),
    "insufficient_points": _("Not enough points: {missing} missing. Choose a smaller reward."),
    "not_an_amount": _("“{field}” is not an amount above zero. Send it in minor units."),
    "not_captured": _("Only a captured redemption can be reversed. Release it instead."),
    "needs_a_sale": _("This reward is for a purchase. Send the sale, and name the redemption in its “redemptions”."),
    "captured_by_sale": _("A sale captured this redemption. Return the sale: the reward comes back with it."),
    # Ours.
    "busy": _("The database is busy. Send the same request again in a moment: it counts once."),
    "crowded": _("Too many requests wait just now. Send the same request again in a moment: it counts once."),
    "too_slow": _("The body did not arrive in time. Send the same request again: it counts once."),
    "too_large": _("The body is larger than any address here takes. Send less at once."),
    "broken_off": _("The body broke off before its end. Send the same request again: it counts once."),
    "length_missing": _("The request does not say how long its body is. Send a Content-Length."),
    "internal": _("Something broke on our side. Send the same request again: it counts once."),
    "unknown_code": _("This was refused ({code})."),
}

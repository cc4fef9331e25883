"""Reasons as sentences: a code of `passage.engine.reasons` with its numbers, in the active language.

One sentence for each code, the same on the till, the receipt, the member's page and the API.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from passage.engine.reasons import Because, WhyNot
from passage.ui import wording

SENTENCES: dict[str, str | Promise] = {
    Because.PER_AMOUNT: _("{rule}: {basis} counted, at {points_per} for every {step}: {points}."),
    Because.PER_VISIT: _("{rule}: {points} for the visit."),
    Because.PER_UNIT: _("{rule}: {units} × {points_per} = {points}."),
    Because.FIXED: _("{rule}: {points}."),
    Because.MULTIPLIER: _("{rule}: {base} × {times}, which adds {points}."),
    Because.CAPPED: _("{rule}: limited to {limit} {cap}; {lost} above the limit not given."),
    Because.CARRY: _("Amounts carried over from several purchases, put together: {points}."),
    Because.PENDING: _("Usable from {until}."),
    Because.EXPIRES: _("Valid until the end of {on}."),
    Because.REPAID: _("Used first to settle an earlier return: {points}."),
    Because.SPENT: _("Reward “{reward}”: {points} used, worth {value}."),
    Because.EXCHANGED: _("Exchanged for “{reward}”: {points}."),
    Because.CHANGE_LOST: _("The bill was {lost} smaller than the points used were worth; the difference is lost."),
    Because.RETURNED: _("The purchase had earned {earned}. Taken back for what was returned: {points}."),
    Because.ALREADY_EXPIRED: _("Not taken back, because already expired: {points}."),
    Because.WRITTEN_OFF: _("Could not be taken back and was written off: {points}."),
    Because.OWED: _("Already spent, so taken from what is earned next: {points}."),
    Because.RESTORED: _("Reward “{reward}” came back with the goods: {points} returned to the account."),
    Because.RESTORED_LATE: _("These had expired in the meantime: {points} given back, valid until the end of {until}."),
    Because.EXPIRED: _("Expired: {points}."),
    Because.MOVED: _("Receipt {receipt} was moved to another member."),
    Because.MERGED: _("Moved when two members were joined into one: {points}."),
    Because.ADJUSTED: _("Corrected by the staff: {reason}."),
    Because.ERASED: _("Ended because the person was erased: {points}."),
    Because.OPENING: _("Balance brought over from the earlier programme."),
    Because.REVERSED: _("Reward “{reward}” was taken back: {points} returned to the account."),
    Because.JUDGED: _("Counted anew, because another visit came late, was taken back or changed hands: {points}."),
    WhyNot.NOT_YET: _("{rule}: starts on {starts}."),
    WhyNot.OVER: _("{rule}: ended on {ended}."),
    WhyNot.WRONG_DAY: _("{rule}: only on these days: {weekdays}."),
    WhyNot.WRONG_HOUR: _("{rule}: only at these hours: {hours}."),
    WhyNot.WRONG_SHOP: _("{rule}: not in this shop."),
    WhyNot.MINIMUM_NOT_REACHED: _("{rule}: the minimum of {minimum} is not reached: {basis} counted."),
    WhyNot.PRODUCT_MISSING: _("{rule}: needs a product that is not on the receipt: {products}."),
    WhyNot.WRONG_TIER: _("{rule}: only for these levels: {tiers}."),
    WhyNot.WRONG_TAG: _("{rule}: only for members marked: {tags}."),
    WhyNot.NOT_FIRST_PURCHASE: _("{rule}: only for the first purchase."),
    WhyNot.NOT_BIRTHDAY: _("{rule}: only around the member’s birthday."),
    WhyNot.NOT_NAME_DAY: _("{rule}: only around the member’s name day."),
    WhyNot.BEATEN: _("{rule}: “{by}” gives more, and the two do not add up."),
    WhyNot.NOTHING_ELIGIBLE: _("{rule}: nothing on this receipt counts for it."),
    WhyNot.TOO_SOON: _("{rule}: a visit was already counted less than {minutes} minutes ago."),
    WhyNot.CAP_REACHED: _("{rule}: already given as often as allowed {cap} ({limit})."),
    WhyNot.INSUFFICIENT_POINTS: _("{rule}: {missing} missing; available: {available}."),
    WhyNot.IN_DEBT: _("{rule}: first {debt} must be earned to settle an earlier return."),
    WhyNot.PRODUCT_NOT_IN_BASKET: _("{rule}: none of these is on the receipt: {products}."),
    WhyNot.NOTHING_TO_PAY: _("{rule}: nothing is left to pay."),
    WhyNot.OUT_OF_STOCK: _("{rule}: none left."),
    WhyNot.LIMIT_REACHED: _("{rule}: the limit is reached ({limit})."),
    WhyNot.BELOW_STEP: _("{rule}: at least {minimum} are needed."),
    WhyNot.WRONG_CURRENCY: _("{rule}: only for purchases in {currency}."),
}
CAPS: dict[str, str | Promise] = {
    "sale": _("per purchase"),
    "day": _("per day"),
    "year": _("per year"),
    "member": _("per member"),
}

# Why a person may not take a reward, said without any amount of money.
OF_PERSONS = frozenset(
    {
        WhyNot.NOT_YET,
        WhyNot.OVER,
        WhyNot.WRONG_DAY,
        WhyNot.WRONG_HOUR,
        WhyNot.WRONG_SHOP,
        WhyNot.WRONG_TIER,
        WhyNot.WRONG_TAG,
        WhyNot.NOT_FIRST_PURCHASE,
        WhyNot.NOT_BIRTHDAY,
        WhyNot.NOT_NAME_DAY,
        WhyNot.CAP_REACHED,
        WhyNot.PRODUCT_MISSING,
        WhyNot.PRODUCT_NOT_IN_BASKET,
        WhyNot.NOTHING_TO_PAY,
    }
)

MONEY = {"basis", "left_out", "step", "minimum", "value"}
QUANTITY = {"points", "points_per", "base", "missing", "available", "debt", "earned", "lost", "of"}
LISTS = {"products", "tiers", "tags"}
LAST_DAY = {"on"}
# Where a name means something else than it does everywhere else.
EXCEPTIONS: dict[str, dict[str, str]] = {
    Because.CAPPED: {"limit": "quantity"},
    Because.CHANGE_LOST: {"lost": "money"},
    Because.RESTORED_LATE: {"until": "last_day"},
}


def sentence(code: str, params: Mapping[str, Any], /, *, currency: str, zone: str, unit: str = "points") -> str:
    """The sentence of one step. Amounts in ``params`` are minor units of ``currency``; instants are ISO text.

    ``unit`` is the kind of what is counted: points, stamps or purse. A code that an older version
    stored and this one does not know is shown as it is.
    """
    pattern = SENTENCES.get(code)
    if pattern is None:
        return gettext("Reason: {code}").format(code=code)
    said = _Wording(code=code, currency=currency, zone=zone, unit=unit)
    # What was emptied because its person was erased is a dash, like what an older row does not have.
    words = {name: said.word(name, value) for name, value in params.items() if value != ""}
    if code == Because.MULTIPLIER:
        words["times"] = wording.number_text(Decimal(params["times_num"]) / Decimal(params["times_den"]))
    parts = [str(pattern).format_map(_Missing(words))]
    if code == Because.PER_AMOUNT:
        parts += _amount_details(params, said)
    return " ".join(parts)


def condition(code: str, params: Mapping[str, Any], /) -> str:
    """The sentence of a refusal that is a condition of a reward; "" for every other one."""
    if code not in OF_PERSONS or "rule" not in params:
        return ""
    return sentence(code, params, currency="", zone="UTC")


class _Missing(dict[str, str]):
    """A number that an older row does not have leaves a dash, never a broken page."""

    def __missing__(self, key: str) -> str:
        return "–"


class _Wording:
    """How each number of one sentence is written."""

    def __init__(self, *, code: str, currency: str, zone: str, unit: str) -> None:
        self.exceptions = EXCEPTIONS.get(code, {})
        self.currency = currency
        self.zone = zone
        self.unit = unit
        self.writers: dict[str, Callable[[Any], str]] = {
            "money": self.money,
            "quantity": self.quantity,
            "list": lambda text: wording.list_text(text.split(",")),
            "weekdays": wording.weekday_names,
            "hours": lambda text: wording.list_text(each.replace("-", "–") for each in text.split(",")),
            "cap": lambda cap: str(CAPS.get(cap, cap)),
            "day": self.day,
            "last_day": self.last_day,
            "number": wording.number_text,
            "text": str,
        }

    def word(self, name: str, value: Any) -> str:
        kind = self.exceptions.get(name) or _kind(name, value)
        return self.writers[kind](value)

    def money(self, amount: int) -> str:
        return wording.money_text(amount, currency=self.currency)

    def quantity(self, number: int) -> str:
        return wording.quantity_text(number, unit=self.unit, currency=self.currency)

    def day(self, text: str) -> str:
        if "T" not in text:
            return wording.day_text(date.fromisoformat(text), zone=self.zone)
        return wording.day_text(datetime.fromisoformat(text), zone=self.zone)

    def last_day(self, text: str) -> str:
        """The stored instant is the first at which it is over."""
        return wording.day_text(datetime.fromisoformat(text) - timedelta(seconds=1), zone=self.zone)


def _kind(name: str, value: Any) -> str:
    kinds = {**dict.fromkeys(MONEY, "money"), **dict.fromkeys(QUANTITY, "quantity"), **dict.fromkeys(LISTS, "list")}
    kinds |= dict.fromkeys(LAST_DAY, "last_day") | dict.fromkeys(("until", "starts", "ended"), "day")
    kinds |= {"weekdays": "weekdays", "hours": "hours", "cap": "cap"}
    return kinds.get(name, "number" if isinstance(value, int) else "text")


def _amount_details(params: Mapping[str, Any], said: _Wording) -> list[str]:
    """What did not count, and the remainder that waits for the next purchase."""
    details = []
    if params.get("left_out"):
        details.append(gettext("Not counted: {amount}.").format(amount=said.money(params["left_out"])))
    if params.get("carried_in"):
        details.append(gettext("Carried over from before: {rest}.").format(rest=_rest(params, "carried_in", said)))
    if params.get("carried_out"):
        details.append(gettext("Kept for next time: {rest}.").format(rest=_rest(params, "carried_out", said)))
    return details


def _rest(params: Mapping[str, Any], name: str, said: _Wording) -> str:
    """A remainder is counted in parts of a step: money where one unit is one part, else a part of a point."""
    in_money = (params["carried_in"] + params["basis"] - params["carried_out"]) * params["points_per"]
    if in_money == params["points"] * params["step"]:
        return said.money(params[name])
    part = (Decimal(params[name]) / Decimal(params["step"])).quantize(Decimal("0.01"))
    return gettext("{part} of a point").format(part=wording.number_text(part))

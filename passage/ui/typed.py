"""What people type, read the way they mean it: an amount with a comma or a point, spaces between thousands."""

import re
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12})(?:[.,](?P<part>[0-9]{1,4}))?")
GAPS = str.maketrans("", "", " \u00a0\u202f'")


AMOUNT_FAULTS = {
    "not_a_number": _("Write the amount in figures, for example 12.50 or 12,50."),
    "too_precise": _("There are too many figures after the decimal sign."),
    "zero": _("The amount must be more than zero."),
    "too_big": _("This amount is larger than a single purchase can be. Check the figures."),
}


class NotAnAmount(ValueError):
    """The text is no amount of the currency; ``reason`` is not_a_number, too_precise, zero or too_big."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_amount(text: str, *, currency: str, most: int) -> int:
    """Minor units of the currency, above zero and at most ``most``; `NotAnAmount` says what is wrong."""
    found = AMOUNT.fullmatch(text.strip().translate(GAPS))
    if found is None:
        raise NotAnAmount("not_a_number")
    precision = get_currency_precision(currency)
    part = found["part"] or ""
    if len(part.rstrip("0")) > precision:
        raise NotAnAmount("too_precise")
    amount = int(Decimal(f"{found['whole']}.{part or '0'}").scaleb(precision))
    if amount == 0:
        raise NotAnAmount("zero")
    if amount > most:
        raise NotAnAmount("too_big")
    return amount


def amount_text(amount: int, *, currency: str) -> str:
    """Minor units as somebody would type them into a form: 1250 zł is 12.50."""
    precision = get_currency_precision(currency)
    return f"{Decimal(amount).scaleb(-precision):.{precision}f}"


def read_percent(text: str) -> int | None:
    """A rate in percent, such as 5.5 or 23, as basis points; None for what is no rate from 0 to 100."""
    found = AMOUNT.fullmatch(text.strip().removesuffix("%").translate(GAPS))
    if found is None or len((found["part"] or "").rstrip("0")) > 2:
        return None
    points = int(Decimal(f"{found['whole']}.{found['part'] or '0'}") * 100)
    return points if points <= 10_000 else None


class WholeNumber(forms.IntegerField):
    """A number in the figures 0 to 9. Python would also read those of other scripts, which nobody can check by eye."""

    def to_python(self, value: object) -> int | None:
        _refuse_other_figures(self, value)
        return super().to_python(value)


class PlainDecimal(forms.DecimalField):
    """As `WholeNumber`, with a part after the sign."""

    def to_python(self, value: object) -> Any:
        _refuse_other_figures(self, value)
        return super().to_python(value)


def _refuse_other_figures(field: forms.Field, value: object) -> None:
    if isinstance(value, str) and not value.isascii():
        raise ValidationError(field.error_messages["invalid"], code="invalid")


def read_cursor(text: str) -> int | None:
    """The row a page goes on after, as it stands in an address; anything else begins at the start."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None

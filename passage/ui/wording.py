"""Numbers, money and dates as a reader of the active language writes them.

Amounts are whole minor units, points whole numbers, instants are aware datetimes. The spaces inside
are non-breaking, so that no line ends between a number and its unit.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, get_day_names
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.utils.translation import get_language, ngettext

NBSP = "\u00a0"
MINUS = "\u2212"
# Babel's plain English is American; the shops that read English here write 31 March 2027.
LOCALES = {"fr": "fr_FR", "pl": "pl_PL", "en": "en_GB"}


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language.split("-")[0], "en_GB"))


def locale() -> Locale:
    return _locale(get_language() or "en")


def number_text(number: int | Decimal, /) -> str:
    return format_decimal(number, locale=locale()).replace("-", MINUS)


def signed_text(number: int, /) -> str:
    return f"+{number_text(number)}" if number > 0 else number_text(number)


def money_text(amount: int, /, *, currency: str) -> str:
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=locale()).replace(" ", NBSP).replace("-", MINUS)


def measure_text(thousandths: int, /) -> str:
    """How much of a thing: 2, or 0.345 of a measure."""
    return number_text(Decimal(thousandths).scaleb(-3).normalize())


def quantity_text(number: int, /, *, unit: str, currency: str = "") -> str:
    """A quantity of a unit's kind: 'points', 'stamps', or 'purse' (minor units of the currency)."""
    if unit == "purse":
        return money_text(number, currency=currency)
    if unit == "stamps":
        words = ngettext("%(number)s stamp", "%(number)s stamps", abs(number))
    else:
        words = ngettext("%(number)s point", "%(number)s points", abs(number))
    return (words % {"number": number_text(number)}).replace(" ", NBSP)


def unit_word(number: int, /, *, unit: str) -> str:
    """The word that follows a number of points or stamps; nothing after money, which brings its currency."""
    if unit == "purse":
        return ""
    if unit == "stamps":
        return ngettext("stamp", "stamps", abs(number))
    return ngettext("point", "points", abs(number))


def _local(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be shown")
    return at.astimezone(ZoneInfo(zone))


def moment_text(at: datetime, /, *, zone: str) -> str:
    """Day and time in the programme's zone."""
    local = _local(at, zone)
    day = format_date(local.date(), "medium", locale=locale())
    return f"{day}, {format_datetime(local, 'HH:mm', locale=locale())}".replace(" ", NBSP)


def day_text(at: datetime | date, /, *, zone: str) -> str:
    """The day alone, written out."""
    day = _local(at, zone).date() if isinstance(at, datetime) else at
    return format_date(day, "long", locale=locale()).replace(" ", NBSP)


def month_day_text(kept: str, /) -> str:
    """A day of every year, kept as "05-31", written out."""
    # A leap year, so that 29 February is a day of it.
    on = date.fromisoformat(f"2000-{kept}")
    return str(format_skeleton("MMMMd", on, locale=locale())).replace(" ", NBSP)


def weekday_names(numbers: str, /) -> str:
    """'1,2' as Monday and Tuesday."""
    names = get_day_names("wide", locale=locale())
    return list_text(names[int(number) - 1] for number in numbers.split(","))


def list_text(items: Iterable[str], /) -> str:
    return format_list(list(items), locale=locale())


def masked(number: str, /) -> str:
    """A card's number with only its last four places readable."""
    return "••••" + NBSP + number[-4:]


def phone_text(number: str, /) -> str:
    """An E.164 number in groups, as people read it out; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    grouped = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(grouped).replace(" ", NBSP)

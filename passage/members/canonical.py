"""The one spelling of everything a member is looked up by, and the cleaning of what people type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import islice

import phonenumbers

from passage.members.errors import Invalid
from passage.programme import addresses, limits

# What people put between the digits: blanks (also the unbreakable ones), dashes, dots, slashes, brackets.
PHONE = re.compile(r"\+?[0-9 \t\u00a0\u2009\u202f\u2010-\u2015().\-/]{3,40}")
BETWEEN = re.compile(r"[^0-9+()]+")
DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
TAG = re.compile(r"[\w][\w .:-]*")
# Letters that carry their stroke inside, which no decomposition takes off.
STROKES = str.maketrans(
    {
        "ł": "l",
        "Ł": "l",
        "ø": "o",
        "Ø": "o",
        "đ": "d",
        "Đ": "d",
        "ħ": "h",
        "\u0131": "i",
        "æ": "ae",
        "Æ": "ae",
        "œ": "oe",
        "Œ": "oe",
    }
)
BLANKS = {"Cc", "Zl", "Zp", "Zs"}
# Formatting characters (bidi, zero-width), surrogates, private use, unassigned: nothing a name is made of.
NOT_IN_NAMES = {"Cf", "Cs", "Co", "Cn"}
NAME_KEY = 170
# So much longer than allowed is not worth cleaning first.
MOST_TYPED = 10


def email(text: str) -> str:
    """The address in lower case, or `Refused` with invalid_email. See `passage.programme.addresses`."""
    return addresses.canonical(text)


def phone(text: str, *, region: str) -> str:
    """E.164 ("+33612345678") of a number in any spelling; without + it is a number of ``region`` (ISO country).

    Raises ``Invalid("phone", "invalid_phone")``, also for digits that are not ASCII.
    """
    typed = text.strip()
    if not PHONE.fullmatch(typed):
        raise Invalid("phone", "invalid_phone")
    try:
        number = phonenumbers.parse(BETWEEN.sub(" ", typed), region)
    except phonenumbers.NumberParseException:
        raise Invalid("phone", "invalid_phone") from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid("phone", "invalid_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name(text: str, *, field: str, limit: int = limits.NAME) -> str:
    """A text fit to be shown anywhere: no control, bidi or zero-width characters, single blanks, composed letters."""
    if len(text) > MOST_TYPED * limit:
        raise Invalid(field, "too_long", params={"limit": limit})
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if unicodedata.category(c) in BLANKS else c for c in composed if unicodedata.category(c) not in NOT_IN_NAMES
    )
    cleaned = " ".join("".join(kept).split())
    if len(cleaned) > limit:
        raise Invalid(field, "too_long", params={"limit": limit})
    return cleaned


def name_key(*, first: str, last: str) -> str:
    """What a search by name compares: "kowalska anna" for Anna Kowalska."""
    return folded(f"{last} {first}")[:NAME_KEY]


def turned_key(*, first: str, last: str) -> str:
    """The same the other way round, for who only knows a first name: "anna kowalska"."""
    return folded(f"{first} {last}")[:NAME_KEY]


def folded(text: str) -> str:
    """Letters without accents or case, digits, single blanks: "Łódź-Świętochłowska" is "lodz swietochlowska".

    Letter by letter: accents are left out anyway, and to put a long run of them in order takes the square of its length.
    """
    bare = text if text.isascii() else "".join(map(_bare, text))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.casefold()).split())


@lru_cache(maxsize=4096)
def _bare(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter.translate(STROKES))
    return "".join(part for part in parts if not unicodedata.combining(part))


def day(text: str, *, field: str) -> str:
    """A day of any year, "MM-DD", 29 February included."""
    shaped = DAY.fullmatch(text.strip())
    if shaped is None:
        raise Invalid(field, "invalid_day")
    try:
        date(2000, int(shaped[1]), int(shaped[2]))
    except ValueError:
        raise Invalid(field, "invalid_day") from None
    return shaped[0]


def external_id(text: str) -> str:
    """A number from another system, taken as it is, without blanks around it."""
    typed = text.strip()
    if len(typed) > limits.EXTERNAL_ID:
        raise Invalid("external_id", "too_long", params={"limit": limits.EXTERNAL_ID})
    if not typed.isprintable():
        raise Invalid("external_id")
    return typed


def tags(texts: Iterable[str]) -> list[str]:
    """Lower-case labels, each once, in order."""
    typed = list(islice(texts, MOST_TYPED * limits.TAGS))
    found = sorted({name(text, field="tags", limit=limits.TAG).lower() for text in typed})
    if len(found) > limits.TAGS:
        raise Invalid("tags", "too_many", params={"limit": limits.TAGS})
    if not all(TAG.fullmatch(tag) for tag in found):
        raise Invalid("tags", "invalid_tag")
    return found

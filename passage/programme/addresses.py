"""E-mail addresses of log-ins and members, in the one spelling that they are looked up by."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from passage.programme import limits
from passage.programme.errors import Refused

# Longer than this with all the blanks around it, nobody meant an address.
MOST_TYPED = 1000


def as_written(text: str, *, field: str = "email") -> str:
    """The address to store and to write to: as typed, its domain in lower case.

    Raises ``Refused("invalid_email")``. An address with look-alikes that compatibility normalisation
    would turn into other letters (full-width @, the Kelvin sign, the ligature fi) is refused, not mended:
    mended it could be somebody else's (F31).
    """
    typed = text.strip() if len(text) <= MOST_TYPED else ""
    if len(typed.lower()) > limits.EMAIL or _looks_like_another(typed):
        raise Refused("invalid_email", field=field)
    try:
        # The reserved domain .test reaches nobody, which is what examples and demonstrations need.
        checked = validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Refused("invalid_email", field=field) from None
    return checked.normalized


def canonical(text: str, *, field: str = "email") -> str:
    """The address in lower case: what is unique, and the only thing that a look-up compares.

    Lower case and not case folding: folding would make ß and ss one address.
    """
    return key_of(as_written(text, field=field))


def key_of(written: str) -> str:
    """The canonical form of an address that `as_written` has let through."""
    return written.lower()


def is_plain(text: str) -> bool:
    """False for an address with letters beyond ASCII: genuine perhaps, but worth a second look by the staff."""
    return text.isascii()


def _looks_like_another(text: str) -> bool:
    """Also for the few characters that even canonical composition turns into ASCII, the Kelvin sign among them."""
    composed = unicodedata.normalize("NFC", text)
    into_ascii = (c for c in text if not c.isascii() and unicodedata.normalize("NFKC", c).isascii())
    return unicodedata.normalize("NFKC", composed) != composed or any(into_ascii)

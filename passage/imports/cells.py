"""What the cells of one row say, in the spelling that members and cards keep, or which of them cannot be and why.

Codes of faults: those of members and cards, and unreadable_letters, open_quotation, shortened_number, not_yes_or_no,
nothing_here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel import Locale

from passage.cards import numbers
from passage.members import actions as members
from passage.members.canonical import folded
from passage.members.errors import Invalid
from passage.programme.errors import Refused
from passage.programme.models import Programme

Fault = tuple[str, str, dict[str, Any]]
YES = frozenset(["1", "tak", "t", "yes", "y", "oui", "o", "true", "prawda", "vrai", "x", "on", "✓", "✔"])
NO = frozenset(["0", "nie", "n", "no", "non", "false", "falsz", "faux", "off", "-", "–"])
LANGUAGES = {
    word: code
    for code, words in {
        "pl": "pl polski polska polish polonais pl pl",
        "fr": "fr francuski francais french fr fr",
        "en": "en angielski anglais english en gb en us",
    }.items()
    for word in words.split()
}
# A number that a spreadsheet has shortened: its last digits are lost.
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
# The sign that a download puts before a formula (and people before a number), to be taken off again.
DEFUSED = re.compile(r"'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff200-9])")
YEAR_FIRST = re.compile(r"[0-9]{4}[-./ ]([0-9]{1,2})[-./ ]([0-9]{1,2})(?:[ T].*)?")
WITH_YEAR = re.compile(r"([0-9]{1,2})[-./ ]([0-9]{1,2})[-./ ](?:[0-9]{4}|[0-9]{2})\.?(?:[ T].*)?")
TWO_NUMBERS = re.compile(r"([0-9]{1,2})([-./ ])([0-9]{1,2})\.?")
WITH_WORD = re.compile(r"([0-9]{1,2})(?:er|st|nd|rd|th)? (\w+)(?: [0-9]{4})?")
MONTHS = {
    folded(name): number
    for code in ("pl", "fr", "en")
    for width in ("wide", "abbreviated")
    for number, name in Locale(code).months["format"][width].items()
}
CONSENTS = {"consent_email": "email", "consent_sms": "sms"}
# What makes a row one of a person; a language or a "no" beside a card number does not.
PERSONAL = frozenset({"first_name", "last_name", "phone", "email_key", "birthday", "name_day", "external_id", "tags"})


@dataclass(slots=True)
class Said:
    """``details`` are columns of a member; ``consents`` only what was answered."""

    details: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    consents: dict[str, bool] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_person(self) -> bool:
        return any(self.details.get(name) for name in PERSONAL) or any(self.consents.values())


def read(cells: Sequence[str], *, columns: Sequence[str], programme: Programme, is_broken: bool = False) -> Said:
    """Empty cells say nothing. Every fault is found, not only the first."""
    said = Said()
    if is_broken:
        said.faults.append(("", "open_quotation", {}))
        return said
    for name, cell in zip(columns, cells, strict=False):
        text = DEFUSED.sub("", cell.strip(), count=1).strip()
        if name and text:
            try:
                _take(said, name, text, programme)
            except Refused as refused:
                said.faults.append((name, refused.code, refused.params))
    if not said.faults and not said.is_person and not said.card:
        said.faults.append(("", "nothing_here", {}))
    return said


def _take(said: Said, name: str, text: str, programme: Programme) -> None:
    if "\ufffd" in text:
        raise Refused("unreadable_letters", field=name)
    if name in ("card", "phone", "external_id") and SHORTENED.fullmatch(text):
        raise Refused("shortened_number", field=name)
    if name == "card":
        said.card = numbers.canonical(text)
    elif name in CONSENTS:
        said.consents[CONSENTS[name]] = _answer(text, name)
    elif name == "full_name":
        first, _blank, last = " ".join(text.split()).partition(" ")
        for each, part in (("first_name", first), ("last_name", last)):
            said.details |= members.cleaned(field=each, value=part, programme=programme)
    else:
        value = VALUES[name](text) if name in VALUES else text
        said.details |= members.cleaned(field=name, value=value, programme=programme)


def _answer(text: str, name: str) -> bool:
    word = text.casefold().replace("ł", "l")
    if word in YES:
        return True
    if word in NO:
        return False
    raise Invalid(name, "not_yes_or_no")


def _day(text: str) -> str:
    """MM-DD of a day in any of the usual spellings, its year dropped. The day stands first, but where it cannot."""
    flat = " ".join(text.split())
    if found := YEAR_FIRST.fullmatch(flat):
        month, day = int(found[1]), int(found[2])
    elif found := WITH_YEAR.fullmatch(flat):
        day, month = _turned(int(found[1]), int(found[2]))
    elif found := TWO_NUMBERS.fullmatch(flat):
        # 05-31 is how this house shows a day; with dots or strokes the day stands first.
        first, second = int(found[1]), int(found[3])
        day, month = _turned(second, first) if found[2] == "-" else _turned(first, second)
    elif (found := WITH_WORD.fullmatch(folded(flat))) and found[2] in MONTHS:
        day, month = int(found[1]), MONTHS[found[2]]
    else:
        return text
    return f"{month:02}-{day:02}"


def _turned(day: int, month: int) -> tuple[int, int]:
    return (month, day) if month > 12 >= day else (day, month)


def _language(text: str) -> str:
    words = folded(text).split()
    return LANGUAGES.get(words[0], text) if words else text


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in re.split(r"[,;|]", text) if tag.strip()]


VALUES: Mapping[str, Callable[[str], Any]] = {
    "birthday": _day,
    "name_day": _day,
    "language": _language,
    "tags": _tags,
}

"""Why a row, a receipt or a cancellation did not go in: the reason and the remedy, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from passage.ui.refusals import refusal as said
from passage.ui.tables import csv_lines

Sentence = str | Promise


class Refusal(NamedTuple):
    """``row`` counts as a spreadsheet does: the headings are row 1. ``field`` is the column's heading."""

    row: int
    receipt: str
    field: str
    code: str
    params: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Words:
    reason: Sentence
    remedy: Sentence


FIX_ROW = gettext_lazy("Correct the row and import the file again: what is already in stays as it is.")
FIX_PROFILE = gettext_lazy("If many rows are refused like this, correct the mapping profile and import again.")

WAITS = gettext_lazy(
    "It waits and changes no points until a file brings the sale; or choose the sale under Visits, Returns that wait."
)

# Sentences with {placeholders}: the params of the refusal fill them.
WORDS: dict[str, Words] = {
    "columns": Words(gettext_lazy("The row has {have} columns, the headings are {want}."), FIX_ROW),
    "unreadable": Words(
        gettext_lazy("The row cannot be read: a quotation mark is left open, or a text never ends."), FIX_ROW
    ),
    "encoding": Words(
        gettext_lazy("The text has bytes or signs that the encoding {encoding} does not know."), FIX_PROFILE
    ),
    "missing": Words(gettext_lazy("The field is empty."), FIX_ROW),
    "too_long": Words(gettext_lazy("The text is longer than {limit} characters."), FIX_ROW),
    "date": Words(gettext_lazy("“{text}” is not a date in the form {form}."), FIX_PROFILE),
    "number": Words(
        gettext_lazy("“{text}” is not a number with at most {places} places behind the decimal sign “{decimal}”."),
        FIX_PROFILE,
    ),
    "no_quantity": Words(gettext_lazy("The quantity is zero."), FIX_ROW),
    "quantity_below_zero": Words(
        gettext_lazy("The quantity is below zero, and the receipt is not marked as a return."), FIX_PROFILE
    ),
    "quantity_above_zero": Words(
        gettext_lazy("The receipt is marked as a return, and its quantity is not below zero."), FIX_PROFILE
    ),
    "below_zero": Words(
        gettext_lazy("The receipt comes to less than zero: it corrects an account and sells nothing."),
        gettext_lazy("Leave it out, or adjust the member's points by hand."),
    ),
    "too_large": Words(gettext_lazy("The amount or the quantity is larger than Passage takes."), FIX_ROW),
    "two_members": Words(gettext_lazy("The receipt names two members: {first} and {second}."), FIX_ROW),
    "two_shops": Words(gettext_lazy("The receipt names two shops: {first} and {second}."), FIX_ROW),
    "too_many_lines": Words(
        gettext_lazy("The receipt has {lines} lines; at most {limit} are taken."),
        gettext_lazy("Split the receipt where it was made, under two numbers."),
    ),
    "same_receipt": Words(
        gettext_lazy("Another row of this receipt was refused, and a receipt goes in whole or not at all."), FIX_ROW
    ),
    "conflict": Words(
        gettext_lazy("A receipt with this number is recorded, and says something else."),
        gettext_lazy("Nothing was changed. Return the recorded one, or give this one its own number."),
    ),
    "occurred_in_future": Words(gettext_lazy("The receipt is dated in the future."), FIX_PROFILE),
    "no_sale": Words(
        gettext_lazy("Nothing the member bought before has this product, at this price, and has not come back yet."),
        WAITS,
    ),
    "some_of_it": Words(
        gettext_lazy("{left} of {quantity} was found in no sale of the member; the rest was returned."),
        WAITS,
    ),
}

# These are kept until their sale is known; all others change nothing and are forgotten.
WAITING = {"no_sale", "some_of_it"}


def words_of(refusal: Refusal) -> tuple[str, str]:
    """The reason and the remedy in the active language."""
    words = WORDS.get(refusal.code)
    if words is None:
        return said(refusal.code, refusal.params), str(FIX_ROW)
    return str(words.reason).format(**refusal.params), str(words.remedy)


class Report:
    """Every refusal, kept as a CSV file for a spreadsheet and, the first few, for the screen."""

    SHOWN = 10

    def __init__(self, *, target: TextIO | None = None) -> None:
        self.shown: list[Refusal] = []
        self.count = 0
        self._target = target
        self._write(_("row"), _("receipt"), _("field"), _("outcome"), _("reason"), _("remedy"))

    def add(self, refusal: Refusal) -> None:
        self.count += 1
        if len(self.shown) < self.SHOWN:
            self.shown.append(refusal)
        if self._target:
            reason, remedy = words_of(refusal)
            outcome = _("waiting") if refusal.code in WAITING else _("refused")
            self._write(refusal.row, refusal.receipt, refusal.field, outcome, reason, remedy)

    def _write(self, *cells: object) -> None:
        if self._target:
            self._target.writelines(csv_lines([cells]))

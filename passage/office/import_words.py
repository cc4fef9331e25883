"""What the pages of an import say: of a file that cannot be read, of a row that stays out, of letters and separators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from passage.imports.columns import FIELDS
from passage.imports.models import Row

ENCODINGS: Mapping[str, str | Promise] = {
    "utf-8": gettext_lazy("UTF-8 (all languages)"),
    "cp1250": gettext_lazy("Windows-1250 (Polish, Central Europe)"),
    "iso8859_2": gettext_lazy("ISO-8859-2 (Polish, Central Europe)"),
    "cp1252": gettext_lazy("Windows-1252 (French, Western Europe)"),
    "iso8859_15": gettext_lazy("ISO-8859-15 (French, Western Europe)"),
    "cp852": gettext_lazy("CP852 (old Polish programs)"),
}
SEPARATORS: Mapping[str, str | Promise] = {
    ";": gettext_lazy("Semicolon ;"),
    ",": gettext_lazy("Comma ,"),
    "\t": gettext_lazy("Tabulator"),
    "|": gettext_lazy("Vertical bar"),
}
FILES: Mapping[str, str | Promise] = {
    "empty_file": gettext_lazy("There is nothing in this file. Choose another one."),
    "file_too_large": gettext_lazy("This file is too large. At most {limit} MB: part it into several files."),
    "too_many_rows": gettext_lazy("This file has too many rows. At most {limit}: part it into several files."),
    "not_a_list": gettext_lazy(
        "This is not a list that can be read. Save it as CSV or as an Excel workbook (.xlsx), then choose it again."
    ),
    "old_spreadsheet": gettext_lazy(
        "This is an old or a locked spreadsheet. Open it, save it as an Excel workbook (.xlsx) without a password, "
        "then choose that."
    ),
    "broken_spreadsheet": gettext_lazy("This workbook is damaged. Open it, save it anew, then choose it again."),
    "heavy_spreadsheet": gettext_lazy(
        "This workbook takes too much memory or time to open. Often it is one cell far below or far to the right: copy the "
        "list into a new, empty sheet, save that, then choose it."
    ),
    "column_twice": gettext_lazy("Two columns cannot be the same thing. Choose “do not import” for one of them."),
    "nothing_to_import": gettext_lazy(
        "No column tells one person from another. Say which one holds the card number, a phone number or an e-mail address."
    ),
    "import_moved_on": gettext_lazy("Somebody went on with this import meanwhile. This is how it stands now."),
    "import_too_old": gettext_lazy(
        "What this import did is no longer kept, so it cannot be undone. Put the members right one by one."
    ),
}
FAULTS: Mapping[str, str | Promise] = {
    "unreadable_letters": gettext_lazy("some letters cannot be read: choose another encoding in the step before"),
    "open_quotation": gettext_lazy("a quotation mark is opened and never closed: close it in the file"),
    "shortened_number": gettext_lazy(
        "the spreadsheet has shortened this number and its last digits are lost: format the column as text"
    ),
    "not_yes_or_no": gettext_lazy("neither yes nor no: write one of the two"),
    "nothing_here": gettext_lazy("nothing in the columns that are imported: fill one in, or leave the row out"),
    "two_members": gettext_lazy(
        "leads to another member than the other columns of this row: check which of them is right"
    ),
    "other_name": gettext_lazy("a member of another name has it already: check the name and the number"),
    "other_number": gettext_lazy("the same person has another number already: correct one of the two"),
    "member_blocked": gettext_lazy("the member is blocked and gets no card: unblock them first, or leave the card out"),
    "somebody_elses": gettext_lazy("a row before it has become the same member meanwhile: import the file again"),
    "twice": gettext_lazy("the same as in row {row}: keep one of the two"),
    "card_unreadable": gettext_lazy("no card number: letters and digits only, at most {limit}"),
    "invalid_email": gettext_lazy("no e-mail address: check it, for example for a missing dot or @"),
    "invalid_phone": gettext_lazy("no phone number: check its digits; a foreign one begins with + and its country"),
    "invalid_day": gettext_lazy("no day of the year: write day and month, such as 31.03."),
    "invalid_tag": gettext_lazy("a mark is made of letters, digits, blanks and dashes: take other signs out"),
    "unknown_language": gettext_lazy("a language that is not spoken here: write fr, pl or en"),
    "too_long": gettext_lazy("too long: at most {limit} characters"),
    "too_many": gettext_lazy("too many: at most {limit}"),
    "invalid": gettext_lazy("cannot be used: check it in the file"),
}
OUTCOMES: Mapping[str, str | Promise] = {
    Row.Outcome.NEW: pgettext_lazy("rows of a file", "New members"),
    Row.Outcome.CARD: pgettext_lazy("rows of a file", "New blank cards"),
    Row.Outcome.CHANGE: pgettext_lazy("rows of a file", "There already, with differences"),
    Row.Outcome.SAME: pgettext_lazy("rows of a file", "There already, the same"),
    Row.Outcome.TWIN: pgettext_lazy("rows of a file", "Twice in the file"),
    Row.Outcome.WRONG: pgettext_lazy("rows of a file", "Wrong"),
}

ONE: Mapping[str, str | Promise] = {
    Row.Outcome.NEW: pgettext_lazy("one row", "New member"),
    Row.Outcome.CARD: pgettext_lazy("one row", "New blank card"),
    Row.Outcome.CHANGE: pgettext_lazy("one row", "There already, with differences"),
    Row.Outcome.SAME: pgettext_lazy("one row", "There already, the same"),
    Row.Outcome.TWIN: pgettext_lazy("one row", "Twice in the file"),
    Row.Outcome.WRONG: pgettext_lazy("one row", "Wrong"),
}


def file_fault(code: str, params: Mapping[str, Any]) -> str:
    return str(FILES[code]).format_map(dict(params))


def reasons(faults: Sequence[Sequence[Any]]) -> str:
    """Why a row stays out, each with its column in front."""
    return "; ".join(_reason(field, code, params) for field, code, params in faults)


def why(row: Row) -> str:
    """Why a row stays out, or in what it differs from what is there."""
    told = [reasons(row.faults)] if row.faults else []
    for pattern, fields in ((_("new here: {fields}"), "fills"), (_("different here: {fields}"), "differs")):
        names = [str(FIELDS[field]) for field in row.said.get(fields, []) if field in FIELDS]
        if names:
            told.append(pattern.format(fields=", ".join(names)))
    return "; ".join(told)


def _reason(field: str, code: str, params: Mapping[str, Any]) -> str:
    why = str(FAULTS.get(code, FAULTS["invalid"])).format_map(dict(params))
    if not field:
        return why
    return _("{column}: {why}").format(column=FIELDS.get(field, field), why=why)

"""The words that explain an archive: what stands in docs/archive.md about the tables, and inside every archive."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from passage.archive import written
from passage.archive.tables import belonging, column, reason_to_stay, tables

BEGIN = "<!-- From here on written by `passage describe-archive --write` -->\n"
TITLE = "# The archive of a programme\n\n"
OPENING = """Each file under `tables/` is one table: one JSON object a line (JSON Lines, UTF-8), in the order of the ids. `id` is the
number of a row; a column that is the id of another table's row leads there. Money is whole minor units (cents,
grosze), points are whole numbers, moments are UTC, bytes are base64. `people.jsonl` names, by e-mail, who could sign in.
`manifest.json` says when and from what the archive was made, and holds the rows, columns and SHA-256 of every file.
"""


def paper() -> str:
    """What lies in every archive."""
    return TITLE + OPENING + "\n" + "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "## Left out"
    yield ""
    yield "Secrets are nobody's to carry: passwords, and these."
    yield ""
    for table in tables():
        for name in table.left_out:
            yield f"- `{table.name}.{name}`"
    for model in belonging():
        if why := reason_to_stay(model):
            yield f"- the table `{model._meta.db_table}`: {why}"
    yield ""
    yield "## Tables"
    yield ""
    for table in tables():
        yield f"### {table.name}"
        yield ""
        if said := _said(table.model):
            yield said
            yield ""
        for field in table.fields:
            yield f"- `{column(field)}`: {written.meaning(field)}"
        yield ""


def _said(model: type) -> str:
    """The model's own words; Django's stand-in for a model that says nothing is not one."""
    said = inspect.cleandoc(model.__doc__ or "")
    return "" if said.startswith(f"{model.__name__}(") else said


def section() -> str:
    """The part of docs/archive.md that the tables themselves decide."""
    return BEGIN + "\n" + "\n".join(_lines())


def rewritten(text: str) -> str:
    """docs/archive.md with that part brought up to date."""
    return text.partition(BEGIN)[0] + section()

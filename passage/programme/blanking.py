"""Forgetting inside rows that otherwise never change: which places of them may be emptied, and how.

A table that only grows names its personal places as ``blanks``. The database lets a row be changed there, to nothing but
the emptied value, and refuses everything else as before (see `defences`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place that may be emptied: a text column, or with ``path`` a value inside a JSON column, which becomes ``to``."""

    column: str
    path: tuple[str | int, ...] = ()
    to: Any = ""


def emptied(column: str, blanks: Sequence[Blank], *, row: str, vendor: str) -> str:
    """SQL of what ``column`` of ``row`` ("OLD" or a table) becomes when its places are emptied; absent ones stay so."""
    mine = [blank for blank in blanks if blank.column == column]
    if not mine[0].path:
        return "''"
    value = f'{row}."{column}"'
    if vendor == "sqlite":
        parts = ", ".join(f"'{_dotted(blank.path)}', json('{json.dumps(blank.to)}')" for blank in mine)
        return f"json_replace({value}, {parts})"
    for blank in mine:
        path = ",".join(str(step) for step in blank.path)
        value = f"jsonb_set({value}, '{{{path}}}', '{json.dumps(blank.to)}'::jsonb, false)"
    return value


def only_emptied(columns: Sequence[str], blanks: Sequence[Blank], *, vendor: str) -> str:
    """The condition on OLD and NEW that a change empties some of the places and touches nothing else."""
    same = "IS" if vendor == "sqlite" else "IS NOT DISTINCT FROM"
    places = list(dict.fromkeys(blank.column for blank in blanks))
    kept = [f'NEW."{column}" {same} OLD."{column}"' for column in columns if column not in places]
    changed = []
    for column in places:
        has_path = any(blank.path for blank in blanks if blank.column == column)
        new = f'json(NEW."{column}")' if has_path and vendor == "sqlite" else f'NEW."{column}"'
        gone = emptied(column, blanks, row="OLD", vendor=vendor)
        kept.append(f'(NEW."{column}" {same} OLD."{column}" OR {new} {same} {gone})')
        changed.append(f'NOT (NEW."{column}" {same} OLD."{column}")')
    return f"{' AND '.join(kept)} AND ({' OR '.join(changed)})"


def blanked(model: type[models.Model]) -> dict[str, RawSQL]:
    """What to give to ``update``, to empty every personal place of the rows."""
    blanks: Sequence[Blank] = model.blanks  # type: ignore[attr-defined]
    table = f'"{model._meta.db_table}"'
    columns = dict.fromkeys(blank.column for blank in blanks)
    sql = {column: emptied(column, blanks, row=table, vendor=connection.vendor) for column in columns}
    return {column: RawSQL(text, []) for column, text in sql.items()}  # noqa: S611 - made of names in our own models


def full(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of the rows with a personal place to empty: what is empty already, the database refuses to write again."""
    model, vendor = rows.model, connection.vendor
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    table = f'"{model._meta.db_table}"'
    columns = dict.fromkeys(blank.column for blank in model.blanks)
    says = " OR ".join(
        f'{table}."{each}" {differs} {emptied(each, model.blanks, row=table, vendor=vendor)}' for each in columns
    )
    differ = RawSQL(f"({says})", [], output_field=models.BooleanField())  # noqa: S611 - as above
    named = list(rows.values_list("pk", flat=True))
    found: models.QuerySet[Any] = model._base_manager.filter(differ, pk__in=named)
    return found


def _dotted(path: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


@dataclass(frozen=True, slots=True)
class Names:
    """What a person is known by. ``inside``: what names them wherever it stands, such as an address or a card's number,
    in any spelling; ``words``: names, which do so as words of their own; ``whole``: what does so by itself alone.
    """

    inside: frozenset[str]
    words: frozenset[str]
    whole: frozenset[str]

    def are_in(self, text: str) -> bool:
        bare = _bare(text)
        if bare in self.whole or any(name in bare for name in self.inside):
            return True
        return not self.words.isdisjoint(WORD.findall(text.casefold()))


def names(*, inside: Collection[str], words: Collection[str], whole: Collection[str]) -> Names:
    parts = [part for word in words for part in WORD.findall(word.casefold())]
    return Names(
        inside=frozenset(filter(None, map(_bare, inside))),
        words=frozenset(parts),
        whole=frozenset(filter(None, map(_bare, [*inside, *whole]))),
    )


def _bare(text: str) -> str:
    """Without what people put between, and in one case: a card's number and a phone in any spelling."""
    return "".join(character for character in text.casefold() if character.isalnum() or character == "@")


# Under these a short text is somebody's number, and nowhere else.
NUMBERED = ("card", "external_id")


def mentions(value: Any, named: Names, *, key: str = "") -> bool:
    """Whether ``value`` (as JSON) is about the person beyond doubt: a first name alone is many people's."""
    match value:
        case str():
            bare = _bare(value)
            return any(name in bare for name in named.inside) or (key in NUMBERED and bare in named.whole)
        case list():
            return any(mentions(each, named) for each in value)
        case Mapping():
            return any(mentions(each, named, key=name) for name, each in value.items())
        case _:
            return False


def without(value: Any, named: Names, *, keys: Collection[str] = ()) -> Any:
    """``value`` (as JSON) with every text emptied that names the person, and every text under one of ``keys``."""
    match value:
        case str():
            return "" if named.are_in(value) else value
        case list():
            return [without(each, named, keys=keys) for each in value]
        case Mapping():
            return {
                key: "" if key in keys and isinstance(each, str) else without(each, named, keys=keys)
                for key, each in value.items()
            }
        case _:
            return value

"""What the database itself refuses, made from the models: the text of triggers and constraints.

On both databases a key stays inside its programme, an append-only table only grows, and a column
named in ``fixed`` never changes. SQLite, which would take half a point, also keeps numbers whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models

from passage.programme.blanking import Blank, only_emptied
from passage.programme.owned import Owned

PREFIX = "defence_"
# One row for each thing a trigger of SQLite must know and cannot ask: see ``_refuse_replace`` and ledger.defences.
FLAGS = f"{PREFIX}flag"
REPLACING, POSTING = 1, 2


class Kind(StrEnum):
    TABLE = "table"
    FUNCTION = "function"
    CONSTRAINT = "constraint"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class Defence:
    """One object in the database. ``mark`` is what its catalogue must show of it; ``table`` is empty for a function."""

    kind: Kind
    name: str
    table: str
    sql: str
    mark: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What may not happen to the rows of a table. ``keys`` are (column, table it points at).

    ``kept`` rows are never deleted; ``posted`` columns move only with a posting (ledger.defences);
    a new row must satisfy ``starts``, a condition on NEW. Of an append-only row the places named in ``blanks`` may be
    emptied, and nothing else: see `passage.programme.blanking`. So may a ``fixed`` text that is named there.
    """

    table: str
    keys: tuple[tuple[str, str], ...] = ()
    whole: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    append_only: bool = False
    kept: bool = False
    posted: tuple[str, ...] = ()
    starts: str = ""
    columns: tuple[str, ...] = ()
    blanks: tuple[Blank, ...] = ()


def tenant_models() -> list[type[models.Model]]:
    """Every table that belongs to a programme."""
    return [model for model in apps.get_models(include_auto_created=True) if issubclass(model, Owned)]


def guard_of(model: type[models.Model], **more: Any) -> Guard:
    """What the model says of itself: its keys, its whole numbers, ``append_only`` and ``fixed``."""
    fields = model._meta.local_concrete_fields
    fixed = {"programme", *getattr(model, "fixed", ())}
    return Guard(
        table=model._meta.db_table,
        keys=tuple(
            (str(field.column), field.related_model._meta.db_table)
            for field in fields
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Owned)
        ),
        whole=tuple(str(field.column) for field in fields if _is_whole(field) and not field.primary_key),
        fixed=("id", *(str(field.column) for field in fields if field.name in fixed)),
        append_only=getattr(model, "append_only", False),
        columns=tuple(str(field.column) for field in fields if not field.generated),
        blanks=getattr(model, "blanks", ()),
        **more,
    )


def _is_whole(field: models.Field[Any, Any]) -> bool:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return isinstance(field, models.IntegerField | models.BooleanField)


# SQLite: one trigger for each table and event, holding all its refusals.


def sqlite(guards: Sequence[Guard]) -> Iterator[Defence]:
    flags = f'CREATE TABLE "{FLAGS}" (id INTEGER PRIMARY KEY, up INTEGER NOT NULL)'
    yield Defence(Kind.TABLE, FLAGS, FLAGS, flags, flags)
    for guard in guards:
        for event, refusals in (
            ("INSERT", _insert_refusals(guard)),
            ("UPDATE", _update_refusals(guard)),
            ("DELETE", _delete_refusals(guard)),
        ):
            if refusals:
                body = "\n  ".join(refusals)
                yield sqlite_trigger(f"{guard.table}_{event.lower()}", guard.table, f"BEFORE {event}", body)


def sqlite_trigger(name: str, table: str, when: str, body: str) -> Defence:
    sql = f'CREATE TRIGGER "{PREFIX}{name}" {when} ON "{table}"\nBEGIN\n  {body}\nEND'
    return Defence(Kind.TRIGGER, f"{PREFIX}{name}", table, sql, sql)


def refusal(says: str, *, when: str = "TRUE") -> str:
    return f"SELECT RAISE(ABORT, '{says}') WHERE {when};"


def _insert_refusals(guard: Guard) -> list[str]:
    found = []
    if guard.append_only or guard.kept:
        found += _refuse_replace(guard)
    found += _whole_refusals(guard)
    for column, parent in guard.keys:
        found.append(_stranger(guard, column, parent, when=f'NEW."{column}" IS NOT NULL'))
    if guard.starts:
        found.append(refusal(f"{guard.table}: {_must_start(guard)}", when=f"NOT ({guard.starts})"))
    return found


def _must_start(guard: Guard) -> str:
    """What a new row must satisfy, as text inside a text of SQL."""
    return "a new row must have " + guard.starts.replace("NEW.", "").replace("'", "''")


def _refuse_replace(guard: Guard) -> list[str]:
    """INSERT OR REPLACE deletes the row in its way without a word to the DELETE trigger.

    What a statement says after OR rules the statements of its triggers, too. So this OR IGNORE
    changes the flag, which is always there, only when the outer statement says OR REPLACE.
    """
    return [
        f'INSERT OR IGNORE INTO "{FLAGS}" (id, up) VALUES ({REPLACING}, 1);',
        refusal(
            f"{guard.table}: rows are never replaced", when=f'(SELECT up FROM "{FLAGS}" WHERE id = {REPLACING}) = 1'
        ),
    ]


def _whole_refusals(guard: Guard) -> list[str]:
    if not guard.whole:
        return []
    fractions = " OR ".join(f"typeof(NEW.\"{column}\") NOT IN ('integer', 'null')" for column in guard.whole)
    return [refusal(f"{guard.table}: a number is not whole", when=fractions)]


def _stranger(guard: Guard, column: str, parent: str, *, when: str) -> str:
    return refusal(
        f"{guard.table}.{column}: no such row in this programme",
        when=f'{when} AND NOT EXISTS (SELECT 1 FROM "{parent}" WHERE id = NEW."{column}" AND programme_id = NEW.programme_id)',
    )


def _update_refusals(guard: Guard) -> list[str]:
    if guard.append_only:
        unless = f"NOT ({only_emptied(guard.columns, guard.blanks, vendor='sqlite')})" if guard.blanks else "TRUE"
        return [refusal(f"{guard.table}: rows are only ever added", when=unless)]
    changed = " OR ".join(
        f'NEW."{column}" IS NOT OLD."{column}"{_unless_emptied(guard, column)}' for column in guard.fixed
    )
    found = [refusal(f"{guard.table}: {', '.join(guard.fixed)} never change", when=changed)]
    for column in guard.posted:
        alone = f'NEW."{column}" IS NOT OLD."{column}" AND NOT EXISTS (SELECT 1 FROM "{FLAGS}" WHERE id = {POSTING} AND up = 1)'
        found.append(refusal(f"{guard.table}: {column} moves only with a posting", when=alone))
    found += _whole_refusals(guard)
    for column, parent in guard.keys:
        if column not in guard.fixed:
            moved = f'NEW."{column}" IS NOT OLD."{column}" AND NEW."{column}" IS NOT NULL'
            found.append(_stranger(guard, column, parent, when=moved))
    return found


def _unless_emptied(guard: Guard, column: str) -> str:
    return f""" AND NEW."{column}" <> ''""" if any(blank.column == column for blank in guard.blanks) else ""


def _delete_refusals(guard: Guard) -> list[str]:
    return [refusal(f"{guard.table}: rows are never deleted")] if guard.append_only or guard.kept else []


# PostgreSQL: composite foreign keys, and triggers that share one refusing function.

REFUSE = f"{PREFIX}refuse"


def postgresql(guards: Sequence[Guard]) -> Iterator[Defence]:
    yield pg_function(REFUSE, "RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '23514';")
    for guard in guards:
        for column, parent in guard.keys:
            yield _composite_key(guard.table, column, parent)
        yield from _pg_refusals(guard)


def pg_function(name: str, statements: str) -> Defence:
    body = f"\nBEGIN\n  {statements}\nEND "
    sql = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    return Defence(Kind.FUNCTION, name, "", sql, body)


def pg_trigger(what: str, table: str, when: str, then: str) -> Defence:
    """``when`` as "BEFORE UPDATE", ``then`` from FOR EACH on. A trigger cannot be edited, so a comment can vouch for it."""
    name = f"{PREFIX}{table}_{what}"
    sql = f'CREATE TRIGGER "{name}" {when} ON "{table}" {then}'
    return Defence(Kind.TRIGGER, name, table, sql, hashlib.sha256(sql.encode()).hexdigest())


def _composite_key(table: str, column: str, parent: str) -> Defence:
    name = f"{PREFIX}{table}_{column}"
    key = f"FOREIGN KEY (programme_id, {column}) REFERENCES {parent}(programme_id, id)"
    return Defence(Kind.CONSTRAINT, name, table, f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {key}', key)


def _pg_refusals(guard: Guard) -> Iterator[Defence]:
    table = guard.table
    if guard.append_only:
        event = "BEFORE DELETE" if guard.blanks else "BEFORE UPDATE OR DELETE"
        yield pg_trigger("append_only", table, event, _refuse("rows are only ever added"))
        if guard.blanks:
            unless = f"NOT ({only_emptied(guard.columns, guard.blanks, vendor='postgresql')})"
            yield pg_trigger("blanks", table, "BEFORE UPDATE", _refuse("rows are only ever added", when=unless))
    else:
        never = [column for column in guard.fixed if not _unless_emptied(guard, column)]
        changed = _differ(never)
        for column in set(guard.fixed).difference(never):
            changed = f"({changed} OR ({_differ([column])}{_unless_emptied(guard, column)}))"
        yield pg_trigger(
            "fixed", table, "BEFORE UPDATE", _refuse(f"{', '.join(guard.fixed)} never change", when=changed)
        )
    if guard.kept:
        yield pg_trigger("kept", table, "BEFORE DELETE", _refuse("rows are never deleted"))
    if guard.append_only or guard.kept:
        yield pg_trigger("truncate", table, "BEFORE TRUNCATE", _refuse("rows are never deleted", each="STATEMENT"))
    for column in guard.posted:
        # Depth 0: the statement that moves the column does not come from a trigger.
        alone = f"{_differ((column,))} AND pg_trigger_depth() = 0"
        yield pg_trigger(column, table, "BEFORE UPDATE", _refuse(f"{column} moves only with a posting", when=alone))
    if guard.starts:
        refused = _refuse(_must_start(guard), when=f"NOT ({guard.starts})")
        yield pg_trigger("starts", table, "BEFORE INSERT", refused)


def _differ(columns: Sequence[str]) -> str:
    return "(" + " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns) + ")"


def _refuse(says: str, *, when: str = "", each: str = "ROW") -> str:
    condition = f"WHEN ({when}) " if when else ""
    return f"FOR EACH {each} {condition}EXECUTE FUNCTION {REFUSE}('{says}')"

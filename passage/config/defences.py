"""The defences inside the database, gathered from the rooms: put in place by `passage migrate`, asked for at every start."""

from django.core.management import CommandError
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from passage.ledger import defences as ledger
from passage.programme.defences import (
    FLAGS,
    POSTING,
    PREFIX,
    REPLACING,
    Defence,
    Guard,
    Kind,
    guard_of,
    postgresql,
    sqlite,
    tenant_models,
)

FOUND_IN_SQLITE = f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'index' AND name LIKE '{PREFIX}%'"
# A trigger that was switched off defends nothing, and so must not show its mark.
FOUND_IN_POSTGRESQL = f"""
SELECT 'trigger', t.tgname, c.relname,
       CASE WHEN t.tgenabled IN ('O', 'A') THEN obj_description(t.oid, 'pg_trigger') ELSE 'off' END
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgname LIKE '{PREFIX}%' AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'constraint', k.conname, c.relname,
       CASE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
            THEN 'off' ELSE pg_get_constraintdef(k.oid) END
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.conname LIKE '{PREFIX}%' AND k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'function', p.proname, '', p.prosrc
  FROM pg_proc p WHERE p.proname LIKE '{PREFIX}%' AND p.pronamespace = current_schema()::regnamespace
"""
# What stands on something else goes first.
REMOVAL = [Kind.TRIGGER, Kind.CONSTRAINT, Kind.FUNCTION, Kind.TABLE]
Place = tuple[str, str, str]


def guards() -> list[Guard]:
    """One for each table of a programme, the sharper one where a room has its own."""
    sharper = ledger.guards()
    return [sharper.get(model) or guard_of(model) for model in tenant_models()]


def expected(connection: BaseDatabaseWrapper) -> list[Defence]:
    """Every defence that this version wants in this database, in the order in which they can be made."""
    if connection.vendor == "sqlite":
        return [*sqlite(guards()), *ledger.sqlite_postings()]
    return [*postgresql(guards()), *ledger.pg_postings()]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the defences that are not in the database, are not as they should be, or are switched off."""
    found = _found(connection)
    absent = [each.name for each in expected(connection) if found.get(_place(each)) != each.mark]
    if connection.vendor == "sqlite" and FLAGS not in absent and not _flags_are_down(connection):
        absent.append(FLAGS)
    return absent


def install(connection: BaseDatabaseWrapper) -> None:
    """Puts in place what is missing and takes away what an older version had; a second run changes nothing."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        found = _found(connection)
        wanted = expected(connection)
        right = {_place(each) for each in wanted if found.get(_place(each)) == each.mark}
        wrong = [place for place in found if place not in right and not _is_replaced(place, wanted)]
        for place in sorted(wrong, key=lambda place: REMOVAL.index(Kind(place[0]))):
            cursor.execute(_drop(place, connection))
        for each in wanted:
            if _place(each) not in right:
                _make(each, cursor)
        if connection.vendor == "sqlite":
            cursor.execute(
                f'WITH down (id) AS (VALUES ({REPLACING}), ({POSTING})) REPLACE INTO "{FLAGS}" (id, up) SELECT id, 0 FROM down'
            )


def step_aside(connection: BaseDatabaseWrapper) -> None:
    """Before a migration on SQLite, which rebuilds a table by renaming it: no trigger may name it meanwhile."""
    if connection.vendor == "sqlite":
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for place in _found(connection):
                if place[0] == Kind.TRIGGER:
                    cursor.execute(_drop(place, connection))


def refuse_without(connection: BaseDatabaseWrapper) -> None:
    """Ends a command that would work on a database that cannot defend itself."""
    if absent := missing(connection):
        raise CommandError(
            f"The database lacks {len(absent)} of its defences ({', '.join(absent[:3])}, ...). Run `passage migrate` first."
        )


def _found(connection: BaseDatabaseWrapper) -> dict[Place, str]:
    with connection.cursor() as cursor:
        cursor.execute(FOUND_IN_SQLITE if connection.vendor == "sqlite" else FOUND_IN_POSTGRESQL)
        return {(kind, name, table): mark for kind, name, table, mark in cursor.fetchall()}


def _flags_are_down(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{FLAGS}" WHERE id IN ({REPLACING}, {POSTING}) AND up = 0')
        return bool(cursor.fetchone() == (2,))


def _place(defence: Defence) -> Place:
    return (str(defence.kind), defence.name, defence.table)


def _is_replaced(place: Place, wanted: list[Defence]) -> bool:
    """A function that triggers call cannot be dropped, but CREATE OR REPLACE puts it right."""
    return place[0] == Kind.FUNCTION and any(place == _place(each) for each in wanted)


def _make(defence: Defence, cursor: CursorWrapper) -> None:
    cursor.execute(defence.sql)
    if defence.kind is Kind.TRIGGER and cursor.db.vendor == "postgresql":
        cursor.execute(f'COMMENT ON TRIGGER "{defence.name}" ON "{defence.table}" IS \'{defence.mark}\'')


def _drop(place: Place, connection: BaseDatabaseWrapper) -> str:
    kind, name, table = place
    match kind:
        case Kind.CONSTRAINT:
            return f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'
        case Kind.FUNCTION:
            return f"DROP FUNCTION {name}()"
        case Kind.TRIGGER if connection.vendor == "postgresql":
            return f'DROP TRIGGER "{name}" ON "{table}"'
        case _:
            return f'DROP {kind} "{name}"'

"""Proving the books: a check is one statement that finds the rows that are wrong, the same text on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from passage.programme.defences import guard_of, tenant_models
from passage.programme.models import Programme

# Of one kind of fault this many are told; a broken million would hide every other fault.
MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Check:
    """``sql`` selects (account id or NULL, row, expected, found) of what is wrong in %(programme)s.

    ``about`` names the row, ``says`` what is wrong with it. ``kind`` is stable, for machines.
    """

    kind: str
    about: str
    says: str
    sql: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the books that cannot be: in which programme, where, and by how much."""

    kind: str
    programme: str
    where: str
    says: str
    expected: str
    found: str
    account: int | None = None

    def __str__(self) -> str:
        return f"{self.programme}: {self.where}: {self.says} (expected {self.expected}, found {self.found})"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def faults(checks: Iterable[Check], *, programme: Programme) -> Iterator[Fault]:
    """What the checks find wrong, at most MOST_TOLD of each kind."""
    for check in checks:
        for account, row, expected, found in rows(check.sql, programme=programme):
            where = f"{check.about} {_as_written(row)}"
            yield Fault(check.kind, programme.slug, where, check.says, str(expected), str(found), account)


def rows(sql: str, *, programme: Programme) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"programme": programme.pk})
        return list(cursor.fetchmany(MOST_TOLD))


def _as_written(row: Any) -> str:
    """SQLite keeps a public id without its dashes."""
    return str(UUID(row)) if isinstance(row, str) and len(row) == 32 else str(row)


def key_checks() -> Iterator[Check]:
    """No key of any table leads to a row of another programme, or to none. Each table is read once for all its keys."""
    for model in tenant_models():
        guard = guard_of(model)
        if not guard.keys:
            continue
        joins, strangers, named = [], [], []
        for number, (column, parent) in enumerate(guard.keys):
            joins.append(f'LEFT JOIN "{parent}" AS parent{number} ON parent{number}.id = child."{column}"')
            strange = (
                f'(child."{column}" IS NOT NULL AND'
                f" (parent{number}.programme_id IS NULL OR parent{number}.programme_id <> child.programme_id))"
            )
            strangers.append(strange)
            named.append(f"WHEN {strange} THEN '{column} ' || child.\"{column}\"")
        yield Check(
            kind="foreign_key",
            about=guard.table,
            says="a key leads to a row that is not of this programme",
            sql=f"""
SELECT NULL, child.id, 'keys within the programme', CASE {" ".join(named)} END
  FROM "{guard.table}" AS child {" ".join(joins)}
 WHERE child.programme_id = %(programme)s AND child.id > 0 AND ({" OR ".join(strangers)})
 ORDER BY child.id""",  # noqa: S608 - names of our own tables
        )

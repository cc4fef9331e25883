"""The vault's own defences: entries move the balance, allocations move what is left of a lot, and nobody else does.

The actions only add entries and allocations; the database posts them in the same statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from passage.ledger.models import Account, Allocation, Correction, Debt, Entry, Lot, Reservation
from passage.programme.defences import (
    FLAGS,
    POSTING,
    PREFIX,
    Defence,
    Guard,
    guard_of,
    pg_function,
    pg_trigger,
    refusal,
    sqlite_trigger,
)


@dataclass(frozen=True, slots=True)
class Posting:
    """A row added to ``source`` moves ``column`` of the row of ``target`` that its ``key`` points at by its points."""

    source: str
    key: str
    target: str
    column: str


POSTINGS = (
    Posting(Entry._meta.db_table, "account_id", Account._meta.db_table, "balance"),
    Posting(Allocation._meta.db_table, "lot_id", Lot._meta.db_table, "left"),
)


def guards() -> dict[type, Guard]:
    """The tables of the vault that are guarded more closely than their models say."""
    return {
        Account: guard_of(Account, kept=True, posted=("balance",), starts='NEW."balance" = 0'),
        Entry: guard_of(Entry, starts=f'NEW."kind" <> \'{Entry.Kind.EARN}\' OR NEW."points" >= 0'),
        Lot: guard_of(Lot, kept=True, posted=("left",), starts='NEW."left" = NEW."size"'),
        Correction: guard_of(Correction, kept=True),
        Debt: guard_of(Debt, kept=True),
        Reservation: guard_of(Reservation, kept=True),
    }


def sqlite_postings() -> Iterator[Defence]:
    for each in POSTINGS:
        # An outer OR IGNORE would let the CHECK on the target skip the row in silence: hence the count.
        body = f"""UPDATE "{FLAGS}" SET up = 1 WHERE id = {POSTING};
  UPDATE "{each.target}" SET "{each.column}" = "{each.column}" + NEW.points
   WHERE id = NEW.{each.key} AND programme_id = NEW.programme_id;
  {refusal(f"{each.source}: {each.column} cannot move by this much", when="changes() <> 1")}
  UPDATE "{FLAGS}" SET up = 0 WHERE id = {POSTING};"""
        yield sqlite_trigger(f"{each.source}_post", each.source, "AFTER INSERT", body)


def pg_postings() -> Iterator[Defence]:
    """One UPDATE for a whole statement: a batch of a thousand entries costs its accounts one write each.

    The accounts are locked by then, in the order of their keys (ledger.actions).
    """
    for each in POSTINGS:
        name = f"{PREFIX}{each.source}_post"
        statements = f"""UPDATE {each.target} AS target SET "{each.column}" = target."{each.column}" + moved.points
    FROM (
      SELECT programme_id, {each.key} AS key, sum(points)::bigint AS points
      FROM added GROUP BY programme_id, {each.key} HAVING sum(points) <> 0
    ) AS moved
   WHERE target.id = moved.key AND target.programme_id = moved.programme_id;
  RETURN NULL;"""
        yield pg_function(name, statements)
        then = f"REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        yield pg_trigger("post", each.source, "AFTER INSERT", then)

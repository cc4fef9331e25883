"""Proving purchases: what each says it gave and took is what its entries moved, for ever.

The answers are JSON, which the two databases open in their own words: ``checks`` writes them in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from passage.programme.verify import Check


@dataclass(frozen=True, slots=True)
class Words:
    """``each``: one row ``item`` per element of a list of the settlement; the others read a field of the element."""

    each: Callable[[str], str]
    number: Callable[[str], str]
    text: Callable[[str], str]
    redemption: str


SQLITE = Words(
    each="json_each(purchase.settlement, '$.{}') AS item".format,
    number="json_extract(item.value, '$.{}')".format,
    text="json_extract(item.value, '$.{}')".format,
    redemption="REPLACE(json_extract(item.value, '$.redemption'), '-', '')",
)
POSTGRESQL = Words(
    each="jsonb_array_elements(COALESCE(purchase.settlement -> '{}', '[]'::jsonb)) AS item (value)".format,
    number="(item.value ->> '{}')::bigint".format,
    text="(item.value ->> '{}')".format,
    redemption="(item.value ->> 'redemption')::uuid",
)


def checks(*, vendor: str) -> list[Check]:
    """The checks in the words of this database."""
    words = SQLITE if vendor == "sqlite" else POSTGRESQL
    return [_points(words), _reversed(words), _restored(words)]


def _points(words: Words) -> Check:
    return Check(
        kind="purchase_points",
        about="purchase",
        says="its entries did not move the points that its settlement says",
        # A sale earns, a return takes (or owes) what was earned, a move does both.
        sql=f"""
SELECT NULL, said.cause, SUM(said.points), SUM(said.moved) FROM (
  SELECT purchase.public_id AS cause, {words.text("unit")} AS unit, {words.number("points")} AS points, 0 AS moved
    FROM purchases_purchase AS purchase, {words.each("earned")}
   WHERE purchase.programme_id = %(programme)s AND purchase.id > 0 AND purchase.kind IN ('sale', 'move')
  UNION ALL
  SELECT purchase.public_id, {words.text("unit")}, - {words.number("taken")} - {words.number("debt")}, 0
    FROM purchases_purchase AS purchase, {words.each("clawed")}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind <> 'sale'
  UNION ALL
  SELECT entry.cause, unit.code, 0, entry.points
    FROM ledger_entry AS entry
    JOIN ledger_account AS account ON account.id = entry.account_id JOIN ledger_unit AS unit ON unit.id = account.unit_id
    JOIN purchases_purchase AS purchase ON purchase.public_id = entry.cause
   WHERE entry.programme_id = %(programme)s AND entry.id > 0 AND entry.kind IN ('earn', 'clawback')
) AS said
 GROUP BY said.cause, said.unit HAVING SUM(said.points) <> SUM(said.moved) ORDER BY said.cause""",  # noqa: S608
    )


def _reversed(words: Words) -> Check:
    return Check(
        kind="redemption_reversed",
        about="redemption",
        says="what came back of it is not what its returns and reversals gave back",
        # Less may come back than was reversed: what came from a lot that has ended may stay ended (E-20).
        sql=f"""
SELECT NULL, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT public_id AS id, 1 AS known, reversed AS expected, 0 AS found
    FROM rewards_redemption WHERE programme_id = %(programme)s
  UNION ALL
  SELECT {words.redemption}, 0, 0, {words.number("points")}
    FROM purchases_purchase AS purchase, {words.each("restored")}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind <> 'sale'
  UNION ALL
  SELECT cause, 0, 0, points FROM ledger_entry WHERE programme_id = %(programme)s AND id > 0 AND kind = 'restore'
) AS said GROUP BY said.id
HAVING MAX(said.known) = 1 AND SUM(said.expected) <> SUM(said.found)
   AND (SUM(said.expected) < SUM(said.found) OR NOT EXISTS (
     SELECT 1 FROM ledger_entry AS entry
       JOIN ledger_allocation AS part ON part.entry_id = entry.id JOIN ledger_lot AS lot ON lot.id = part.lot_id
      WHERE entry.programme_id = %(programme)s AND entry.cause = said.id AND lot.expires_at IS NOT NULL))
 ORDER BY said.id""",  # noqa: S608
    )


def _restored(words: Words) -> Check:
    return Check(
        kind="purchase_restored",
        about="purchase",
        says="more points were given back for it than its settlement says",
        sql=f"""
SELECT NULL, said.cause, SUM(said.points), SUM(said.moved) FROM (
  SELECT purchase.public_id AS cause, {words.number("points")} AS points, 0 AS moved
    FROM purchases_purchase AS purchase, {words.each("restored")}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind <> 'sale'
  UNION ALL
  SELECT entry.cause, 0, entry.points
    FROM ledger_entry AS entry JOIN purchases_purchase AS purchase ON purchase.public_id = entry.cause
   WHERE entry.programme_id = %(programme)s AND entry.id > 0 AND entry.kind = 'restore'
) AS said
 GROUP BY said.cause HAVING SUM(said.moved) > SUM(said.points) ORDER BY said.cause""",  # noqa: S608
    )

"""Proving purchases: what each says it gave and took is what its entries moved, for ever, and each counts once.

The answers are JSON, which the two databases open in their own words: ``checks`` writes them in. A fraction of a line
is compared with a billionth to spare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from passage.programme.verify import Check


@dataclass(frozen=True, slots=True)
class Words:
    """``each``: one row ``item`` per element of a list of the settlement; the others read a field of the element.

    ``rules``: one row ``rule`` per rule of an element of "earned", with its ``version``. ``parts``: one row ``part`` per
    line that came back, ``line`` and ``share`` of it. ``steps`` is the most that remainders of all rules can be worth.
    """

    each: Callable[[str], str]
    number: Callable[[str], str]
    text: Callable[[str], str]
    redemption: str
    rules: str
    version: str
    parts: str
    line: str
    share: str
    steps: str


SQLITE = Words(
    each="json_each(purchase.settlement, '$.{}') AS item".format,
    number="json_extract(item.value, '$.{}')".format,
    text="json_extract(item.value, '$.{}')".format,
    redemption="REPLACE(json_extract(item.value, '$.redemption'), '-', '')",
    rules="json_each(item.value, '$.rules') AS rule",
    version="json_extract(rule.value, '$.version')",
    parts="json_each(purchase.settlement, '$.parts') AS part",
    line="part.key",
    share="CAST(json_extract(part.value, '$[0]') AS REAL) / json_extract(part.value, '$[1]')",
    steps="CASE WHEN json_extract(definition, '$.earns.whole_steps') THEN json_extract(definition, '$.earns.points')"
    " WHEN json_extract(definition, '$.earns.carry') THEN 1 ELSE 0 END",
)
POSTGRESQL = Words(
    each="jsonb_array_elements(COALESCE(purchase.settlement -> '{}', '[]'::jsonb)) AS item (value)".format,
    number="(item.value ->> '{}')::bigint".format,
    text="(item.value ->> '{}')".format,
    redemption="(item.value ->> 'redemption')::uuid",
    rules="jsonb_array_elements(COALESCE(item.value -> 'rules', '[]'::jsonb)) AS rule (value)",
    version="(rule.value ->> 'version')::bigint",
    parts="jsonb_each(COALESCE(purchase.settlement -> 'parts', '{}'::jsonb)) AS part (key, value)",
    line="part.key",
    share="(part.value ->> 0)::double precision / (part.value ->> 1)::double precision",
    steps="CASE WHEN (definition -> 'earns' ->> 'whole_steps')::boolean THEN (definition -> 'earns' ->> 'points')::bigint"
    " WHEN (definition -> 'earns' ->> 'carry')::boolean THEN 1 ELSE 0 END",
)


def checks(*, vendor: str) -> list[Check]:
    """The checks in the words of this database."""
    words = SQLITE if vendor == "sqlite" else POSTGRESQL
    return [
        _points(words),
        _reversed(words),
        _restored(words),
        _returned(words),
        _refunded(words),
        _counts_for_two(words),
        _not_in_force(words),
    ]


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


def _returned(words: Words) -> Check:
    return Check(
        kind="returned_too_much",
        about="purchase",
        says="more of a line came back than was sold",
        sql=f"""
SELECT NULL, sale.public_id, 1, said.share FROM (
  SELECT purchase.sale_id AS sale, SUM({words.share}) AS share
    FROM purchases_purchase AS purchase, {words.parts}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind IN ('return', 'void')
   GROUP BY purchase.sale_id, {words.line} HAVING SUM({words.share}) > 1.000000001
) AS said JOIN purchases_purchase AS sale ON sale.id = said.sale ORDER BY sale.id""",  # noqa: S608
    )


def _refunded(words: Words) -> Check:
    return Check(
        kind="refunded_too_much",
        about="purchase",
        says="more money was given back for it than was paid",
        # Goods that were taken back in exchange had lowered the bill: only what was paid is counted.
        sql=f"""
SELECT NULL, said.id, SUM(said.paid), SUM(said.back) FROM (
  SELECT sale.public_id AS id, 0 AS paid, -purchase.total AS back
    FROM purchases_purchase AS purchase JOIN purchases_purchase AS sale ON sale.id = purchase.sale_id
   WHERE purchase.programme_id = %(programme)s AND purchase.kind IN ('return', 'void')
  UNION ALL
  SELECT purchase.public_id, CASE WHEN {words.number("paid")} > 0 THEN {words.number("paid")} ELSE 0 END, 0
    FROM purchases_purchase AS purchase, {words.each("lines")}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind = 'sale' AND EXISTS (
     SELECT 1 FROM purchases_purchase AS back
      WHERE back.programme_id = purchase.programme_id AND back.sale_id = purchase.id AND back.kind IN ('return', 'void'))
) AS said GROUP BY said.id HAVING SUM(said.back) > SUM(said.paid) ORDER BY said.id""",  # noqa: S608
    )


def _counts_for_two(words: Words) -> Check:
    return Check(
        kind="purchase_counts_twice",
        about="purchase",
        says="it still gives points to somebody it was moved away from",
        # What had expired, or was written off, was not taken; and remainders of other sales may fill a step of each rule.
        sql=f"""
WITH moved AS (
  SELECT sale_id AS sale, MAX(id) AS last FROM purchases_purchase
   WHERE programme_id = %(programme)s AND kind = 'move' GROUP BY sale_id
), owner AS (
  SELECT moved.sale, COALESCE(member.merged_into_id, member.id) AS person
    FROM moved JOIN purchases_purchase AS move ON move.id = moved.last
    LEFT JOIN members_member AS member ON member.id = move.member_id
), row AS (
  SELECT moved.sale, purchase.id, purchase.public_id AS cause
    FROM moved JOIN purchases_purchase AS purchase ON purchase.id = moved.sale OR purchase.sale_id = moved.sale
), short AS (
  SELECT row.sale, SUM({words.number("written_off")} + {words.number("expired")}) AS points
    FROM row JOIN purchases_purchase AS purchase ON purchase.id = row.id, {words.each("clawed")}
   WHERE purchase.kind <> 'sale' GROUP BY row.sale
)
SELECT NULL, sale.public_id, 0, SUM(entry.points)
  FROM row
  JOIN ledger_entry AS entry ON entry.programme_id = %(programme)s AND entry.cause = row.cause
   AND entry.kind IN ('earn', 'clawback')
  JOIN ledger_account AS account ON account.id = entry.account_id
  JOIN members_member AS member ON member.id = account.member_id
  JOIN owner ON owner.sale = row.sale
  JOIN purchases_purchase AS sale ON sale.id = row.sale
  LEFT JOIN short ON short.sale = row.sale
 WHERE owner.person IS NULL OR owner.person <> COALESCE(member.merged_into_id, member.id)
 GROUP BY row.sale, sale.public_id, account.unit_id, COALESCE(member.merged_into_id, member.id), short.points
HAVING SUM(entry.points) > COALESCE(short.points, 0) + (
  SELECT COALESCE(SUM(step), 0) FROM (
    SELECT MAX({words.steps}) AS step FROM earning_ruleversion WHERE programme_id = %(programme)s GROUP BY rule_id) AS steps)
 ORDER BY sale.public_id""",  # noqa: S608
    )


def _not_in_force(words: Words) -> Check:
    return Check(
        kind="rule_not_in_force",
        about="purchase",
        says="a rule gave points that was not in force then",
        # A version holds until the next one of its rule; one that was made after the purchase came could not be known.
        sql=f"""
WITH force AS (
  SELECT id, effective_from AS since,
         LEAD(effective_from) OVER (PARTITION BY rule_id ORDER BY effective_from, number) AS until,
         LEAD(made_at) OVER (PARTITION BY rule_id ORDER BY effective_from, number) AS replaced
    FROM earning_ruleversion WHERE programme_id = %(programme)s
)
SELECT NULL, said.id, 'a rule in force', said.version FROM (
  SELECT purchase.public_id AS id, purchase.occurred_at AS at, purchase.received_at AS received,
         {words.version} AS version
    FROM purchases_purchase AS purchase, {words.each("earned")}, {words.rules}
   WHERE purchase.programme_id = %(programme)s AND purchase.id > 0 AND purchase.kind IN ('sale', 'move')
) AS said LEFT JOIN force ON force.id = said.version
 WHERE force.id IS NULL OR said.at < force.since OR (said.at >= force.until AND said.received > force.replaced)
 ORDER BY said.id""",  # noqa: S608
    )

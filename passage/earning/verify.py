"""Proving what rules and levels remember: remainders within one step, counters that purchases explain, levels by credits.

Counters of events (joining, a feast without a purchase) are explained by no purchase and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from passage.programme.verify import Check


@dataclass(frozen=True, slots=True)
class Words:
    """``number`` reads a field of a rule's arithmetic; ``thresholds`` is one row ``step`` per level of a scheme."""

    number: Callable[[str], str]
    kind: str
    thresholds: str
    least: str
    earned: str
    rules: str
    version: str
    points: str


SQLITE = Words(
    number="json_extract(version.definition, '$.earns.{}')".format,
    kind="json_extract(version.definition, '$.earns.kind')",
    thresholds="json_each(scheme.thresholds) AS step",
    least="CAST(step.value AS INTEGER)",
    earned="json_each(purchase.settlement, '$.earned') AS item",
    rules="json_each(item.value, '$.rules') AS rule",
    version="json_extract(rule.value, '$.version')",
    points="json_extract(rule.value, '$.points')",
)
POSTGRESQL = Words(
    number="(version.definition -> 'earns' ->> '{}')::bigint".format,
    kind="(version.definition -> 'earns' ->> 'kind')",
    thresholds="jsonb_each(scheme.thresholds) AS step (key, value)",
    least="(step.value #>> '{}')::bigint",
    earned="jsonb_array_elements(COALESCE(purchase.settlement -> 'earned', '[]'::jsonb)) AS item (value)",
    rules="jsonb_array_elements(COALESCE(item.value -> 'rules', '[]'::jsonb)) AS rule (value)",
    version="(rule.value ->> 'version')::bigint",
    points="(rule.value ->> 'points')::bigint",
)


def checks(*, vendor: str) -> list[Check]:
    """The checks in the words of this database."""
    words = SQLITE if vendor == "sqlite" else POSTGRESQL
    return [_remainder(words), _usage(words), _credits(words), _tier(words)]


def _remainder(words: Words) -> Check:
    return Check(
        kind="remainder",
        about="usage",
        says="the remainder that waits is below zero, or a whole step of its rule and more",
        sql=f"""
SELECT NULL, usage.id, 'less than a step', usage.carry FROM earning_tally AS usage
 WHERE usage.programme_id = %(programme)s AND usage.id > 0 AND usage.carry <> 0 AND (
   usage.carry < 0 OR usage.carry >= (
     SELECT MAX({words.number("step")}) FROM earning_ruleversion AS version
      WHERE version.rule_id = usage.rule_id AND {words.kind} = 'per_amount'))
 ORDER BY usage.id""",  # noqa: S608
    )


def _usage(words: Words) -> Check:
    return Check(
        kind="usage_unexplained",
        about="member",
        says="a rule counts more for it than its purchases say",
        # Of a purchase that came back in part less is counted than it says; of one that stands no more, nothing.
        sql=f"""
WITH limited AS (
  SELECT version.rule_id AS rule FROM earning_ruleversion AS version
   WHERE version.programme_id = %(programme)s AND {words.kind} IS NOT NULL
   GROUP BY version.rule_id HAVING MAX(CASE WHEN {words.kind} IN ('event', 'per_amount') THEN 1 ELSE 0 END) = 0
), counted AS (
  SELECT usage.member_id AS record, usage.rule_id AS rule, usage.span, SUM(usage.times) AS times, SUM(usage.points) AS points
    FROM earning_tally AS usage JOIN limited ON limited.rule = usage.rule_id
   WHERE usage.programme_id = %(programme)s AND usage.id > 0
   GROUP BY usage.member_id, usage.rule_id, usage.span HAVING SUM(usage.times) <> 0 OR SUM(usage.points) <> 0
), told AS (
  SELECT purchase.member_id AS record, version.rule_id AS rule, COUNT(*) AS times, SUM({words.points}) AS points
    FROM purchases_purchase AS purchase, {words.earned}, {words.rules}
    JOIN earning_ruleversion AS version ON version.id = {words.version}
   WHERE purchase.programme_id = %(programme)s AND purchase.kind IN ('sale', 'move', 'judged')
     AND purchase.member_id IN (SELECT record FROM counted) AND version.rule_id IN (SELECT rule FROM counted)
     AND NOT EXISTS (
       SELECT 1 FROM purchases_purchase AS later
        WHERE later.programme_id = purchase.programme_id AND later.sale_id = COALESCE(purchase.sale_id, purchase.id)
          AND later.kind IN ('move', 'judged') AND later.id > purchase.id)
   GROUP BY purchase.member_id, version.rule_id
)
SELECT NULL, member.public_id, COALESCE(told.points, 0), counted.points
  FROM counted JOIN members_member AS member ON member.id = counted.record
  LEFT JOIN told ON told.record = counted.record AND told.rule = counted.rule
 WHERE counted.times > COALESCE(told.times, 0) OR counted.points > COALESCE(told.points, 0)
    OR counted.times < 0 OR counted.points < 0
 ORDER BY member.id""",  # noqa: S608
    )


def _credits(words: Words) -> Check:
    return Check(
        kind="tier_credits",
        about="member",
        says="a level was reached with fewer credits than any scheme asked for",
        sql=f"""
SELECT NULL, member.public_id, least.credits, held.credits
  FROM earning_tierchange AS held
  JOIN earning_tier AS tier ON tier.id = held.tier_id JOIN members_member AS member ON member.id = held.member_id
  JOIN (SELECT step.key AS code, MIN({words.least}) AS credits FROM earning_tierscheme AS scheme, {words.thresholds}
         WHERE scheme.programme_id = %(programme)s GROUP BY step.key) AS least ON least.code = tier.code
 WHERE held.programme_id = %(programme)s AND held.why = 'reached' AND held.credits < least.credits
 ORDER BY held.id""",  # noqa: S608
    )


def _tier(words: Words) -> Check:
    return Check(
        kind="tier_unexplained",
        about="member",
        says="it holds a level that all its credits together do not reach",
        # Only what was reached: a level given by hand, or left by a review one step lower, needs no credits now.
        sql=f"""
WITH least AS (
  SELECT step.key AS code, MIN({words.least}) AS credits FROM earning_tierscheme AS scheme, {words.thresholds}
   WHERE scheme.programme_id = %(programme)s GROUP BY step.key
), last AS (
  SELECT held.member_id AS record, held.tier_id AS tier, held.why,
         ROW_NUMBER() OVER (PARTITION BY held.member_id ORDER BY held.at DESC, held.id DESC) AS place
    FROM earning_tierchange AS held WHERE held.programme_id = %(programme)s
), had AS (
  SELECT COALESCE(member.merged_into_id, member.id) AS person, SUM(entry.credits) AS credits
    FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
    JOIN members_member AS member ON member.id = account.member_id
   WHERE entry.programme_id = %(programme)s AND entry.id > 0 AND entry.credits <> 0
   GROUP BY COALESCE(member.merged_into_id, member.id)
)
SELECT NULL, member.public_id, least.credits, COALESCE(had.credits, 0)
  FROM last JOIN earning_tier AS tier ON tier.id = last.tier
  JOIN least ON least.code = tier.code
  JOIN members_member AS member ON member.id = last.record
  LEFT JOIN had ON had.person = last.record
 WHERE last.place = 1 AND last.why = 'reached' AND member.merged_into_id IS NULL AND member.status <> 'erased'
   AND COALESCE(had.credits, 0) < least.credits
   AND NOT EXISTS (SELECT 1 FROM earning_tierscheme AS keeps
                    WHERE keeps.programme_id = %(programme)s AND NOT keeps.revoke_on_return)
 ORDER BY member.id""",  # noqa: S608
    )

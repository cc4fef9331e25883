"""Proving redemptions: what each says it spent is what its entries took."""

from __future__ import annotations

from passage.programme.verify import Check

CHECKS = (
    Check(
        kind="redemption_spent",
        about="redemption",
        says="what it spent is not what its entries took",
        sql="""
SELECT NULL, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT public_id AS id, 1 AS known, spent AS expected, 0 AS found
    FROM rewards_redemption WHERE programme_id = %(programme)s
  UNION ALL
  SELECT cause, 0, 0, -points FROM ledger_entry WHERE programme_id = %(programme)s AND id > 0 AND kind = 'spend'
) AS said GROUP BY said.id
HAVING MAX(said.known) = 1 AND SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="redemption_reservation",
        about="redemption",
        says="it is reserved without an open reservation, or the other way round",
        sql="""
SELECT NULL, redemption.public_id, redemption.state, held.state
  FROM rewards_redemption AS redemption JOIN ledger_reservation AS held ON held.id = redemption.reservation_id
 WHERE redemption.programme_id = %(programme)s
   AND ((redemption.state = 'reserved' AND held.state <> 'open') OR (redemption.state <> 'reserved' AND held.state = 'open'))
 ORDER BY redemption.id""",
    ),
    Check(
        kind="redemption_points",
        about="redemption",
        says="its reservation holds another number of points, or another member's",
        sql="""
SELECT held.account_id, redemption.public_id, redemption.points, held.points
  FROM rewards_redemption AS redemption
  JOIN ledger_reservation AS held ON held.id = redemption.reservation_id
  JOIN ledger_account AS account ON account.id = held.account_id
 WHERE redemption.programme_id = %(programme)s AND redemption.state = 'reserved'
   AND (held.points <> redemption.points OR account.member_id <> redemption.member_id)
 ORDER BY redemption.id""",
    ),
    Check(
        kind="redemption_alias",
        about="redemption",
        says="it is set aside for a record that became somebody else",
        sql="""
SELECT NULL, redemption.public_id, 'the person of today', member.public_id
  FROM rewards_redemption AS redemption JOIN members_member AS member ON member.id = redemption.member_id
 WHERE redemption.programme_id = %(programme)s AND redemption.state = 'reserved' AND member.merged_into_id IS NOT NULL
 ORDER BY redemption.id""",
    ),
)

"""Proving redemptions: what each says it spent is what its entries took."""

from __future__ import annotations

from passage.programme.verify import Check

CHECKS = (
    Check(
        kind="redemption_spent",
        about="redemption",
        says="what it spent is not what its entries took",
        sql="""
SELECT NULL, redemption.public_id, redemption.spent, COALESCE(entry.points, 0)
  FROM rewards_redemption AS redemption
  LEFT JOIN (SELECT cause, -SUM(points) AS points FROM ledger_entry
              WHERE programme_id = %(programme)s AND kind = 'spend' GROUP BY cause) AS entry
    ON entry.cause = redemption.public_id
 WHERE redemption.programme_id = %(programme)s AND redemption.spent <> COALESCE(entry.points, 0)
 ORDER BY redemption.id""",
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
)

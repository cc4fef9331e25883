"""Proving the vault: what must hold of accounts, entries, lots, allocations, debts and reservations at every instant.

``id > 0`` says nothing and is written for SQLite: it then reads the rows of a large programme in their order on
the disk instead of jumping through an index, which is five times faster.
"""

from __future__ import annotations

from collections.abc import Collection

from passage.ledger.models import Account
from passage.programme.verify import Check

# Both sides in one heap, added up by row: one sort, and never a join that a planner could get wrong.
SUMS = (
    Check(
        kind="balance_entries",
        about="account",
        says="its balance is not the sum of its entries",
        sql="""
SELECT said.id, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, balance AS found, 0 AS expected FROM ledger_account WHERE programme_id = %(programme)s
  UNION ALL
  SELECT account_id, 0, points FROM ledger_entry WHERE programme_id = %(programme)s AND id > 0
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="balance_lots",
        about="account",
        says="its balance is not what is left of its lots less its debt",
        sql="""
SELECT said.id, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, balance AS found, -debt AS expected FROM ledger_account WHERE programme_id = %(programme)s
  UNION ALL
  SELECT account_id, 0, "left" FROM ledger_lot WHERE programme_id = %(programme)s AND id > 0 AND "left" > 0
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="lot_left",
        about="lot",
        says="what is left of it is not its size less what was taken",
        sql="""
SELECT MAX(said.account), said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, account_id AS account, "left" AS found, size AS expected
    FROM ledger_lot WHERE programme_id = %(programme)s AND id > 0
  UNION ALL
  SELECT lot_id, NULL, 0, points FROM ledger_allocation WHERE programme_id = %(programme)s AND id > 0
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="entry_parts",
        about="entry",
        says="its points are not what it opened, took or gave back in lots and still owes",
        sql="""
SELECT MAX(said.account), said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, account_id AS account, points AS expected, 0 AS found
    FROM ledger_entry WHERE programme_id = %(programme)s AND id > 0
  UNION ALL
  SELECT entry_id, NULL, 0, size FROM ledger_lot WHERE programme_id = %(programme)s AND id > 0
  UNION ALL
  SELECT entry_id, NULL, 0, points FROM ledger_allocation WHERE programme_id = %(programme)s AND id > 0
  UNION ALL
  SELECT entry_id, NULL, 0, -"left" FROM ledger_debt WHERE programme_id = %(programme)s
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="debt",
        about="account",
        says="its debt is not the sum of its open debts",
        sql="""
SELECT said.id, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, debt AS found, 0 AS expected FROM ledger_account WHERE programme_id = %(programme)s
  UNION ALL
  SELECT account_id, 0, "left" FROM ledger_debt WHERE programme_id = %(programme)s
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
    Check(
        kind="reserved",
        about="account",
        says="what it holds back is not the sum of its open reservations",
        sql="""
SELECT said.id, said.id, SUM(said.expected), SUM(said.found) FROM (
  SELECT id, reserved AS found, 0 AS expected FROM ledger_account WHERE programme_id = %(programme)s
  UNION ALL
  SELECT account_id, 0, points FROM ledger_reservation WHERE programme_id = %(programme)s AND state = 'open'
) AS said GROUP BY said.id HAVING SUM(said.expected) <> SUM(said.found) ORDER BY said.id""",
    ),
)

# What a row by itself, or beside those it points at, may never be.
ROWS = (
    Check(
        kind="lot_bounds",
        about="lot",
        says="it is overdrawn, or holds more than it was opened with",
        sql="""
SELECT lot.account_id, lot.id, lot.size, lot."left" FROM ledger_lot AS lot
 WHERE lot.programme_id = %(programme)s AND lot.id > 0 AND (lot."left" < 0 OR lot."left" > lot.size)
 ORDER BY lot.id""",
    ),
    Check(
        kind="reserved_too_much",
        about="account",
        says="more is reserved than its lots hold",
        sql="""
SELECT account.id, account.id, account.balance + account.debt, account.reserved FROM ledger_account AS account
 WHERE account.programme_id = %(programme)s AND account.reserved > 0
   AND account.reserved > account.balance + account.debt
 ORDER BY account.id""",
    ),
    Check(
        kind="alias_holds",
        about="account",
        says="its member became somebody else, and it still holds, owes or reserves something",
        sql="""
SELECT account.id, account.id, 0, ABS(account.balance) + account.debt + account.reserved FROM ledger_account AS account
  JOIN members_member AS member ON member.id = account.member_id
 WHERE account.programme_id = %(programme)s AND member.merged_into_id IS NOT NULL
   AND (account.balance <> 0 OR account.debt <> 0 OR account.reserved <> 0)
 ORDER BY account.id""",
    ),
    Check(
        kind="earning_negative",
        about="entry",
        says="less than nothing was earned",
        sql="""
SELECT entry.account_id, entry.id, 0, entry.points FROM ledger_entry AS entry
 WHERE entry.programme_id = %(programme)s AND entry.id > 0 AND entry.kind = 'earn' AND entry.points < 0
 ORDER BY entry.id""",
    ),
    Check(
        kind="lot_account",
        about="lot",
        says="it is not of the account of the entry that opened it",
        sql="""
SELECT lot.account_id, lot.id, entry.account_id, lot.account_id
  FROM ledger_lot AS lot JOIN ledger_entry AS entry ON entry.id = lot.entry_id
 WHERE lot.programme_id = %(programme)s AND lot.id > 0 AND entry.account_id <> lot.account_id
 ORDER BY lot.id""",
    ),
    Check(
        kind="allocation_account",
        about="allocation",
        says="its entry and its lot are of different accounts",
        sql="""
SELECT entry.account_id, part.id, entry.account_id, lot.account_id
  FROM ledger_allocation AS part
  JOIN ledger_entry AS entry ON entry.id = part.entry_id JOIN ledger_lot AS lot ON lot.id = part.lot_id
 WHERE part.programme_id = %(programme)s AND part.id > 0 AND entry.account_id <> lot.account_id
 ORDER BY part.id""",
    ),
    Check(
        kind="debt_account",
        about="debt",
        says="it is not of the account of its entry",
        sql="""
SELECT debt.account_id, debt.id, entry.account_id, debt.account_id
  FROM ledger_debt AS debt JOIN ledger_entry AS entry ON entry.id = debt.entry_id
 WHERE debt.programme_id = %(programme)s AND entry.account_id <> debt.account_id
 ORDER BY debt.id""",
    ),
    Check(
        kind="spent_too_early",
        about="allocation",
        says="points were spent before they became active",
        # Returns and merges may take points that are still pending; spending may not, unless it repays what was owed.
        sql="""
SELECT lot.account_id, part.id, lot.active_from, part.at
  FROM ledger_allocation AS part
  JOIN ledger_lot AS lot ON lot.id = part.lot_id JOIN ledger_entry AS entry ON entry.id = part.entry_id
 WHERE part.programme_id = %(programme)s AND part.id > 0 AND part.points < 0 AND part.at < lot.active_from
   AND entry.kind IN ('spend', 'adjust')
   AND NOT EXISTS (SELECT 1 FROM ledger_debt AS debt WHERE debt.entry_id = entry.id)
 ORDER BY part.id""",
    ),
    Check(
        kind="spent_too_late",
        about="allocation",
        says="points were spent after their end, and no reservation kept them",
        sql="""
SELECT lot.account_id, part.id, lot.expires_at, part.at
  FROM ledger_allocation AS part
  JOIN ledger_lot AS lot ON lot.id = part.lot_id JOIN ledger_entry AS entry ON entry.id = part.entry_id
 WHERE part.programme_id = %(programme)s AND part.id > 0 AND part.points < 0 AND part.at >= lot.expires_at
   AND entry.kind IN ('spend', 'adjust')
   AND NOT EXISTS (SELECT 1 FROM ledger_debt AS debt WHERE debt.entry_id = entry.id)
   AND NOT EXISTS (SELECT 1 FROM ledger_reservation AS held
                    WHERE held.programme_id = part.programme_id AND held.account_id = lot.account_id
                      AND held.state = 'captured' AND held.closed_at = part.at AND held.made_at < lot.expires_at)
 ORDER BY part.id""",
    ),
    Check(
        kind="expired_too_early",
        about="allocation",
        says="points were taken as expired before their end",
        # Where points end by inactivity the end stands on the account and moves with every purchase. Who is erased
        # loses all there is.
        sql="""
SELECT lot.account_id, part.id, lot.expires_at, part.at
  FROM ledger_allocation AS part
  JOIN ledger_lot AS lot ON lot.id = part.lot_id JOIN ledger_entry AS entry ON entry.id = part.entry_id
  JOIN ledger_account AS account ON account.id = lot.account_id
 WHERE part.programme_id = %(programme)s AND part.id > 0 AND entry.kind = 'expire' AND account.idle_until IS NULL
   AND (lot.expires_at IS NULL OR part.at < lot.expires_at)
   AND NOT EXISTS (SELECT 1 FROM members_member AS member WHERE member.id = account.member_id
                      AND (member.status = 'erased' OR member.merged_into_id IN
                           (SELECT id FROM members_member WHERE status = 'erased')))
 ORDER BY part.id""",
    ),
)


CHECKS = (*SUMS, *ROWS)


def places(*, accounts: Collection[int]) -> dict[int, str]:
    """For people: whose account it is, by the member's public id, and of which unit."""
    rows = Account.objects.filter(pk__in=accounts).values_list("pk", "unit__code", "member__public_id")
    return {pk: f"account {pk} ({unit}) of member {member}" for pk, unit, member in rows}

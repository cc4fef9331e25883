"""Redemptions as they stand under the lock of their member's accounts, and writing them back with the pieces they move.

Locks are taken in one order: accounts first, then the stock by the rewards' ids, each row once the accounts are written.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F

from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.programme.errors import Refused
from passage.programme.transactions import Stale
from passage.rewards import queries
from passage.rewards.models import Redemption, Reward

CHANGING = (
    "state",
    "spent",
    "value",
    "reversed",
    "until",
    "closed_at",
    "handing",
    "handed_at",
    "handed_by",
    "shop",
    "worth",
    "took_stock",
)


def opened(redemption: Redemption) -> tuple[AccountBatch, Redemption]:
    """The member's accounts, locked, and the redemption as it stands under that lock.

    Raises `Stale` where it belongs to somebody else by then: its member was merged meanwhile.
    """
    people = _people(_read(redemption))
    accounts = AccountBatch.open(
        programme=redemption.programme, members=people, with_lots=people, spent=[redemption.public_id]
    )
    row = _read(redemption)
    if not _people(row) <= people:
        raise Stale("the redemption's member was merged")
    return accounts, row


def _read(redemption: Redemption) -> Redemption:
    """As it is now: whoever asks may have read it before a merge."""
    return queries.redemptions(redemption.programme, public_ids=[redemption.public_id])[redemption.public_id]


def _people(redemption: Redemption) -> set[int]:
    return {redemption.member_id, members.resolve(redemption.member).pk}


def write(rows: Collection[Redemption]) -> None:
    """Write what changed of them, after their accounts. Raises ``out_of_stock`` where the last piece is gone."""
    for row in sorted(rows, key=lambda row: (row.version.reward_id, row.pk or 0)):
        _move_stock(row)
    for row in rows:
        if row._state.adding:
            row.reservation_id = row.reservation.pk
            row.save(force_insert=True)
    Redemption.objects.bulk_update(rows, CHANGING)


def _move_stock(row: Redemption) -> None:
    """By conditional writes, so that the last piece goes once; only what was taken from a counted stock is put back."""
    moves, row.stock_moves = row.stock_moves, 0
    rows = Reward.objects.of(row.programme_id).filter(pk=row.version.reward_id)
    if moves < 0:
        row.took_stock = bool(rows.filter(stock__gt=0).update(stock=F("stock") - 1))
        if not row.took_stock and not row.is_given and not rows.filter(stock=None).exists():
            raise Refused("out_of_stock", field="reward")
    if moves > 0 and row.took_stock:
        rows.filter(stock__isnull=False).update(stock=F("stock") + 1)
        row.took_stock = False

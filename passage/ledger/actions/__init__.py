"""Every write of the vault."""

from passage.ledger.actions.account_batch import AccountBatch, Cause
from passage.ledger.actions.account_state import AccountState
from passage.ledger.actions.closing import close_accounts
from passage.ledger.actions.correcting import MOST, approve, ask_for_sale, correct, end_corrections, is_alone, refuse
from passage.ledger.actions.posting import Clawed, Life
from passage.ledger.actions.upkeep import adjust, change_unit, expire_points, set_up_unit

__all__ = [
    "MOST",
    "AccountBatch",
    "AccountState",
    "Cause",
    "Clawed",
    "Life",
    "adjust",
    "approve",
    "ask_for_sale",
    "change_unit",
    "close_accounts",
    "correct",
    "end_corrections",
    "expire_points",
    "is_alone",
    "refuse",
    "set_up_unit",
]

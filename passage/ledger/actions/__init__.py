"""Every write of the vault."""

from passage.ledger.actions.book import Book, Cause
from passage.ledger.actions.correcting import approve, correct, end_corrections, refuse
from passage.ledger.actions.holding import Holding
from passage.ledger.actions.posting import Clawed
from passage.ledger.actions.upkeep import adjust, expire_points, set_up_unit

__all__ = [
    "Book",
    "Cause",
    "Clawed",
    "Holding",
    "adjust",
    "approve",
    "correct",
    "end_corrections",
    "expire_points",
    "refuse",
    "set_up_unit",
]

"""Every write of the journal."""

from passage.journal.actions.by_hand import agree, record_by_hand
from passage.journal.actions.forgetting import forget
from passage.journal.actions.receiving import receive
from passage.journal.actions.resolving import dismiss, enter_by_hand, match_by_hand, resolve

__all__ = ["agree", "dismiss", "enter_by_hand", "forget", "match_by_hand", "receive", "record_by_hand", "resolve"]

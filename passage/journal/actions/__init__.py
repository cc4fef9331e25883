"""Every write of the journal."""

from passage.journal.actions.forgetting import forget
from passage.journal.actions.mending import dismiss, enter_by_hand, match_by_hand, mend
from passage.journal.actions.receiving import receive

__all__ = ["dismiss", "enter_by_hand", "forget", "match_by_hand", "mend", "receive"]

"""Every write of the journey."""

from passage.purchases.actions.merging import merge, unmerge
from passage.purchases.actions.moving import move
from passage.purchases.actions.parking import dismiss, park
from passage.purchases.actions.recording import record

__all__ = ["dismiss", "merge", "move", "park", "record", "unmerge"]

"""Every write of the journey."""

from passage.purchases.actions.parking import dismiss, park
from passage.purchases.actions.recording import record

__all__ = ["dismiss", "park", "record"]

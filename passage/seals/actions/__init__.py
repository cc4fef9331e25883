"""Every write of the seals: the next blocks, and the letters that carry the head away."""

from passage.seals.actions.sealing import seal
from passage.seals.actions.telling import tell_head

__all__ = ["seal", "tell_head"]

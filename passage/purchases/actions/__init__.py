"""Every write of the journey."""

from passage.purchases.actions.forgetting import forget
from passage.purchases.actions.merging import Joined, merge, rehearse_merge, unmerge
from passage.purchases.actions.moving import move
from passage.purchases.actions.parking import dismiss, park
from passage.purchases.actions.recomputing import Judged, Points, recompute, rehearse_recompute
from passage.purchases.actions.recording import match_parked, record, rehearse

__all__ = [
    "Joined",
    "Judged",
    "Points",
    "dismiss",
    "forget",
    "match_parked",
    "merge",
    "move",
    "park",
    "recompute",
    "record",
    "rehearse",
    "rehearse_merge",
    "rehearse_recompute",
    "unmerge",
]

"""Every write of the journey."""

from passage.purchases.actions.cancelling import keep_cancellations, match_cancellations, name_members
from passage.purchases.actions.closing import match_by_hand
from passage.purchases.actions.forgetting import forget
from passage.purchases.actions.merging import Joined, merge, rehearse_merge, unmerge
from passage.purchases.actions.moving import move
from passage.purchases.actions.parking import dismiss
from passage.purchases.actions.recomputing import Judged, Points, recompute, rehearse_recompute
from passage.purchases.actions.recording import match_parked, record, rehearse

__all__ = [
    "Joined",
    "Judged",
    "Points",
    "dismiss",
    "forget",
    "keep_cancellations",
    "match_by_hand",
    "match_cancellations",
    "match_parked",
    "merge",
    "move",
    "name_members",
    "recompute",
    "record",
    "rehearse",
    "rehearse_merge",
    "rehearse_recompute",
    "unmerge",
]

"""Every write of rewards: the catalogue and its pictures, redemptions, prizes."""

from passage.rewards.actions.again import HELD, Held, hand_over_again, hold_again, take_again
from passage.rewards.actions.catalogue import Particulars, change_reward, create_reward, restock, set_particulars
from passage.rewards.actions.giving import Place, cancel_prize, hand_out, redeem
from passage.rewards.actions.picturing import put_picture, take_picture_away
from passage.rewards.actions.redeeming import Spending, Wish, capture, renew, reserve, spend
from passage.rewards.actions.releasing import end_reservations, forget, give_points_back, hand_over, release, reverse
from passage.rewards.actions.writing import write

__all__ = [
    "HELD",
    "Held",
    "Particulars",
    "Place",
    "Spending",
    "Wish",
    "cancel_prize",
    "capture",
    "change_reward",
    "create_reward",
    "end_reservations",
    "forget",
    "give_points_back",
    "hand_out",
    "hand_over",
    "hand_over_again",
    "hold_again",
    "put_picture",
    "redeem",
    "release",
    "renew",
    "reserve",
    "restock",
    "reverse",
    "set_particulars",
    "spend",
    "take_again",
    "take_picture_away",
    "write",
]

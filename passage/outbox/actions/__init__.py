"""Every write of the outbox."""

from passage.outbox.actions.forgetting import forget
from passage.outbox.actions.mailing import forget_mails, send_again, send_mail, take_to_post
from passage.outbox.actions.queueing import (
    LEASE,
    MOST_ATTEMPTS,
    LeaseLost,
    Order,
    claim,
    extend,
    fail,
    finish,
    queue,
    sweep,
)
from passage.outbox.actions.watching import accept_clock, be_seen

__all__ = [
    "LEASE",
    "MOST_ATTEMPTS",
    "LeaseLost",
    "Order",
    "accept_clock",
    "be_seen",
    "claim",
    "extend",
    "fail",
    "finish",
    "forget",
    "forget_mails",
    "queue",
    "send_again",
    "send_mail",
    "sweep",
    "take_to_post",
]

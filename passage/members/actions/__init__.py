"""Every write to members. None of them touches points: accounts are opened by the ledger when first needed."""

from passage.members.actions.details import (
    Details,
    attach_login,
    block,
    edit,
    enrol,
    enrol_many,
    record_consents,
    unblock,
)
from passage.members.actions.forgetting import forget
from passage.members.actions.merging import absorb, remember, separate

__all__ = [
    "Details",
    "absorb",
    "attach_login",
    "block",
    "edit",
    "enrol",
    "enrol_many",
    "forget",
    "record_consents",
    "remember",
    "separate",
    "unblock",
]

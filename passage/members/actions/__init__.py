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
from passage.members.actions.many import change_all, cleaned, enrol_all, let_go, record_consents_of_all
from passage.members.actions.merging import absorb, remember, separate

__all__ = [
    "Details",
    "absorb",
    "attach_login",
    "block",
    "change_all",
    "cleaned",
    "edit",
    "enrol",
    "enrol_all",
    "enrol_many",
    "forget",
    "let_go",
    "record_consents",
    "record_consents_of_all",
    "remember",
    "separate",
    "unblock",
]

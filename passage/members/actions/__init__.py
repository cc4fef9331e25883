"""Every write to members. None of them touches points: accounts are opened by the ledger when first needed."""

from passage.members.actions.details import (
    Details,
    absorb,
    attach_login,
    block,
    edit,
    enrol,
    enrol_many,
    record_consents,
    remember,
    separate,
    unblock,
)
from passage.members.actions.many import change_all, cleaned, enrol_all, let_go, record_consents_of_all

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
    "let_go",
    "record_consents",
    "record_consents_of_all",
    "remember",
    "separate",
    "unblock",
]

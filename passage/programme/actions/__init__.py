"""Every write to the tenant."""

from passage.programme.actions.approving import approve, use_approval
from passage.programme.actions.inviting import accept, decline, invite, show_link, withdraw
from passage.programme.actions.staff import hire, leave, set_pin, tie
from passage.programme.actions.tenant import (
    add_source,
    add_till,
    ask_second_factor,
    begin_epoch,
    choose_password,
    create_login,
    create_programme,
    epoch,
    forget_login,
    found_programme,
    issue_key,
    make_pairing_code,
    open_shop,
    pair,
    pair_till,
    revoke_key,
    revoke_till,
    see_key,
)
from passage.programme.actions.terms import Settings, change_settings
from passage.programme.actions.watching import Limits, set_control, watch_prizes

__all__ = [
    "Limits",
    "Settings",
    "accept",
    "add_source",
    "add_till",
    "approve",
    "ask_second_factor",
    "begin_epoch",
    "change_settings",
    "choose_password",
    "create_login",
    "create_programme",
    "decline",
    "epoch",
    "forget_login",
    "found_programme",
    "hire",
    "invite",
    "issue_key",
    "leave",
    "make_pairing_code",
    "open_shop",
    "pair",
    "pair_till",
    "revoke_key",
    "revoke_till",
    "see_key",
    "set_control",
    "set_pin",
    "show_link",
    "tie",
    "use_approval",
    "watch_prizes",
    "withdraw",
]

"""Patience with guesses, searches and letters: so many tries of a kind from the first one on, then a pause.

The counts are rows of the database, so they outlive a restart and hold for all processes together. A try is counted
before it is judged, in a transaction of its own, so that of forty at once no more are judged than there may be; a
right secret gives its count back. What is counted where: decision 0030.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from passage.programme import actions, queries
from passage.programme.errors import Refused


@dataclass(frozen=True, slots=True)
class Budget:
    """``most`` tries of ``kind`` in ``seconds``, counted from the first of them."""

    kind: str
    most: int
    seconds: int


Try = tuple[Budget, str]  # the budget, and whose it is

FAILURES = 5
WAIT_SECONDS = 15 * 60
DAY = 24 * 60 * 60
# One password from one place; one account from everywhere: a flood of stolen passwords from a thousand places; and one
# place at all accounts: one password tried on everybody.
PASSWORD = Budget("password", FAILURES, WAIT_SECONDS)
PASSWORD_ANYWHERE = Budget("password-anywhere", 50, WAIT_SECONDS)
PASSWORD_PLACE = Budget("password-place", 30, WAIT_SECONDS)
SECOND_FACTOR = Budget("second-factor", FAILURES, WAIT_SECONDS)
PAIRING = Budget("pairing", FAILURES, WAIT_SECONDS)
# One person's PIN at whatever tills; and one till at everybody's.
PIN = Budget("pin", FAILURES, WAIT_SECONDS)
PIN_TILL = Budget("pin-till", 20, WAIT_SECONDS)
FORGOTTEN = Budget("forgotten", FAILURES, WAIT_SECONDS)
CONTACT = Budget("contact", FAILURES, WAIT_SECONDS)
SIGN_UP = Budget("sign-up", FAILURES, WAIT_SECONDS)
SIGN_UPS = Budget("sign-ups", 200, DAY)  # of all strangers together
PASSKEYS = Budget("passkey-challenges", 60, 60)
SEARCHES = Budget("searches", 60, 60)
# Look-ups that found nobody, by whatever was typed: of a key or till that sees members masked, and of one that may read
# them. A hit costs nothing, so a till in use does not come near.
MISSES = Budget("misses", 60, 60 * 60)
MATCHES = Budget("matches", 60, 60 * 60)  # of guests by their e-mail address, by a till without a clerk
MISSES_OF_READER = Budget("misses-of-reader", 600, 60 * 60)
MISSED = frozenset({"card_unknown", "nobody_found", "not_found", "unknown_member"})
# Letters to an address that somebody typed: to one mailbox, and in the name of one programme.
LETTERS_TO = Budget("letters-to", 5, DAY)
LETTERS_OF = Budget("letters-of", 50, DAY)


def take(*tries: Try, at: datetime) -> bool:
    """Counts one in each of these budgets; False, and none is counted, where one of them is used up.

    It is written before the answer and whatever becomes of it; so not inside another transaction (RuntimeError).
    """
    # Looking first takes no lock: whoever goes on hammering holds up no sale.
    return not any(is_used_up(*each, at=at) for each in tries) and actions.count_up(steps=_steps(tries, at), at=at)


def take_along(*tries: Try, at: datetime) -> bool:
    """As `take`, in the caller's transaction: for what is undone with it, such as a letter."""
    return actions.count_up(steps=_steps(tries, at), at=at, is_apart=False)


def give_back(*tries: Try) -> None:
    """This one try was none: the secret was right."""
    actions.count_down(keys=[_key(*each) for each in tries])


def forget(*tries: Try) -> None:
    """All that was counted there is made good."""
    actions.drop_counts(keys=[_key(*each) for each in tries])


def left(budget: Budget, who: str, /, *, at: datetime) -> int:
    return max(0, budget.most - queries.attempts(key=_key(budget, who), at=at))


def is_used_up(budget: Budget, who: str, /, *, at: datetime) -> bool:
    return left(budget, who, at=at) == 0


def password_may_be_tried(request: HttpRequest, account: str, /, *, is_known: bool = False, at: datetime) -> bool:
    """Counts one try at the account's password; False when it is one too many.

    ``is_known``: this browser was let in to that account before. It has tries of its own, so nothing that is tried
    elsewhere, in its own network or from a thousand addresses, locks out the person whose account it is.
    """
    own, wider = _passwords(request, account, is_known=is_known)
    return take(own, *wider, at=at)


def password_was_right(request: HttpRequest, account: str, /, *, is_known: bool = False) -> None:
    """Forgives the wrong ones from here; what is tried elsewhere is not made good by it."""
    own, wider = _passwords(request, account, is_known=is_known)
    forget(own)
    give_back(*wider)


@contextmanager
def looking(who: str, /, *, budget: Budget = MISSES, at: datetime) -> Iterator[None]:
    """Around a look-up of members or cards: one that finds nobody, told by its refusal, is counted for ``who``.

    Raises ``Refused("too_many_misses")`` before it looks and instead of telling of one too many.
    """
    if is_used_up(budget, who, at=at):
        raise _too_many(budget)
    try:
        yield
    except Exception as error:
        if getattr(error, "code", "") in MISSED:
            count_miss(who, budget=budget, at=at)
        raise


def count_miss(who: str, /, *, budget: Budget = MISSES, at: datetime) -> None:
    """A look-up found nobody. Raises ``Refused("too_many_misses")`` where that may not be told any more."""
    if not take((budget, who), at=at):
        raise _too_many(budget)


def address_of(request: HttpRequest) -> str:
    """The address that is asking: the last one our own proxy added, where there is a proxy to trust."""
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def place_of(request: HttpRequest) -> str:
    """What is counted as one place: an address, and of IPv6 the whole /64 that one connection is given."""
    told = address_of(request)
    try:
        address = ipaddress.ip_address(told.partition("%")[0])
    except ValueError:
        return told
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))


def _passwords(request: HttpRequest, account: str, *, is_known: bool) -> tuple[Try, tuple[Try, ...]]:
    """The try that a right password makes good, and the wider ones."""
    whose, place = account.strip().lower(), place_of(request)
    if is_known:
        return (PASSWORD, f"{whose}\nknown"), ()
    return (PASSWORD, f"{whose}\n{place}"), ((PASSWORD_ANYWHERE, whose), (PASSWORD_PLACE, place))


def _too_many(budget: Budget) -> Refused:
    return Refused("too_many_misses", params={"limit": budget.most, "minutes": budget.seconds // 60})


def _steps(tries: tuple[Try, ...], at: datetime) -> list[actions.Step]:
    return [
        actions.Step(key=_key(budget, who), most=budget.most, ends_at=at + timedelta(seconds=budget.seconds))
        for budget, who in tries
    ]


def _key(budget: Budget, who: str) -> str:
    """Keyed by the installation's secret: whoever has the table alone cannot find out who it is about."""
    return salted_hmac("passage.programme.throttle", f"{budget.kind}\n{who}", algorithm="sha256").hexdigest()

"""Patience with guesses and searches, counted in the cache of the web process.

Wrong passwords, PINs and codes: after five the same person from the same place waits, so that nobody can lock somebody
else out from elsewhere, and one place cannot try one secret for long. Searches: so many in a minute.
"""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

FAILURES = 5
WAIT_SECONDS = 15 * 60
# Of one account from all addresses together: what a flood of stolen passwords from a thousand places may try.
FAILURES_FROM_ANYWHERE = 50
SEARCHES = 60
SEARCH_SECONDS = 60


def must_wait(*, kind: str, who: str, most: int = FAILURES) -> bool:
    """Whether ``who`` has failed at ``kind`` too often to try again now."""
    return failures(kind=kind, who=who) >= most


def failures(*, kind: str, who: str) -> int:
    found: int = cache.get(_name(kind, who), 0)
    return found


def count_failure(*, kind: str, who: str) -> None:
    """The first failure starts the clock, later ones do not prolong it."""
    _count(_name(kind, who), WAIT_SECONDS)


def forget(*, kind: str, who: str) -> None:
    cache.delete(_name(kind, who))


def password_must_wait(request: HttpRequest, account: str, /, *, is_known: bool = False) -> bool:
    """Whether the password of the account may not be tried from here now.

    ``is_known``: this browser was let in before, so it does not wait for what is tried elsewhere: a flood from a
    thousand addresses does not lock out the person whose account it is.
    """
    if must_wait(kind="sign-in", who=account_of(request, account)):
        return True
    whole = account.strip().lower()
    return not is_known and must_wait(kind="sign-in-anywhere", who=whole, most=FAILURES_FROM_ANYWHERE)


def count_wrong_password(request: HttpRequest, account: str, /) -> None:
    count_failure(kind="sign-in", who=account_of(request, account))
    count_failure(kind="sign-in-anywhere", who=account.strip().lower())


def forget_wrong_passwords(request: HttpRequest, account: str, /) -> None:
    """Those from here: what is tried elsewhere is not made good by the right one."""
    forget(kind="sign-in", who=account_of(request, account))


def may_search(*, who: str) -> bool:
    """Counts one more search of ``who``; False when it is one too many. The first of a minute starts its clock."""
    return _count(_name("search", who), SEARCH_SECONDS) <= SEARCHES


def address_of(request: HttpRequest) -> str:
    """The address that is asking: the last one our own proxy added, where there is a proxy to trust."""
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def account_of(request: HttpRequest, account: str) -> str:
    """Whose password is tried from where: one count for the sign-in page and for the pairing of tills."""
    return f"{account.strip().lower()}\n{address_of(request)}"


def _name(kind: str, who: str) -> str:
    return f"{kind}:" + hashlib.sha256(who.encode()).hexdigest()


def _count(name: str, seconds: int) -> int:
    if cache.add(name, 1, seconds):
        return 1
    try:
        return int(cache.incr(name))
    except ValueError:  # it ran out in this very moment
        cache.set(name, 1, seconds)
        return 1

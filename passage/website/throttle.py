"""Patience with wrong passwords: after five, the same account from the same address waits.

Counted in the cache, by account and address together: nobody can lock somebody else's account from
elsewhere, and one address cannot try one account for long.
"""

import hashlib

from django.core.cache import cache

FAILURES = 5
WAIT_SECONDS = 15 * 60


def _key(*, account: str, address: str) -> str:
    return "sign-in:" + hashlib.sha256(f"{account}\n{address}".encode()).hexdigest()


def must_wait(*, account: str, address: str) -> bool:
    failures: int = cache.get(_key(account=account, address=address), 0)
    return failures >= FAILURES


def count_failure(*, account: str, address: str) -> None:
    """The first failure starts the clock, later ones do not prolong it."""
    key = _key(account=account, address=address)
    if cache.add(key, 1, WAIT_SECONDS):
        return
    try:
        cache.incr(key)
    except ValueError:  # it ran out in this very moment
        cache.set(key, 1, WAIT_SECONDS)


def forget(*, account: str, address: str) -> None:
    cache.delete(_key(account=account, address=address))

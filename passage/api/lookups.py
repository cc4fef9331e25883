"""Looking for members and cards: however it is done, one budget of searches and one of misses for each key and till."""

from __future__ import annotations

from contextlib import AbstractContextManager

from passage.api.auth import Caller
from passage.api.problems import Fault
from passage.programme import throttle
from passage.programme.throttle import Budget

OPEN = "members.read"


def sees_members(caller: Caller, /) -> bool:
    """Whether whoever asks may read members anyway: a key with that scope, or a clerk who is signed in at the till."""
    return caller.may(OPEN)


def looking(caller: Caller, /) -> AbstractContextManager[None]:
    """Around each look-up by what can be guessed: a number, an address, a name. See `throttle.looking`."""
    return throttle.looking(_whose(caller), budget=_budget(caller), at=caller.at)


def count_miss(caller: Caller, /, *, budget: Budget | None = None) -> None:
    """For a look-up that answers with nobody rather than refusing. Raises ``Refused("too_many_misses")``."""
    throttle.count_miss(_whose(caller), budget=budget or _budget(caller), at=caller.at)


def count_search(caller: Caller, /) -> None:
    """One budget for a key, whoever is signed in at it and whichever way they look."""
    if not throttle.take((throttle.SEARCHES, _whose(caller)), at=caller.at):
        limit, seconds = throttle.SEARCHES.most, throttle.SEARCHES.seconds
        raise Fault("too_many_searches", status=429, params={"limit": limit}, wait=seconds)


def _whose(caller: Caller) -> str:
    """A till paired anew begins no new budget."""
    return f"till:{caller.till.pk}" if caller.till else f"key:{caller.key.pk}"


def _budget(caller: Caller) -> Budget:
    return throttle.MISSES_OF_READER if caller.till is None and sees_members(caller) else throttle.MISSES

"""When it happened, from clocks that may be wrong: pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from passage.journal.values import Clocks

OFF = timedelta(minutes=5)
MOST_MILLISECONDS = 10 * 366 * 24 * 3600 * 1000


def occurred(*, then: Clocks, now: Clocks, at: datetime, before: datetime | None) -> tuple[datetime, bool]:
    """The moment of an operation whose clocks read ``then`` while the server's read ``at`` and the till's ``now``;
    and whether the till's wall clock was off.

    Within one start of the till its steady clock decides, beyond that its wall clock as far as it is off now. Never
    before the till's operation ``before`` it, never after it arrived.
    """
    if then.boot == now.boot:
        age = timedelta(milliseconds=min(max(now.mono - then.mono, 0), MOST_MILLISECONDS))
        moment = at - age
    else:
        try:
            moment = then.wall + (at - now.wall)
        except OverflowError:
            moment = at
    if before is not None and moment < before:
        moment = before
    if moment > at:
        moment = at
    return moment, abs(then.wall - moment) > OFF

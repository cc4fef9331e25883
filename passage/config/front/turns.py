"""Whose turn it is: a fixed number of threads, and in front of them several lines that are short and fair."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class Full(Exception):
    """The line is as long as it may get: come again in a moment."""


@dataclass(frozen=True, slots=True)
class Line:
    """``running``: the most of its requests at once. ``waiting``: the most that may stand in it, and of one caller."""

    name: str
    running: int
    waiting: int
    of_one: int


@dataclass(slots=True)
class _Standing:
    line: Line
    running: int = 0
    waiting: int = 0
    # Each caller has a place in the round, however many requests it sends.
    callers: OrderedDict[str, deque[asyncio.Future[None]]] = field(default_factory=OrderedDict)

    @property
    def may_run(self) -> bool:
        return self.running < self.line.running


class Turns:
    """Used from one event loop. The lines are asked in their order: an earlier one goes first."""

    def __init__(self, *, threads: int, lines: Iterable[Line], patience: float) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="request")
        self._free = threads
        self._lines = {line.name: _Standing(line) for line in lines}
        self._patience = patience

    async def run(self, work: Callable[[], Result], *, line: str, caller: str) -> Result:
        """``work`` done in a thread, when it is its turn. Raises `Full` at once, or after ``patience`` seconds."""
        standing = self._lines[line]
        if self._free and standing.may_run and not standing.waiting:
            self._start(standing)
        else:
            await self._stand(standing, caller)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._end(standing)

    def close(self) -> None:
        """Waits for what runs; whoever still stands in a line is let go."""
        self._pool.shutdown(wait=True)

    async def _stand(self, standing: _Standing, caller: str) -> None:
        mine = standing.callers.get(caller)
        if standing.waiting >= standing.line.waiting or (mine and len(mine) >= standing.line.of_one):
            raise Full
        turn = asyncio.get_running_loop().create_future()
        standing.callers.setdefault(caller, deque()).append(turn)
        standing.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            self._step_out(standing, caller, turn)
            if isinstance(error, TimeoutError):
                raise Full from None
            raise

    def _step_out(self, standing: _Standing, caller: str, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self._end(standing)  # it was called in the very moment it gave up
        elif turn in standing.callers.get(caller, ()):
            standing.callers[caller].remove(turn)
            standing.waiting -= 1
            if not standing.callers[caller]:
                del standing.callers[caller]

    def _start(self, standing: _Standing) -> None:
        self._free -= 1
        standing.running += 1

    def _end(self, standing: _Standing) -> None:
        self._free += 1
        standing.running -= 1
        for each in self._lines.values():
            while self._free and each.may_run and (turn := self._next(each)):
                self._start(each)
                turn.set_result(None)

    def _next(self, standing: _Standing) -> asyncio.Future[None] | None:
        """The caller whose turn it is goes to the end of the round; a request that gave up is passed over."""
        while standing.callers:
            caller, turns = next(iter(standing.callers.items()))
            turn = turns.popleft()
            standing.waiting -= 1
            standing.callers.move_to_end(caller)
            if not turns:
                del standing.callers[caller]
            if not turn.done():
                return turn
        return None

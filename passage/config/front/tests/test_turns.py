"""Whose turn it is: bounded, in the order of the lines, and fair between callers."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from passage.config.front.turns import Full, Line, Turns

AGES = 30.0  # seconds that nothing here ever takes


class Counter:
    """Work that a test lets go on when it likes, and the order in which it began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.gate = threading.Event()

    def work(self, name: str) -> Callable[[], str]:
        def inner() -> str:
            self.began.append(name)
            assert self.gate.wait(AGES)
            return name

        return inner


def of(*lines: Line, threads: int = 1, patience: float = AGES) -> Turns:
    return Turns(threads=threads, lines=lines, patience=patience)


def line(name: str = "any", *, running: int = 1, waiting: int = 9, of_one: int = 9) -> Line:
    return Line(name, running=running, waiting=waiting, of_one=of_one)


async def settled() -> None:
    """Everything that can begin has begun."""
    for _ in range(20):
        await asyncio.sleep(0)


async def begun(counter: Counter, number: int) -> None:
    async with asyncio.timeout(AGES):
        while len(counter.began) < number:
            await asyncio.sleep(0.001)


def run(test: Callable[[Counter], Awaitable[None]]) -> None:
    asyncio.run(test(Counter()))  # type: ignore[arg-type]


def test_a_line_that_is_full_says_so_at_once() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line(waiting=2))
        tasks = [
            asyncio.create_task(turns.run(counter.work(str(number)), line="any", caller=str(number)))
            for number in range(3)
        ]
        await begun(counter, 1)
        with pytest.raises(Full):
            await turns.run(counter.work("late"), line="any", caller="late")
        counter.gate.set()
        assert await asyncio.gather(*tasks) == ["0", "1", "2"]
        assert await turns.run(counter.work("again"), line="any", caller="late") == "again"

    run(test)


def test_one_caller_with_many_requests_does_not_stand_before_another_with_one() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line(waiting=99, of_one=50))
        tasks = [
            asyncio.create_task(turns.run(counter.work(f"greedy {number}"), line="any", caller="greedy"))
            for number in range(40)
        ]
        await begun(counter, 1)
        tasks.append(asyncio.create_task(turns.run(counter.work("modest"), line="any", caller="modest")))
        await settled()
        counter.gate.set()
        await asyncio.gather(*tasks)
        assert counter.began.index("modest") <= 2
        assert [each for each in counter.began if each != "modest"] == [f"greedy {number}" for number in range(40)]

    run(test)


def test_one_caller_cannot_fill_the_line() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line(waiting=9, of_one=2))
        tasks = [asyncio.create_task(turns.run(counter.work("greedy"), line="any", caller="greedy")) for _ in range(3)]
        await begun(counter, 1)
        with pytest.raises(Full):
            await turns.run(counter.work("greedy"), line="any", caller="greedy")
        tasks.append(asyncio.create_task(turns.run(counter.work("modest"), line="any", caller="modest")))
        await settled()
        counter.gate.set()
        await asyncio.gather(*tasks)

    run(test)


def test_an_earlier_line_is_served_first_and_no_line_takes_every_thread() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line("tills", running=1), line("strangers", running=1), threads=2)
        strangers = [
            asyncio.create_task(turns.run(counter.work("stranger"), line="strangers", caller=str(number)))
            for number in range(5)
        ]
        await begun(counter, 1)
        till = asyncio.create_task(turns.run(counter.work("till"), line="tills", caller="till"))
        await begun(counter, 2)
        assert counter.began == ["stranger", "till"]
        counter.gate.set()
        await asyncio.gather(till, *strangers)

    run(test)


def test_who_waits_too_long_is_told_and_leaves_no_place_taken() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line(waiting=1), patience=0.01)
        first = asyncio.create_task(turns.run(counter.work("first"), line="any", caller="first"))
        await begun(counter, 1)
        for _ in range(3):
            with pytest.raises(Full):
                await turns.run(counter.work("never"), line="any", caller="second")
        counter.gate.set()
        assert await first == "first"
        assert await turns.run(counter.work("after"), line="any", caller="second") == "after"
        assert counter.began == ["first", "after"]

    run(test)


def test_a_request_that_goes_away_or_fails_gives_its_thread_back() -> None:
    async def test(counter: Counter) -> None:
        turns = of(line())

        def broken() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await turns.run(broken, line="any", caller="any")
        first = asyncio.create_task(turns.run(counter.work("first"), line="any", caller="first"))
        await begun(counter, 1)
        gone = asyncio.create_task(turns.run(counter.work("gone"), line="any", caller="gone"))
        await settled()
        gone.cancel()
        counter.gate.set()
        await asyncio.gather(first, gone, return_exceptions=True)
        assert await turns.run(counter.work("last"), line="any", caller="last") == "last"
        assert "gone" not in counter.began

    run(test)

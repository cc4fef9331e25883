"""Bodies: read whole, within a size and a time, before anything is done with them."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest

from passage.config.front import bodies
from passage.config.front.bodies import IN_MEMORY, ORDINARY, Announced, NotTaken, Reader


async def pieces(*parts: bytes, then_wait: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if then_wait:
        await asyncio.sleep(3600)


async def read(
    *parts: bytes, length: int | None, files: bool = False, known: bool = False, then_wait: bool = False
) -> bytes:
    arriving = pieces(*parts, then_wait=then_wait)
    announced = Announced(length, "multipart/form-data; boundary=b" if files else "application/json")
    async with Reader().body(arriving, announced, is_known=known) as body:
        told = body.file.read()
        assert len(told) == body.length
        return told


def status_of(*parts: bytes, length: int | None, **more: bool) -> HTTPStatus:
    with pytest.raises(NotTaken) as refused:
        asyncio.run(read(*parts, length=length, **more))
    return refused.value.status


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY + 1, ORDINARY])
def test_a_body_arrives_as_it_was_sent(size: int) -> None:
    sent = b"x" * size
    assert asyncio.run(read(sent[: size // 2], sent[size // 2 :], length=size)) == sent
    assert asyncio.run(read(sent, length=None)) == sent


def test_a_body_that_breaks_off_is_never_taken_for_a_whole_one() -> None:
    assert status_of(b"half of", length=14) == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_what_could_break_off_unseen_has_to_say_its_length(kind: str) -> None:
    async def test() -> None:
        async with Reader().body(pieces(b"a=1&b="), Announced(None, kind), is_known=True):
            raise AssertionError("half a form was taken")

    with pytest.raises(NotTaken) as refused:
        asyncio.run(test())
    assert refused.value.status == HTTPStatus.LENGTH_REQUIRED


def test_what_is_larger_than_it_said_or_than_anything_is_not_read_on() -> None:
    assert status_of(b"x" * ORDINARY, b"x", length=None) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert asyncio.run(read(b"x" * 10, length=ORDINARY + 1)) == b"", "the page behind says that it is too large"


def test_a_form_with_a_file_may_be_larger_for_who_is_known_and_its_first_fields_are_read_in_any_case() -> None:
    large = b"x" * (2 * ORDINARY)
    assert len(asyncio.run(read(large, length=len(large), files=True, known=True))) == len(large)
    assert asyncio.run(read(large, length=len(large), files=True, known=False)) == b""
    head = asyncio.run(read(large, large, length=bodies.UPLOAD + 1, files=True, known=True))
    assert head == large


def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.01)
    assert status_of(b"x", length=20, then_wait=True) == HTTPStatus.REQUEST_TIMEOUT


def test_strangers_bodies_are_few_at_once_and_do_not_take_the_room_of_others() -> None:
    async def test() -> None:
        reader = Reader()
        slow = [asyncio.create_task(_enter(reader, known=False)) for _ in range(bodies.LARGE_OF_STRANGERS)]
        await asyncio.sleep(0.01)
        with pytest.raises(NotTaken) as refused:
            await _enter(reader, known=False)
        assert refused.value.status == HTTPStatus.SERVICE_UNAVAILABLE
        async with reader.body(pieces(b"x"), Announced(1), is_known=False) as body:
            assert body.length == 1
        async with reader.body(pieces(b"x" * 99_999), Announced(99_999), is_known=True) as body:
            assert body.length == 99_999
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        async with reader.body(pieces(b"x" * 99_999), Announced(99_999), is_known=False) as body:
            assert body.length == 99_999

    async def _enter(reader: Reader, *, known: bool) -> None:
        async with reader.body(pieces(b"x", then_wait=True), Announced(99_999), is_known=known):
            raise AssertionError("it never arrived")

    asyncio.run(test())

"""The body of a request: read whole before a thread is taken, within a size and a time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO

from passage.programme import limits
from passage.ui.uploads import Bounded

IN_MEMORY = 64 * 1024  # bytes; the rest waits in a file
ORDINARY = 1024 * 1024  # bytes, as Django's own DATA_UPLOAD_MAX_MEMORY_SIZE
UPLOAD = Bounded.patience * limits.IMPORT_BYTES  # bytes of a form with files, of somebody who is signed in
# So much is read of a form that is larger: the fields before its file, by which its page can say so.
FIRST_FIELDS = 256 * 1024
SECONDS = 20  # for a body, and one more for each so many bytes that were announced:
BYTES_PER_SECOND = 16 * 1024
# Bodies above IN_MEMORY at once: of those who are known to us, and of strangers.
LARGE, LARGE_OF_STRANGERS = 32, 8


class NotTaken(Exception):
    """The body is not read to its end; ``status`` says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Body:
    file: IO[bytes]
    length: int


@dataclass(frozen=True, slots=True)
class Announced:
    """What the head of a request says of its body. ``length`` is None where it comes in pieces and does not say."""

    length: int | None
    kind: str = ""

    @property
    def is_form_with_files(self) -> bool:
        return self.kind.startswith("multipart/form-data")

    @property
    def shows_its_end(self) -> bool:
        """Half a JSON text is no JSON text; half a form is a form, with half of its values."""
        return self.length is not None or self.kind.startswith("application/json")


class Reader:
    """Used from one event loop: it counts how many large bodies are on their way."""

    def __init__(self) -> None:
        self._room = {True: asyncio.Semaphore(LARGE), False: asyncio.Semaphore(LARGE_OF_STRANGERS)}

    @asynccontextmanager
    async def body(self, pieces: AsyncIterable[bytes], announced: Announced, *, is_known: bool) -> AsyncIterator[Body]:
        """The body, until the block ends. Raises `NotTaken`: too large, too slow, broken off, too many at once.

        What is announced as too large is not read, and the page behind says so in its own words.
        """
        if not announced.shows_its_end:
            raise NotTaken(HTTPStatus.LENGTH_REQUIRED)
        most = UPLOAD if announced.is_form_with_files and is_known else ORDINARY
        room = self._room[is_known]
        is_large = announced.length is None or announced.length > IN_MEMORY
        if is_large and room.locked():
            raise NotTaken(HTTPStatus.SERVICE_UNAVAILABLE)
        if is_large:
            await room.acquire()
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
                length = await _read(pieces, announced, most=most, file=file)
                file.seek(0)
                yield Body(file, length)
        finally:
            if is_large:
                room.release()


async def _read(pieces: AsyncIterable[bytes], announced: Announced, *, most: int, file: IO[bytes]) -> int:
    if announced.length == 0:
        return 0
    if announced.length is not None and announced.length > most:
        return await _read_first(pieces, file) if most == UPLOAD else 0
    allowed = SECONDS + (announced.length or most) / BYTES_PER_SECOND
    length = 0
    try:
        async with asyncio.timeout(allowed):
            async for piece in pieces:
                length += len(piece)
                if length > most:
                    raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                file.write(piece)
    except TimeoutError:
        raise NotTaken(HTTPStatus.REQUEST_TIMEOUT) from None
    if announced.length is not None and length != announced.length:
        raise NotTaken(HTTPStatus.BAD_REQUEST)
    return length


async def _read_first(pieces: AsyncIterable[bytes], file: IO[bytes]) -> int:
    length = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for piece in pieces:
                length += len(piece)
                file.write(piece)
                if length >= FIRST_FIELDS:
                    break
    except TimeoutError:
        raise NotTaken(HTTPStatus.REQUEST_TIMEOUT) from None
    return length

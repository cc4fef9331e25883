"""Receipts laid aside on disk by person, so that a file of any length is gone through person by person."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self
from zlib import crc32

from passage.connectors.receipts.grouping import Group

BUCKETS = 64
CHUNK = 500  # receipts that go in together, unless one person has more


class Spool:
    """Files without a name, gone when this ends however it ends."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._buckets: list[IO[bytes]] = []
        self.rows = 0

    def __enter__(self) -> Self:
        for _ in range(BUCKETS):
            self._buckets.append(self._open.enter_context(tempfile.TemporaryFile()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def put(self, key: str, group: Group) -> None:
        pickle.dump((key, group), self._buckets[crc32(key.encode()) % BUCKETS], protocol=pickle.HIGHEST_PROTOCOL)
        self.rows += len(group.rows)

    def chunks(self) -> Iterator[list[Group]]:
        """Some receipts at a time, with everything of each person among them, in the order of the file."""
        chunk: list[Group] = []
        for bucket in self._buckets:
            people: dict[str, list[Group]] = {}
            for key, group in _read(bucket):
                people.setdefault(key, []).append(group)
            for groups in people.values():
                chunk += groups
                if len(chunk) >= CHUNK:
                    yield _in_order(chunk)
                    chunk = []
        if chunk:
            yield _in_order(chunk)


def _in_order(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: group.rows[0].row)


def _read(bucket: IO[bytes]) -> Iterator[tuple[str, Group]]:
    bucket.seek(0)
    while True:
        try:
            yield pickle.load(bucket)  # noqa: S301 - written by this very run, into a file that nobody else can open
        except EOFError:
            return

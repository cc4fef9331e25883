"""What the children of `test_child` are asked to do: some of it is what a hostile file makes a library do."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

from passage.programme.errors import Refused


def reads(file: BinaryIO) -> Iterator[bytes]:
    yield file.read()
    yield b"and more"


def refuses(file: BinaryIO) -> Iterator[bytes]:
    yield b"half of it"
    raise Refused("too_many_rows", field="file", params={"limit": 7})


def tells_of_itself(file: BinaryIO) -> Iterator[bytes]:
    yield " ".join(sorted(os.environ)).encode()
    yield " ".join(name for name in sys.modules if name.partition(".")[0] in {"django", "sqlite3", "psycopg"}).encode()


def fails(file: BinaryIO) -> Iterator[bytes]:
    raise KeyError("a fault of a library")


def aborts(file: BinaryIO) -> Iterator[bytes]:
    yield b"half of it"
    os.abort()


def is_killed(file: BinaryIO) -> Iterator[bytes]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield b""


def takes_memory(file: BinaryIO) -> Iterator[bytes]:
    yield bytes(1 << 40)


def computes(file: BinaryIO) -> Iterator[bytes]:
    while not file.closed:
        pass
    yield b""


def sleeps(file: BinaryIO) -> Iterator[bytes]:
    time.sleep(3600)
    yield b""


def never_stops_answering(file: BinaryIO) -> Iterator[bytes]:
    while True:
        yield bytes(1 << 20)


def waits_to_be_let_go(file: BinaryIO) -> Iterator[bytes]:
    """Until the file it was given the name of is there."""
    name = file.read().decode()
    while not os.path.exists(name):
        time.sleep(0.01)
    yield b"let go"

"""Files that people sent are opened in a child process: what goes wrong in it ends the child and nothing else.

A library that reads a picture or a workbook can be made to take all memory, to work for hours, or to abort the process
it runs in. So the web server and the worker do not even load them: a child reads the file, within bounds, and answers
with bytes. It is given no settings and no secrets, and knows no database.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO

from django.db import connection

from passage.programme.child_main import LENGTH, REFUSED
from passage.programme.errors import Refused

log = logging.getLogger(__name__)
AT_ONCE = 2  # children of one process: each may take a gigabyte
WAITING = 2  # callers who wait for one of them to end; whoever comes after these is refused
PATIENCE = 10  # seconds that they wait
# By the clock a child has so many times its seconds of the processor: it steps back for whoever sells.
OVERTIME = 3
ROOT = Path(__file__).parents[2]
BEGIN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]);"
    "from passage.programme.child_main import main; main(*sys.argv[2:])"
)
# Each thread of a C library would otherwise take an arena of its own out of the bounds.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}

_places = BoundedSemaphore(AT_ONCE)
_queue = BoundedSemaphore(AT_ONCE + WAITING)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use before it is ended: bytes of memory, seconds of the processor, bytes of its answer."""

    memory: int
    seconds: int
    answer: int


def run(work: str, /, *, file: BinaryIO | bytes, bounds: Bounds, failing: Exception) -> Iterator[bytes]:
    """The pieces that ``work`` ("module:function", which is given the file) yields, once it has ended well.

    Raises what ``work`` refuses, ``failing`` when the child crashed or went beyond its bounds, and
    ``Refused("files_busy")`` when too many are open already. Not to be called in a transaction: others would wait.
    """
    _refuse_while_tills_wait()
    with _place(), _on_disk(file) as source:
        answer = tempfile.TemporaryFile()  # noqa: SIM115 - the pieces are read from it later
        code = _ended(work, source, answer, bounds)
    answer.seek(0)
    if code != 0:
        log.warning("A child that opened a file has failed: %s ended with %s", work, code)
        raise failing
    if answer.read(1) == REFUSED:
        told = json.load(answer)
        raise Refused(told["code"], field=told["field"], params=told["params"])
    return _pieces(answer)


def _refuse_while_tills_wait() -> None:
    """A fault of ours, so that no file is ever opened while tills wait. The one that a test runs in does not count."""
    if any(not getattr(each, "_from_testcase", False) for each in connection.atomic_blocks):
        raise RuntimeError("A child is started before a transaction, never in it")


@contextmanager
def _place() -> Iterator[None]:
    """Few are open at once and few wait, so that most threads of the server are left to everybody else."""
    if not _queue.acquire(blocking=False):
        raise Refused("files_busy")
    try:
        if not _places.acquire(timeout=PATIENCE):
            raise Refused("files_busy")
        try:
            yield
        finally:
            _places.release()
    finally:
        _queue.release()


@contextmanager
def _on_disk(file: BinaryIO | bytes) -> Iterator[BinaryIO]:
    """The file as the child can be given it, at its beginning."""
    if not isinstance(file, bytes) and (number := _number_of(file)) is not None:
        file.flush()
        # The child reads from where the file stands, and moves it; our own reader must not see that.
        before = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, 0, os.SEEK_SET)
        yield file
        os.lseek(number, before, os.SEEK_SET)
        return
    with tempfile.TemporaryFile() as kept:
        if isinstance(file, bytes):
            kept.write(file)
        else:
            file.seek(0)
            while piece := file.read(1 << 20):
                kept.write(piece)
        kept.seek(0)
        yield kept


def _number_of(file: BinaryIO) -> int | None:
    try:
        return file.fileno()
    except (AttributeError, OSError):
        return None


def _ended(work: str, source: BinaryIO, answer: BinaryIO, bounds: Bounds) -> int | str:
    """How the child ended: 0, another code, or a word for what ended it."""
    paths = json.dumps([str(ROOT), *(os.path.abspath(path) for path in sys.path)])
    asked = [work, str(bounds.memory), str(bounds.seconds), str(bounds.answer)]
    try:
        child = subprocess.Popen(  # noqa: S603 - our own words
            # -I and -S: nothing of the environment or of the folder is taken in, and it starts in no time.
            [sys.executable, "-I", "-S", "-c", BEGIN, paths, *asked],
            stdin=source,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
        )
    except OSError as fault:
        log.warning("No child could be started: %s", fault)
        raise Refused("files_busy") from None
    try:
        return child.wait(timeout=OVERTIME * bounds.seconds)
    except subprocess.TimeoutExpired:
        return "time"
    finally:
        if child.returncode is None:
            child.kill()
            child.wait()


def _pieces(answer: BinaryIO) -> Iterator[bytes]:
    with answer:
        while head := answer.read(LENGTH):
            yield answer.read(int.from_bytes(head, "big"))

"""What a child process runs: it binds itself, opens the file on its standard input, and answers on its standard output.

Only what opens the file is loaded here, never Django: the child starts in the time that Python takes to start.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from passage.programme.errors import Refused

ANSWERED, REFUSED = b"+", b"-"
LENGTH = 8  # bytes before each piece that say how long it is
NICE = 10


def main(work: str, memory: str, seconds: str, answer: str) -> None:
    """Runs ``work`` ("module:function") within the bounds. What it refuses is an answer, everything else a crash."""
    _bind(int(memory), int(seconds), int(answer))
    module, _colon, name = work.partition(":")
    written = sys.stdout.buffer
    try:
        written.write(ANSWERED)
        for piece in getattr(import_module(module), name)(sys.stdin.buffer):
            written.write(len(piece).to_bytes(LENGTH, "big"))
            written.write(piece)
    except Refused as refused:
        written.seek(0)
        written.truncate()
        told = {"code": refused.code, "field": refused.field, "params": refused.params}
        written.write(REFUSED + json.dumps(told).encode())
    written.flush()


def _bind(memory: int, seconds: int, answer: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (answer, answer))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    # Whoever sells goes first; and where the machine has no memory left, this process is the one to end.
    os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")

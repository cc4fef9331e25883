"""A server whose parent was killed would go on beside the one that is started in its place: it ends instead."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from threading import Thread

PAUSE = 0.5  # seconds between two looks at the parent
GRACE = 10  # seconds for the requests that are under way


def end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE)
    with contextlib.suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)

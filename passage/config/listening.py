"""One server on one port: a second one would take half of the callers, and answer them from another database."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import signal
import socket
import sys
import time
from threading import Thread

from django.core.management import CommandError

PAUSE = 0.5  # seconds between two looks at the parent
GRACE = 10  # seconds for the requests that are under way


def refuse_taken(*, bind: str, port: int) -> socket.socket:
    """Refuses an address that cannot be listened on. Keep what is answered for as long as the server listens.

    The server's own socket shares its port with whoever asks (SO_REUSEPORT), so it would not notice. A plain one does.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        # What a server before us has closed and the system still keeps is no obstacle.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((bind, port))
        except OSError as error:
            raise CommandError(_why(error, bind, port)) from None
    return _keep(bind, port)


def _keep(bind: str, port: int) -> socket.socket:
    """Two servers that start in the same moment both find the port free: the first to take its name decides."""
    kept = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if sys.platform == "linux":
        try:
            kept.bind(f"\0passage-port-{port}")
        except OSError as error:
            kept.close()
            raise CommandError(_why(error, bind, port)) from None
    return kept


def _why(error: OSError, bind: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Something listens on port {port} already. Stop it, or choose another port (PORT, or --port)."
    if error.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose a port above 1023 (PORT), and put a proxy in front."
    return f"Passage cannot listen on {bind}:{port} ({error.strerror}). Set BIND to an address of this machine."


def end_with_parent() -> None:
    """A server whose parent was killed would go on beside the one that is started in its place: it ends instead."""
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

"""The server without its front, as it was once: what the siege must be able to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

from bench.ground import ROOT, Ground, Server, _wait_for

PLAIN = """
from granian import Granian
from granian.constants import Interfaces
Granian("passage.config.wsgi:application", address="127.0.0.1", port={port}, interface=Interfaces.WSGI, workers=1,
        blocking_threads=8, backpressure=128, websockets=False).serve()
"""


@contextlib.contextmanager
def served_plainly(ground: Ground) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = ground.folder / "plain.log"
    with log.open("w") as kept:
        command = [sys.executable, "-c", PLAIN.format(port=port)]
        running = subprocess.Popen(
            command, cwd=ROOT, env=ground.environment(), stdout=kept, stderr=kept, start_new_session=True
        )
        try:
            _wait_for(port, running, log=log)
            yield Server(port, running.pid)
        finally:
            # With the process that it started: nobody would stop that one any more.
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()

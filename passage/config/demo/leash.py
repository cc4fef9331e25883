"""Runs one command for as long as its parent lives: `python -m passage.config.demo.leash serve --port 8000`.

The parent holds the other end of standard input. However it ends, even killed, that end closes, and the
command is told to stop as if by hand.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from passage.config import cli


def _wait_for_the_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    Thread(target=_wait_for_the_end, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()

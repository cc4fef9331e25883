"""The server's socket: one server to a port, and a kernel that drops whoever says nothing or reads nothing."""

from __future__ import annotations

import errno
import resource
import socket
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

BACKLOG = 1024
CONNECTIONS = 2000
FILES_BESIDE = 200  # open files that are no connections: databases, logs, bodies on their way
# Seconds: until a connection that says nothing is dropped; until its next request has its head; until it has read.
SILENT, HEAD, READ = 5, 15, 20
HEAD_BYTES = 64 * 1024


class NotListening(Exception):
    """The text says why, and what to do."""


class Server(MPServer):
    """Granian opens its port so that several servers may share it: a second one, on another database, would take half
    of the sales. This one takes the port that was opened for it alone."""

    def __init__(self, opened: socket.socket, **more: Any) -> None:
        super().__init__(**more)
        self._opened = opened

    def _init_shared_socket(self) -> None:
        self._shd = SocketHolder(self._opened.fileno(), False, BACKLOG)  # type: ignore[assignment, call-arg]
        self._sfd = self._opened.fileno()  # type: ignore[assignment]
        self._ssp = self._sso = None


def listening(*, host: str, port: int) -> socket.socket:
    """Raises `NotListening`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise NotListening(_why(error, host, port)) from None
    opened.setblocking(False)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READ * 1000)
    return opened


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Something listens on port {port} already. Stop it, or choose another port (PORT, or --port)."
    if error.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose a port above 1023 (PORT), and put a proxy in front."
    return f"Passage cannot listen on {host}:{port} ({error.strerror}). Set BIND to an address of this machine."


def server(opened: socket.socket, *, target: str = "passage.config.rsgi:application") -> Server:
    """One process: SQLite has one writer, and the group commit of the API gathers requests in memory."""
    host, port = opened.getsockname()[:2]
    return Server(
        opened,
        target=target,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        backlog=BACKLOG,
        backpressure=_connections(),
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD * 1000, max_buffer_size=HEAD_BYTES),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
    )


def _connections() -> int:
    """As many as this process may have files open, after raising that as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(64, min(CONNECTIONS, soft - FILES_BESIDE))

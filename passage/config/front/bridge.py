"""A request as WSGI reads it, and the answer of a WSGI application, made whole in its thread before any of it is sent."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Protocol

# Of an answer kept in memory, in bytes; the rest waits in a file.
IN_MEMORY = 256 * 1024
Header = tuple[str, str]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Request(Protocol):
    """What the server tells of a request (RSGI's scope)."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """``rest`` is what follows ``start``: a file, read from where it stands and closed by whoever sends it."""

    status: int
    headers: list[Header]
    start: bytes
    rest: IO[bytes] | None = None


class FileWrapper:
    """How a WSGI application hands over an open file (PEP 3333)."""

    def __init__(self, file: IO[bytes], size: int = 8192) -> None:
        self.file = file
        self.size = size

    def __iter__(self) -> FileWrapper:
        return self

    def __next__(self) -> bytes:
        if piece := self.file.read(self.size):
            return piece
        raise StopIteration

    def close(self) -> None:
        self.file.close()


def environ_of(request: Request, *, body: IO[bytes], length: int) -> dict[str, Any]:
    """PEP 3333. Of several headers of one name the values are joined; a name with an underscore is left out, since
    `X_Forwarded_For` would otherwise stand where the proxy's `X-Forwarded-For` does."""
    host, port = _parted(request.server)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "REMOTE_ADDR": _parted(request.client)[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for name, value in request.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
    if length:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def answer_of(application: Application, environ: dict[str, Any]) -> Answer:
    """Runs the application to its end."""
    said: list[Any] = [HTTPStatus.INTERNAL_SERVER_ERROR, []]

    def start_response(status: str, headers: list[Header], failure: object = None) -> None:
        said[:] = [int(status.split(" ", 1)[0]), headers]

    made = application(environ, start_response)
    start, rest = _file(made) if isinstance(made, FileWrapper) else _spooled(made)
    return Answer(said[0], said[1], start, rest)


def _file(made: FileWrapper) -> tuple[bytes, IO[bytes] | None]:
    start = made.file.read(IN_MEMORY)
    if len(start) == IN_MEMORY:
        return start, made.file
    made.close()
    return start, None


def _spooled(made: Iterable[bytes]) -> tuple[bytes, IO[bytes] | None]:
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        for piece in made:
            kept.write(piece)
    except BaseException:
        kept.close()
        raise
    finally:
        if close := getattr(made, "close", None):
            close()
    is_small = kept.tell() <= IN_MEMORY
    kept.seek(0)
    if not is_small:
        return b"", kept
    with kept:
        return kept.read(), None


def _parted(address: str) -> tuple[str, str]:
    """The host and the port of ``127.0.0.1:8000`` or ``[::1]:8000``."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port

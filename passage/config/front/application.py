"""The front itself: an RSGI application that serves a WSGI one."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, Protocol

from granian._granian import RSGIProtocolClosed, RSGIProtocolError

from passage.config.front.bodies import Announced, NotTaken, Reader
from passage.config.front.bridge import Answer, answer_of, environ_of
from passage.config.front.callers import Caller, Callers
from passage.config.front.lines import line_of, lines
from passage.config.front.orphans import end_with_parent
from passage.config.front.turns import Full, Turns

if TYPE_CHECKING:
    from passage.config.front.bridge import Application, Request
    from passage.config.front.refusals import Refusals

log = logging.getLogger(__name__)
# Seconds that a request may stand in its line. The lines are short enough that few wait so long.
PATIENCE = 5.0
# Of an answer sent piece by piece: bytes of a piece, and seconds in which the reader has to make room for the next.
PIECE = 64 * 1024
SENDING = 20.0
NO_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
ALIVE = b'{"status": "ok"}'
# What holds between two machines and not for what they say (RFC 9110, 7.6.1).
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade"})


class Connection(Protocol):
    """How the server is told the answer (RSGI's protocol)."""

    def __aiter__(self) -> Any: ...
    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Any: ...


class Front:
    """One for each web process; everything but the application itself runs in its event loop."""

    def __init__(
        self, application: Application, *, threads: int, refusals: Refusals, session_cookie: str, trusts_proxy: bool
    ) -> None:
        self._application = application
        self._refusals = refusals
        self._turns = Turns(threads=threads, lines=lines(threads=threads), patience=PATIENCE)
        self._reader = Reader()
        self._callers = Callers(session_cookie=session_cookie, trusts_proxy=trusts_proxy)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        end_with_parent()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turns.close()

    async def __rsgi__(self, request: Request, connection: Connection) -> None:
        if request.path == "/healthz" and request.method in {"GET", "HEAD"}:
            # Never behind anything: whoever asks wants to know whether this process is to be killed.
            headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
            connection.response_bytes(HTTPStatus.OK, headers, ALIVE)
            return
        caller = self._callers.of(request)
        try:
            answer = await self._answer(request, connection, caller)
        except (RSGIProtocolClosed, RSGIProtocolError):
            return  # whoever asked went away before the end of the body
        except NotTaken as refused:
            self._refuse(request, connection, refused.status)
        except Full:
            self._refuse(request, connection, HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            log.exception("A request broke outside of the pages.")
            self._refuse(request, connection, HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            self._callers.answered(caller, path=request.path, status=answer.status)
            await _send(connection, answer, is_head=request.method == "HEAD")

    async def _answer(self, request: Request, connection: Connection, caller: Caller) -> Answer:
        announced = _announced(request)
        async with self._reader.body(connection, announced, is_known=caller.is_known) as body:
            environ = environ_of(request, body=body.file, length=body.length)
            return await self._turns.run(
                partial(answer_of, self._application, environ),
                line=line_of(request.method, request.path, announced=announced, is_known=caller.is_known),
                caller=caller.name,
            )

    def _refuse(self, request: Request, connection: Connection, status: HTTPStatus) -> None:
        refusal = self._refusals.of(status, request)
        connection.response_bytes(refusal.status, refusal.headers, refusal.text)


def _announced(request: Request) -> Announced:
    headers = request.headers
    said = headers.get("content-length")
    if said is None:
        length = None if headers.get("transfer-encoding") else 0
    else:
        length = int(said) if said.isascii() and said.isdigit() and len(said) < len(str(2**63)) else None
    return Announced(length, (headers.get("content-type") or "").strip().lower())


async def _send(connection: Connection, answer: Answer, *, is_head: bool) -> None:
    headers = [each for each in answer.headers if each[0].lower() not in HOP]
    if is_head or answer.status in NO_CONTENT:
        connection.response_empty(answer.status, headers)
        if answer.rest:
            answer.rest.close()
    elif answer.rest is None:
        connection.response_bytes(answer.status, headers, answer.start)
    else:
        with answer.rest as rest:
            await _stream(connection.response_stream(answer.status, headers), answer.start, rest)


async def _stream(stream: Any, start: bytes, rest: IO[bytes]) -> None:
    """Ends early where nobody reads: the connection is closed, so the answer is seen to be incomplete."""
    piece = start or rest.read(PIECE)
    while piece:
        async with asyncio.timeout(SENDING):
            await stream.send_bytes(piece)
        piece = rest.read(PIECE)

"""Heads of requests, kept within bounds before anything reads them.

Python and Django read some of them in a time that grows with the square of their length: 64 KB of backslashes in a cookie
take one thread eight seconds (Python before 3.11.10), 64 KB of a content type four, and nobody has to sign in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

LONGEST = (
    8 * 1024
)  # characters of one header, of the path or of the query: what web servers in front of us take as well
LONGEST_TYPE = 256
PLACES = ("PATH_INFO", "QUERY_STRING")
TOO_LONG = "431 Request Header Fields Too Large"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def bounded(application: Application) -> Application:
    """The application behind the bounds: what is longer is answered 431, and never reaches it."""

    def answering(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _is_too_long(environ):
            start_response(TOO_LONG, [("Content-Type", "text/plain"), ("Content-Length", "0"), ("Connection", "close")])
            return [b""]
        if "\\" in (cookies := environ.get("HTTP_COOKIE", "")):
            # No cookie of ours has one; a backslash is what the reading of the others takes so long for.
            environ["HTTP_COOKIE"] = cookies.replace("\\", "")
        return application(environ, start_response)

    return answering


def _is_too_long(environ: dict[str, Any]) -> bool:
    heads = (each for name, each in environ.items() if name.startswith("HTTP_") or name in PLACES)
    return len(environ.get("CONTENT_TYPE", "")) > LONGEST_TYPE or any(len(each) > LONGEST for each in heads)

"""A small application behind the real front, for a real port."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable
from typing import Any

import django

django.setup()

from passage.config.front.application import Front  # noqa: E402
from passage.config.front.refusals import Refusals  # noqa: E402

THREADS = 4  # and LARGE: as the test knows them
LARGE = 20 * 1024 * 1024
PIECE = 64 * 1024


def pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path.endswith("/slow"):
        time.sleep(1)
    if path in {"/pieces", "/file"}:
        start_response("200 OK", [("Content-Length", str(LARGE))])
        if path == "/pieces":
            return (b"x" * PIECE for _ in range(LARGE // PIECE))
        return environ["wsgi.file_wrapper"](io.BytesIO(b"x" * LARGE))  # type: ignore[no-any-return]
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    text = json.dumps({"environ": told, "body": len(environ["wsgi.input"].read())}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


application = Front(pages, threads=THREADS, refusals=Refusals(), session_cookie="session", trusts_proxy=True)

"""Which writes of programs were acknowledged, kept beside the database: after a restore it is known which are missing.

A line for each in the file of its day: when, whose key, what was asked, and the sender's own id; nothing of what was in it.
Tills are not among them: they keep a journal and send again by themselves. The line is written after the commit and before
the answer, without waiting for the disk: a machine that loses its power may lose the last lines, and the database none.
"""

from __future__ import annotations

import json
import logging
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from passage.api.auth import Caller

log = logging.getLogger(__name__)
PREFIX = "/api/v1"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What is asked by POST and changes nothing.
QUESTIONS = re.compile(r"/quotes|/sales/[^/]+/returns/rehearsal")
# A number on a card leads to its bearer: the end of it is enough for whoever sent it.
CARD = re.compile(r"^/cards/[^/]*?([^/]{0,4})(?=/|$)")
KEPT = timedelta(days=35)
DONE = frozenset({"recorded", "replayed", "parked"})


def keep(request: HttpRequest, response: HttpResponse) -> None:
    """Adds what this request did, if it did anything. Where it cannot be written the answer is given all the same."""
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Caller) or caller.till is not None:
        return
    path = request.path.removeprefix(PREFIX)
    if request.method not in WRITES or response.status_code >= 300 or QUESTIONS.fullmatch(path):
        return
    line = {
        "at": caller.at.isoformat(),
        "programme": caller.programme.slug,
        "key": caller.key.prefix,
        "method": request.method,
        "path": CARD.sub(r"/cards/…\1", path),
    }
    text = "".join(
        json.dumps({**line, "id": each}, ensure_ascii=False) + "\n" for each in _ids(request, response, path)
    )
    try:
        _append(folder(), text, at=caller.at)
    except OSError as error:
        log.warning("the list of acknowledged writes cannot be kept in %s: %s", folder(), error)


def folder() -> Path:
    """Where the files lie, one a day."""
    return settings.ENV.passage_writes_dir or Path(settings.DATA) / "writes"


def _ids(request: HttpRequest, response: HttpResponse, path: str) -> list[str]:
    """The sender's own names of what was done: one, but for a batch; empty where it gave none."""
    if path == "/sync":
        results = json.loads(response.content)["results"]
        return [each["client_id"] for each in results if each["status"] in DONE]
    body: Any = json.loads(request.body) if request.body else {}
    named = body.get("client_id") if isinstance(body, dict) else None
    return [str(named or request.headers.get("Idempotency-Key", ""))]


def _append(place: Path, text: str, *, at: datetime) -> None:
    file = place / f"{at.astimezone(UTC):%Y-%m-%d}.jsonl"
    if not file.exists():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in place.glob("????-??-??.jsonl"):
            if old.stem < f"{at.astimezone(UTC) - KEPT:%Y-%m-%d}":
                old.unlink(missing_ok=True)
    # One write of a file that is only ever added to: lines of several threads and processes do not mix.
    target = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(target, text.encode())
    finally:
        os.close(target)

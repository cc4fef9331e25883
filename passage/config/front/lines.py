"""Which requests stand in which line, and how long each line may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passage.config.front.bodies import IN_MEMORY
from passage.config.front.turns import Line

if TYPE_CHECKING:
    from passage.config.front.bodies import Announced

# What checks a password or a PIN: a tenth of a second of one core and 100 MB each, by design.
SECRETS = re.compile(
    r"/(sign-in(/.*)?|sign-up(/.*)?|forgotten|join/.*|new-password/.*|account/(prove|password|codes|app.*)"
    r"|api/v1/till/(pairings|approvals|clerks/\d+/session))/?"
)
OPERATIONS = frozenset({"/api/v1/till/operations", "/api/v1/sync"})
LONG = re.compile(r"/office/.*(\.csv|\.zip|/print|/export|/import.*)")


def lines(*, threads: int) -> list[Line]:
    """In the order in which they are served. No line can take every thread, so that none is ever shut."""
    most = max(1, threads - 1)
    half, quarter, eighth = max(1, threads // 2), max(1, threads // 4), max(1, threads // 8)
    return [
        Line("machines", running=most, waiting=128, of_one=32),
        Line("operations", running=half, waiting=64, of_one=16),
        Line("people", running=most, waiting=128, of_one=32),
        Line("secrets", running=eighth, waiting=16, of_one=8),
        Line("strangers", running=eighth, waiting=32, of_one=16),
        Line("long", running=quarter, waiting=16, of_one=4),
        Line("ready", running=1, waiting=4, of_one=4),
    ]


def line_of(method: str, path: str, *, announced: Announced, is_known: bool) -> str:
    if path == "/readyz":
        return "ready"
    if method == "POST" and SECRETS.fullmatch(path):
        return "secrets"
    return _line_of_known(path, announced) if is_known else "strangers"


def _line_of_known(path: str, announced: Announced) -> str:
    if path in OPERATIONS:
        return "operations"
    if LONG.fullmatch(path) or (announced.is_form_with_files and (announced.length or 0) > IN_MEMORY):
        return "long"
    return "machines" if path.startswith("/api/") else "people"

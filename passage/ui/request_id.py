"""The name of the request that is being answered: on the page that tells of a fault, in the problem, in the log."""

from __future__ import annotations

import re
import secrets

import structlog

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# To be read out on the telephone: nothing that looks or sounds like another one.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def a_new_one() -> str:
    """Twelve letters and digits in three groups, which nobody guesses and nobody mishears."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def begin(given: str, /) -> str:
    """Names the request, by what a trusted proxy gave it where that is well formed; every line of the log carries it."""
    name = given if WELL_FORMED.fullmatch(given) else a_new_one()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=name)
    return name


def of_programme(slug: str, /) -> None:
    """From here on the lines of the log say whose request it is."""
    structlog.contextvars.bind_contextvars(programme=slug)


def current() -> str:
    """Empty outside of a request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))

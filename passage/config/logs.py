"""How this installation speaks of itself: one event a line, for people (console) or for machines (json).

Nothing that somebody sent stands in it: no address, body or header of a request, and of what broke the kind and the place.
The message of an exception often repeats what somebody typed, or the row that was in its way.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TextIO

import structlog

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


class NothingSent(logging.Filter):
    """Django names the address in what it logs of a request; the line of the request says what may be said."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(("django.request", "django.security")):
            return True
        record.msg, record.args = "the request broke", ()
        return bool(record.exc_info)


def kind_and_place(raised: Raised) -> str:
    """The exception and those it came from: where, and of what kind, without their messages."""
    told = traceback.TracebackException(*raised, compact=True)
    return "\n".join(_kinds_and_places(told))


def _kinds_and_places(told: traceback.TracebackException) -> Iterator[str]:
    before = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    if before:
        yield from _kinds_and_places(before)
    yield from (line.rstrip("\n") for line in told.stack.format())
    kind = told.exc_type
    yield f"{kind.__module__}.{kind.__qualname__}" if kind else "an exception"


def _write_kind_and_place(target: TextIO, raised: Raised) -> None:
    target.write("\n" + kind_and_place(raised))


def logging_settings(*, style: str, level: str, tells_all: bool = False) -> dict[str, Any]:
    """Django's LOGGING, with structlog set up to write through it. ``tells_all``: with the messages of exceptions."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_last(style, tells_all=tells_all),
                ],
            }
        },
        "filters": {"nothing_sent": {"()": NothingSent}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["nothing_sent"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"handlers": [], "propagate": True},
            # Strangers can make us write these as often as they like, and there is nothing to repair.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }


def _last(style: str, *, tells_all: bool) -> list[structlog.typing.Processor]:
    if style == "json":
        # structlog calls its one parameter otherwise.
        broke = structlog.processors.ExceptionRenderer(kind_and_place)  # type: ignore[arg-type]
        last = structlog.processors.format_exc_info if tells_all else broke
        return [last, structlog.processors.JSONRenderer(ensure_ascii=False)]
    # Never the pretty tracebacks: they print every local variable, and with it what a member typed.
    plain = structlog.dev.plain_traceback if tells_all else _write_kind_and_place
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]

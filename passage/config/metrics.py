"""`/metrics`: figures for a monitor, in the text format of Prometheus. No personal data, nothing by member or programme."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from passage.config.database_size import database_bytes
from passage.outbox import queries as outbox
from passage.purchases.queries import newest_number

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
Labels = Mapping[str, object]
Sample = tuple[str, Labels, float]


@dataclass
class Requests:
    """What this process has answered since it began: the one web process there is."""

    answered: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    within: Counter[tuple[str, float]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def count(self, *, method: str, route: str, status: int, seconds: float) -> None:
        bucket = next((limit for limit in SECONDS if seconds <= limit), float("inf"))
        with self.lock:
            self.answered[method, route, status] += 1
            self.within[route, bucket] += 1
            self.seconds[route] += seconds  # type: ignore[assignment]

    def families(self) -> Iterator[str]:
        with self.lock:
            answered, within, seconds = dict(self.answered), Counter(self.within), dict(self.seconds)
        rows = sorted(answered.items())
        yield from _family(
            "passage_requests_total",
            "counter",
            "Requests answered, by page or pattern of the address.",
            (("", {"method": method, "route": route, "status": status}, n) for (method, route, status), n in rows),
        )
        yield from _family(
            "passage_request_seconds",
            "histogram",
            "How long the answers took.",
            (sample for route in sorted(seconds) for sample in _histogram(route, within, seconds[route])),
        )


def _histogram(route: str, within: Counter[tuple[str, float]], seconds: float) -> Iterator[Sample]:
    below = 0
    for limit in (*SECONDS, float("inf")):
        below += within[route, limit]
        yield "_bucket", {"route": route, "le": "+Inf" if limit == float("inf") else limit}, below
    yield "_sum", {"route": route}, seconds
    yield "_count", {"route": route}, below


REQUESTS = Requests()


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """404 where no token is set, 401 without it."""
    token = settings.METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(errors="replace"), f"Bearer {token}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse("".join(figures(at=timezone.now())), content_type=MEDIA_TYPE)


def figures(*, at: datetime) -> Iterator[str]:
    """The whole text. What the database tells is left out, and said to be, while it does not answer."""
    yield from _family("passage_build_info", "gauge", "The version.", [("", {"version": version("passage")}, 1)])
    yield from REQUESTS.families()
    try:
        told = list(_of_database(at))
    except DatabaseError:
        told = []
    yield from _gauge("passage_database_up", "Whether the database answered.", 1 if told else 0)
    yield from told


def _of_database(at: datetime) -> Iterator[str]:
    jobs, oldest = outbox.jobs_by_state(), outbox.oldest_due(at=at)
    yield from _family("passage_jobs", "gauge", "Jobs of the worker.", _by("state", jobs))
    waited = max((at - oldest).total_seconds(), 0) if oldest else 0
    yield from _gauge("passage_jobs_oldest_seconds", "How long the oldest due job has waited; 0 for none.", waited)
    yield from _family("passage_mails", "gauge", "Mails that are remembered.", _by("state", outbox.mails_by_state()))
    sold = "Sales, returns and what followed them, by the largest number: some numbers are skipped."
    yield from _family("passage_purchases_total", "counter", sold, [("", {}, newest_number())])
    yield from _gauge("passage_database_bytes", "The size of the database.", database_bytes())


def _by(label: str, counts: Mapping[str, int]) -> list[Sample]:
    return [("", {label: name}, number) for name, number in sorted(counts.items())]


def _gauge(name: str, says: str, value: float) -> Iterator[str]:
    yield from _family(name, "gauge", says, [("", {}, value)])


def _family(name: str, kind: str, says: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {says}\n# TYPE {name} {kind}\n"
    for suffix, labels, value in samples:
        said = ",".join(f'{label}="{_escaped(str(each))}"' for label, each in labels.items())
        yield f"{name}{suffix}{{{said}}} {value}\n" if said else f"{name}{suffix} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

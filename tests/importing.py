"""A list on its way: received, looked through, taken in and taken out by the product's own worker; for the tests of it."""

from __future__ import annotations

import io
from datetime import timedelta

from passage.cards.models import Card
from passage.config.worker import Worker
from passage.imports import actions, queries
from passage.imports.models import Import, Row
from passage.members.models import Member
from passage.outbox.models import Job
from tests.cast import AT, BY, CARD

LATER = AT + timedelta(days=10)
ORDER = ["card", "first_name", "last_name", "phone", "email", "birthday", "external_id", "tags", "consent_email"]
HEADINGS = "Karta;Imię;Nazwisko;Telefon;E-mail;Urodziny;ID;Znaczniki;Zgoda e-mail"
NEW = "2900001;Zofia;Żółć;601 700 800;zofia@example.org;31.05.1985;17;stała, kawa;tak"
ANNAS = f"{CARD};Ania;Świętek;600 999 888;anna@example.org;24.12.1990;5;vip;tak"


def a_list(*rows: str) -> bytes:
    return "\r\n".join([HEADINGS, *rows]).encode("cp1250")


def received(cast, content: bytes, *, at=LATER) -> Import:
    return actions.receive(programme=cast.bakery, name="lista.csv", file=io.BytesIO(content), by=BY, at=at)


def work(at=LATER) -> Worker:
    worker = Worker(clock=lambda: at)
    worker.run_once()
    assert worker.failed == 0, list(Job.objects.exclude(error="").values_list("error", flat=True))
    return worker


def checked(cast, content: bytes, *, at=LATER) -> Import:
    upload = received(cast, content, at=at)
    seen = queries.preview(
        upload, encoding=upload.encoding, separator=upload.separator, has_headings=upload.has_headings
    )
    actions.check(
        upload=upload,
        encoding=upload.encoding,
        separator=upload.separator,
        has_headings=upload.has_headings,
        columns=queries.guessed(upload, seen),
        by=BY,
        at=at,
    )
    work(at)
    upload.refresh_from_db()
    assert upload.state == "checked"
    return upload


def applied(cast, content: bytes, *, choice="fill", at=LATER) -> Import:
    upload = checked(cast, content, at=at)
    actions.apply(upload=upload, choice=choice, by=BY, at=at)
    work(at)
    upload.refresh_from_db()
    assert upload.state == "applied"
    return upload


def undone(upload, *, at=LATER + timedelta(hours=1)) -> Import:
    actions.undo(upload=upload, by=BY, at=at)
    work(at)
    upload.refresh_from_db()
    assert upload.state == "undone"
    return upload


def outcomes(upload) -> dict[int, str]:
    return dict(Row.objects.of(upload.programme_id).filter(upload=upload).values_list("number", "outcome"))


def reasons(upload) -> dict[int, list[tuple[str, str]]]:
    rows = Row.objects.of(upload.programme_id).filter(upload=upload).exclude(faults=[])
    return {row.number: [(field, code) for field, code, _params in row.faults] for row in rows}


def picture(cast) -> tuple[object, ...]:
    """Everything that an import could have changed, and nothing of when."""
    people = Member.objects.of(cast.bakery).exclude(status="erased").order_by("id")
    columns = ("id", "name_key", "email", "email_key", "phone", "birthday", "external_id", "tags", "language", "status")
    numbers = Card.objects.of(cast.bakery).order_by("number").values_list("number", "state", "member")
    return (list(people.values_list(*columns)), list(numbers))


def many(count: int, *, since: int = 0) -> bytes:
    rows = (f"C{n:06};Zofia{n};Żółć;+4860{n:07};z{n}@example.org;1.5.;X{n};;tak" for n in range(since, count))
    return a_list(*rows, ";Zły;;;;99.99.99;;;")

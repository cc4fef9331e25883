"""Imports and their rows as pages show them, and what is there for a batch of rows; never a file as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from passage.cards import queries as cards
from passage.imports import columns, reading
from passage.imports.cells import Said
from passage.imports.deciding import KEYS, World, identifiers
from passage.imports.models import Deed, Import, Piece, Row
from passage.members import queries as members
from passage.members.canonical import folded
from passage.members.models import Member
from passage.outbox import queries as outbox
from passage.programme import limits
from passage.programme.models import Programme

SHOWN = 8
REMEMBERED = 20  # imports whose headings are remembered


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they would be read, and what their columns are called."""

    headings: list[str]
    rows: list[list[str]]

    @property
    def width(self) -> int:
        return max((len(row) for row in [self.headings, *self.rows]), default=0)


def newest(*, programme: Programme, before: int = 0, limit: int = 25) -> list[Import]:
    found = Import.objects.of(programme)
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[:limit])


def one(*, programme: Programme, number: int) -> Import | None:
    found: Import | None = Import.objects.of(programme).filter(pk=number).first()
    return found


def is_stuck(upload: Import) -> bool:
    """Whether the job that should move the import on was given up."""
    return outbox.has_failed(key=job_key(upload))


def job_key(upload: Import) -> str:
    return f"import:{upload.pk}:{upload.turn}"


def preview(upload: Import, *, encoding: str, separator: str, has_headings: bool) -> Preview:
    """Reads only the beginning of the file."""
    found = reading.records(lines(upload), encoding=encoding, separator=separator)
    rows: list[list[str]] = []
    for record in found:
        if any(cell.strip() for cell in record.cells):
            rows.append(record.cells)
        if len(rows) > SHOWN:
            break
    headings = rows.pop(0) if has_headings and rows else []
    return Preview(headings, rows[:SHOWN])


def remembered(programme: Programme) -> dict[str, str]:
    """What a heading, folded, was said to mean in the last file that had it."""
    same = Import.objects.of(programme).exclude(columns=[]).order_by("-id")
    found: dict[str, str] = {}
    for headings, said in same.values_list("headings", "columns")[:REMEMBERED]:
        for heading, column in zip(headings, said, strict=False):
            found.setdefault(folded(heading), column if column in columns.FIELDS else columns.IGNORED)
    found.pop("", None)
    return found


def guessed(upload: Import, seen: Preview) -> list[str]:
    """What the columns probably are."""
    known = remembered(upload.programme)
    return columns.guessed(seen.headings, seen.rows, remembered=known, width=seen.width)


def lines(upload: Import, *, start: int = 0) -> Iterator[bytes]:
    """The lines from byte ``start`` on; the pieces come one after another."""
    return reading.lines_of(_pieces(upload, start))


def _pieces(upload: Import, start: int) -> Iterator[bytes]:
    number, skipped = divmod(start, reading.CHUNK)
    while True:
        piece = Piece.objects.of(upload.programme_id).filter(upload=upload, number=number).first()
        if piece is None:
            return
        yield bytes(piece.content)[skipped:]
        number, skipped = number + 1, 0


def world(programme: Programme, said: Sequence[Said]) -> World:
    """What is there for these rows, in a number of statements that their number does not change."""
    found = {
        key: members.by_unique(programme=programme, column=key, values=[each.details.get(key, "") for each in said])
        for key in KEYS
        if key != "card"
    }
    known = cards.by_numbers(programme=programme, numbers=[each.card for each in said if each.card])
    owners = members.by_ids(programme=programme, ids={card.member_id for card in known.values() if card.member_id})
    for card in known.values():
        card.member = owners.get(card.member_id or 0)  # the owner as they are now, if they were merged
    everybody = {member.pk for each in found.values() for member in each.values()} | {m.pk for m in owners.values()}
    return World(known, found, members.consents_of_all(programme=programme, ids=everybody))


def earlier(upload: Import, rows: Iterable[tuple[Said, Member | None]]) -> dict[str, dict[Any, int]]:
    """What of these rows stands in a row of this file that was read before: the number of that row, by identifier,
    and as "member" by the member that they lead to."""
    wanted: dict[str, set[str]] = {key: set() for key in KEYS}
    members_met: set[int] = set()
    for said, member in rows:
        for key, value in identifiers(said).items():
            if value:
                wanted[key].add(value)
        if member is not None:
            members_met.add(member.pk)
    before = Row.objects.of(upload.programme_id).filter(upload=upload)
    found: dict[str, dict[Any, int]] = {
        key: dict(before.filter(Q(**{f"{key}__in": values}) & ~Q(**{key: ""})).values_list(key, "number"))
        for key, values in wanted.items()
        if values
    }
    found["member"] = dict(before.filter(leads_to__in=members_met).values_list("leads_to", "number"))
    return found


def rows(upload: Import, *, outcome: str = "", after: int = 0, limit: int = limits.PAGE) -> list[Row]:
    found = Row.objects.of(upload.programme_id).filter(upload=upload, number__gt=after)
    if outcome:
        found = found.filter(outcome=outcome)
    return list(found.order_by("number")[:limit])


def all_rows(upload: Import, *, outcomes: Sequence[str] = ()) -> Iterator[Row]:
    """Every row of these outcomes in the order of the file, or every row; read a page at a time, for a download."""
    after = 0
    while page := rows(upload, after=after, limit=limits.IMPORT_AT_ONCE):
        yield from (row for row in page if not outcomes or row.outcome in outcomes)
        after = page[-1].number


def kept(upload: Import, *, limit: int = limits.PAGE) -> list[Member]:
    """The members that an undone import made or changed and that stayed as they are, because they were used since."""
    stayed = Deed.objects.of(upload.programme_id).filter(upload=upload, undone=Deed.Undone.KEPT)
    found = stayed.exclude(member=None).select_related("member").order_by("id")[:limit]
    return [deed.member for deed in found if deed.member is not None]


def ids_of_deeds(upload: Import, *, after: int, limit: int) -> list[Any]:
    found = Deed.objects.of(upload.programme_id).filter(upload=upload, pk__gt=after)
    return list(found.order_by("id")[:limit])

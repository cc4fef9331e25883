"""The rehearsal: every row is read, cleaned and decided; nothing but the rows themselves is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from passage.imports import queries, reading
from passage.imports.actions.keeping import clear_batch
from passage.imports.cells import Said, read
from passage.imports.deciding import Outcome, Verdict, identifiers, twins, verdict
from passage.imports.models import Import, Row
from passage.programme import limits

AT_ONCE = limits.IMPORT_AT_ONCE


def check_batch(upload: Import, *, at: datetime) -> bool:
    """The next rows; True after the last one. The rows of an earlier rehearsal go first."""
    if upload.rows == 0 and not clear_batch(upload):
        return False
    records = list(islice(_records(upload), AT_ONCE))
    numbered = list(enumerate(records, start=upload.rows + 1))
    filled = [(number, record) for number, record in numbered if any(cell.strip() for cell in record.cells)]
    if upload.rows == 0 and upload.has_headings:
        filled = filled[1:]
    said = [
        (number, read(record.cells, columns=upload.columns, programme=upload.programme, is_broken=record.is_broken))
        for number, record in filled
    ]
    verdicts = _verdicts(upload, said)
    cells = {number: record.cells for number, record in filled}
    Row.objects.bulk_create([_row(upload, number, cells[number], each, verdicts[number]) for number, each in said])
    for each in verdicts.values():
        count(upload.found, each.outcome)
        if each.outcome == Outcome.CHANGE and (each.fills or each.consents or each.needs_card):
            count(upload.found, "fills")
    upload.rows += len(records)
    upload.position = records[-1].end if records else upload.position
    return len(records) < AT_ONCE


def _records(upload: Import) -> Iterator[reading.Record]:
    lines = queries.lines(upload, start=upload.position)
    return reading.records(lines, encoding=upload.encoding, separator=upload.separator, start=upload.position)


def _verdicts(upload: Import, said: Sequence[tuple[int, Said]]) -> dict[int, Verdict]:
    world = queries.world(upload.programme, [each for _number, each in said])
    found = {number: verdict(each, world) for number, each in said}
    good = [(number, each, found[number]) for number, each in said if found[number].outcome != Outcome.WRONG]
    earlier = queries.earlier(upload, [(each, told.member) for _number, each, told in good])
    for number, fault in twins([(number, each, told.member) for number, each, told in good], earlier).items():
        found[number] = Verdict(Outcome.TWIN, faults=[fault])
    return found


def _row(upload: Import, number: int, cells: list[str], said: Said, told: Verdict) -> Row:
    stays_out = told.outcome in (Outcome.WRONG, Outcome.TWIN)
    kept = {"details": said.details, "consents": said.consents, "fills": told.adds(), "differs": told.differs()}
    return Row(
        programme=upload.programme,
        upload=upload,
        number=number,
        cells=cells,
        outcome=told.outcome,
        faults=told.faults,
        said={} if stays_out else kept,
        leads_to=None if stays_out or told.member is None else told.member.pk,
        **({} if stays_out else identifiers(said)),
    )


def count(counts: dict[str, int], what: str, more: int = 1) -> None:
    counts[what] = counts.get(what, 0) + more

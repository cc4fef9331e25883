"""A programme arrives: every row as it was, under the number it had, all of them or none.

Numbers stay, because histories, receipts and the log speak of rows by their number. So an archive goes where its
numbers are free, which is an installation of its own. The vault's rows are written by the vault (ledger.actions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from passage.archive.opened import BadArchive, Opened
from passage.archive.packing import Packed
from passage.archive.tables import Table, chunks, is_person
from passage.audit.actions import note
from passage.ledger.actions import restoring
from passage.programme import actions as programmes
from passage.programme.models import Key, Login, Programme
from passage.programme.queries import login_by_email

Row = Mapping[str, Any]
Tell = Callable[[int, int], None]


@transaction.atomic
def unpack(*, archive: Opened, by: str, at: datetime, tell: Tell = lambda done, total: None) -> Programme:
    """Writes the programme of the archive, and revokes its keys: a till is paired with one server.

    Raises BadArchive, and then nothing was written. ``tell`` is given rows written and all rows.
    """
    _refuse_what_is_known(archive)
    people = {told["email"]: _login(told, archive) for told in archive.people()}
    total = sum(packed.rows for _table, packed in archive.tables())
    done, programme = 0, None
    try:
        for table, packed in archive.tables():
            if programme is None:
                programme = _programme(archive, table, packed)
            else:
                _write(archive, table, packed, programme=programme, people=people)
            done += packed.rows
            tell(done, total)
    except IntegrityError as error:
        raise BadArchive(f"The rows of the archive contradict each other: {error}") from None
    assert programme is not None
    _settle(archive, programme)
    _count_on(archive)
    for key in Key.objects.of(programme).filter(revoked_at=None):
        programmes.revoke_key(key=key, by=by, at=at)
    note(programme=programme, by=by, verb="programme.arrived", subject=f"programme:{programme.slug}", at=at)
    return programme


def _refuse_what_is_known(archive: Opened) -> None:
    slug, public_id = archive.programme["slug"], archive.programme["public_id"]
    if Programme.objects.filter(public_id=public_id).exists():
        raise BadArchive(f"This programme ({slug}) is here already. Nothing was written.")
    if Programme.objects.filter(slug=slug).exists():
        raise BadArchive(f"Another programme is called {slug!r} here. Import into an installation of its own.")
    for table, packed in archive.tables():
        held = table.model._base_manager.filter(pk__range=(packed.first, packed.last))
        if packed.first is not None and held.exists():
            raise BadArchive(
                f"Rows of another programme have the numbers of this one here ({table.name}). "
                "Import into an installation of its own: a fresh PASSAGE_DATA or database, and `passage migrate`."
            )


def _login(told: Row, archive: Opened) -> Login:
    """The person of that address, who keeps the password they have here; a new one chooses theirs by an invitation."""
    known = login_by_email(told["email"])
    if known is None:
        known = Login(email=told["email"], name=told["name"], language=told["language"], is_active=told["is_active"])
        known.made_for = UUID(str(archive.programme["public_id"]))
        known.set_unusable_password()
        known.save()
    return known


def _programme(archive: Opened, table: Table, packed: Packed) -> Programme:
    [row] = archive.rows(table, packed)
    programme = Programme(**row)
    programme.save(force_insert=True)
    return programme


def _write(archive: Opened, table: Table, packed: Packed, *, programme: Programme, people: Mapping[str, Login]) -> None:
    """The rows in the order of their ids, but for those that point at a later one of the same table: those come after it."""
    later: set[int] | None = None
    while later is None or later:
        wanted, later = later, set()
        rows = (row for row in archive.rows(table, packed) if wanted is None or row["id"] in wanted)
        for chunk in chunks(rows, size=table.at_once):
            ready = list(_ready(table, chunk, later))
            _insert(table, [_with_people(table, row, people) for row in ready], programme=programme)
        if later == wanted:
            raise BadArchive(f"Rows of {packed.name} point at rows that are not there.")


def _ready(table: Table, chunk: Iterable[Row], later: set[int]) -> Iterator[Row]:
    """What can be written now; the ids of the others go to ``later``."""
    rows = list(chunk)
    asked = {row[name] for row in rows for name in table.itself} - {None}
    there = set(table.model._base_manager.filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
    for row in rows:
        if {row[name] for name in table.itself} - {None} <= there:
            there.add(row["id"])
            yield row
        else:
            later.add(row["id"])


def _insert(table: Table, rows: list[Row], *, programme: Programme) -> None:
    if table.model._meta.app_label == "ledger":
        restoring.write_again(table.model, rows, programme=programme)
    else:
        table.model._base_manager.bulk_create([table.model(programme=programme, **row) for row in rows])


def _with_people(table: Table, row: Row, people: Mapping[str, Login]) -> Row:
    named = [field for field in table.fields if is_person(field) and row[field.name] is not None]
    if missing := [row[field.name] for field in named if row[field.name] not in people]:
        raise BadArchive(f"{table.name} names somebody who is not in people.jsonl ({missing[0]}).")
    return {**row, **{field.name: people[row[field.name]] for field in named}}


def _settle(archive: Opened, programme: Programme) -> None:
    """The last step of the vault: debts as they were, and everything that rows add up to is what it was."""
    for owes in (True, False):
        for table, packed in archive.tables():
            if table.name not in restoring.PROVED or (owes and table.name != "ledger_account"):
                continue
            for chunk in chunks(archive.rows(table, packed), size=table.at_once):
                if owes:
                    restoring.owe_again(chunk, programme=programme)
                elif wrong := next(restoring.differing(table.model, chunk, programme=programme), None):
                    raise BadArchive(
                        f"{packed.name}, row {wrong[0]}: {wrong[1]} is not what the rows of the archive add up to."
                    )


def _count_on(archive: Opened) -> None:
    """New rows get numbers after those that came. SQLite sees to it by itself; a counter is never set back."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table, packed in archive.tables():
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table.name, table.model._meta.pk.column])
            [counter] = cursor.fetchone()
            if packed.last is not None:
                cursor.execute(
                    f"SELECT setval(%s, %s) FROM {counter} WHERE last_value <= %s",  # noqa: S608 - the database's own name
                    [counter, packed.last, packed.last],
                )

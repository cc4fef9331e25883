"""Writing a vault again as it was: entries move the balances and allocations the lots, as they did the first time.

No defence is put to sleep for it. An account begins at nothing and may owe anything until its last entry is in; then
it owes what it owed, and the floor holds again. What comes out is compared with what was there, account by account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import models

from passage.engine.money import MAX_BALANCE
from passage.ledger.models import Account, Lot
from passage.programme.models import Programme

# What the rows of these tables add up to, and is not simply written.
PROVED = {"ledger_account": ("balance", "debt", "reserved"), "ledger_lot": ("left",)}


def write_again(model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, programme: Programme) -> None:
    """Rows of one table of the vault, in the order of their ids."""
    begun = [{**row, **_beginning(model, row)} for row in rows]
    model._base_manager.bulk_create([model(programme=programme, **row) for row in begun])


def owe_again(rows: Sequence[Mapping[str, Any]], *, programme: Programme) -> None:
    """After the last entry: each of these accounts owes what it owed."""
    owing = [Account(pk=row["id"], debt=row["debt"]) for row in rows if row["debt"]]
    Account.objects.bulk_update(owing, ["debt"])
    rest = [row["id"] for row in rows if not row["debt"]]
    Account.objects.of(programme).filter(pk__in=rest).update(debt=0)


def differing(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, programme: Programme
) -> Iterator[tuple[int, str]]:
    """The ids of ``rows`` that did not come out as they were, and in which column."""
    columns = PROVED[model._meta.db_table]
    now = {
        row["id"]: row
        for row in model._base_manager.filter(programme=programme, pk__in=[row["id"] for row in rows]).values(
            "id", *columns
        )
    }
    for row in rows:
        for column in columns:
            if row["id"] not in now or now[row["id"]][column] != row[column]:
                yield row["id"], column


def _beginning(model: type[models.Model], row: Mapping[str, Any]) -> dict[str, int]:
    if model is Account:
        return {"balance": 0, "debt": MAX_BALANCE}
    return {"left": row["size"]} if model is Lot else {}

"""The bytes that are sealed. Whatever changes here changes every hash there is: see ``vectors/``.

A row is its sealed columns in the order named below, as one line of JSON without spaces: whole numbers as they are,
UUIDs in their usual spelling, moments in UTC to the microsecond, days as ISO 8601, JSON with its keys sorted. Both
databases give the same line.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

TAG = "passage.seal.1"


def _moment(value: Any) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return f"{value.isoformat(timespec='microseconds')}Z"


def _uuid(value: Any) -> str:
    return str(value) if isinstance(value, uuid.UUID) else str(uuid.UUID(value))


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value


MOMENT, UUID, DAY, JSON = _moment, _uuid, _day, _json
Kind = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table and the columns of it that never change and name nobody; the first is the id."""

    name: str
    plain: tuple[str, ...]
    told: tuple[tuple[str, Kind], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.plain, *(name for name, _kind in self.told))

    def line(self, row: Sequence[Any]) -> bytes:
        """``row`` holds the values of the columns, in their order, as the database gives them."""
        first = len(self.plain)
        written = list(row[:first])
        for (_name, kind), value in zip(self.told, row[first:], strict=True):
            written.append(None if value is None else kind(value))
        return _dumps(written) + b"\n"


# Of version 1. A column that a later version of Passage adds is sealed by a later tag, never by adding it here.
TABLES = (
    Sealed("ledger_account", ("id", "member_id", "unit_id")),
    Sealed(
        "ledger_entry",
        ("id", "account_id", "kind", "points", "credits", "by"),
        (("cause", UUID), ("origin", UUID), ("occurred_at", MOMENT), ("counts_at", MOMENT), ("recorded_at", MOMENT)),
    ),
    Sealed(
        "ledger_lot",
        ("id", "account_id", "entry_id", "size", "instead_of_id"),
        (("opened_at", MOMENT), ("active_from", MOMENT), ("expires_at", MOMENT), ("origin", UUID)),
    ),
    Sealed("ledger_allocation", ("id", "entry_id", "lot_id", "points"), (("at", MOMENT),)),
    Sealed("ledger_debt", ("id", "account_id", "entry_id", "points")),
    Sealed(
        "ledger_correction",
        ("id", "member_id", "unit_id", "points", "by"),
        (("at", MOMENT), ("until", MOMENT), ("once", UUID)),
    ),
    Sealed(
        "purchases_purchase",
        (
            *("id", "kind", "source_id", "client_id", "fingerprint", "shop_id", "till", "receipt", "receipt_key"),
            *("member_id", "card_id", "sale_id", "currency", "total", "by"),
        ),
        (
            *(("public_id", UUID), ("business_date", DAY), ("basket", JSON), ("settlement", JSON)),
            *(("occurred_at", MOMENT), ("received_at", MOMENT), ("recorded_at", MOMENT)),
        ),
    ),
    Sealed(
        "rewards_redemption",
        ("id", "source_id", "client_id", "fingerprint", "version_id", "reservation_id", "by"),
        (("public_id", UUID), ("made_at", MOMENT)),
    ),
    Sealed("audit_event", ("id", "by", "verb", "subject"), (("at", MOMENT),)),
)


def header(
    *, programme: uuid.UUID, number: int, previous: str, tables: Any, sums: Any, sealed_at: datetime
) -> Mapping[str, Any]:
    """What the hash of a block is taken of."""
    return {
        "tag": TAG,
        "programme": str(programme),
        "number": number,
        "previous": previous,
        "tables": tables,
        "sums": sums,
        "sealed_at": _moment(sealed_at),
    }


def hash_of(told: Mapping[str, Any], /) -> str:
    return hashlib.sha256(_dumps(told)).hexdigest()


def hash_of_rows(lines: Iterable[bytes], /) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def _dumps(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

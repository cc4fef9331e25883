"""What a till sends and what it is answered, as values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from passage.journal.models import TillOperation
from passage.ledger.queries import Balance
from passage.members.models import Member
from passage.purchases.values import MemberRef, Problem, Receipt, Return, Sale, SaleRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The sale belongs to another member, or (empty) to nobody."""

    sale: SaleRef
    member: MemberRef
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done for a till by another route, as the server told it: see `journal.deeds`.

    ``op_id`` is the one operation that may tell it. ``facts`` are all that is needed to do it again; ``bearer`` is what
    makes the member again who was new then (`journal.bearers`).
    """

    op_id: uuid.UUID
    verb: str
    member: uuid.UUID
    facts: Mapping[str, Any]
    by: str
    done_at: datetime
    bearer: Mapping[str, Any] | None = None


Item = Sale | Return | Move | Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """A till's clocks at one moment: ``mono`` counts milliseconds since ``boot`` and cannot be set by anybody."""

    boot: str
    mono: int
    wall: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One operation as it came. ``item`` None: it could not be read, ``problem`` says why.

    ``clerk_token`` proves who did it; ``approval`` is from whoever allowed what the clerk alone may not; ``was`` the signed answer it once got.
    """

    op_id: uuid.UUID
    seq: int
    clocks: Clocks
    kind: str
    item: Item | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    clerk: int | None = None
    clerk_token: str = ""
    approval: str = ""
    was: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one operation: the row as kept, and what recording it came to."""

    row: TillOperation
    status: str
    receipt: Receipt | None = None
    problem: Problem | None = None
    member: Member | None = None
    balances: tuple[Balance, ...] = ()
    was: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """``gap``: the first operation that was not taken does not follow ``last_seq``."""

    results: tuple[Result, ...]
    last_seq: int
    gap: bool

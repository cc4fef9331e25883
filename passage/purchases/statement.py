"""What a member may read of what they hold: balances, lots, every entry with its reasons, cards and tier.

The same statement stands on the member's own page and on the page the staff sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from passage.cards.models import Card
from passage.earning.models import TierChange
from passage.earning.queries import tier_history
from passage.engine.tiers import judged_window
from passage.ledger import queries as ledger
from passage.ledger.queries import SOON, Balance, LotLine, Movement, Totals
from passage.members.models import Member
from passage.programme.queries import terms
from passage.programme.snapshot import one_moment
from passage.purchases.models import Purchase
from passage.purchases.queries import by_causes

PAGE = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A lot with something left. ``state`` is open, soon (it ends within a month) or pending."""

    left: int
    size: int
    state: str
    opened_at: datetime
    active_from: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holding:
    balance: Balance
    pieces: tuple[Piece, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Part:
    """Points that an entry took from a lot (below zero) or put back into it, and when those had been earned."""

    points: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, the purchase that brought it about if one did, and the lots it moved."""

    movement: Movement
    kind: str  # of its unit
    purchase: Purchase | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The member's tier and the way to the next one; ``share`` is 0 to 100.

    ``until`` is when it is judged again or, given by hand, when it ends; ``to_keep`` is what is missing to keep it then.
    ``is_kept``: returns have taken what it needs, and the programme lets it be held until then.
    """

    name: str
    credits: int
    next_name: str
    missing: int
    share: int
    until: datetime | None = None
    to_keep: int = 0
    is_given: bool = False
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    holdings: tuple[Holding, ...]
    lines: tuple[Line, ...]
    following: int | None  # where the next page begins
    cards: tuple[Card, ...]
    standing: Standing | None


@one_moment()
def statement(member: Member, *, at: datetime, before: int | None = None) -> Statement:
    """Everything the page shows, of one moment; its queries do not grow with the entries."""
    held = ledger.balances(member, at=at)
    totals = ledger.totals(member)
    moved = ledger.history(member, limit=PAGE + 1, before=before)
    shown = moved[:PAGE]
    return Statement(
        holdings=tuple(_holding(balance, totals.get(balance.unit, Totals()), member, at) for balance in held),
        lines=_lines(member, shown, {balance.unit: balance.kind for balance in held}),
        following=shown[-1].id if len(moved) > PAGE else None,
        cards=tuple(Card.objects.of(member.programme).filter(member=member).order_by("state", "-id")),
        standing=_standing(member, at),
    )


def _holding(balance: Balance, totals: Totals, member: Member, at: datetime) -> Holding:
    rows: Sequence[LotLine] = ()
    if balance.account_id is not None:
        rows = ledger.lots(balance.account_id, programme=member.programme)
    alive = (row for row in rows if row.expires_at is None or row.expires_at > at)
    return Holding(balance, tuple(_piece(row, at) for row in alive), totals)


def _piece(row: LotLine, at: datetime) -> Piece:
    state = "open"
    if row.active_from > at:
        state = "pending"
    elif row.expires_at is not None and row.expires_at <= at + SOON:
        state = "soon"
    return Piece(row.left, row.size, state, row.opened_at, row.active_from, row.expires_at)


def _lines(member: Member, moved: Iterable[Movement], kinds: dict[str, str]) -> tuple[Line, ...]:
    movements = list(moved)
    found = by_causes(member.programme, causes=[movement.cause for movement in movements])
    touched = {lot for movement in movements for lot, _ in movement.lots}
    known = ledger.lots_by_ids(member.programme, ids=touched) if touched else {}
    return tuple(
        Line(
            movement=each,
            kind=kinds.get(each.unit, "points"),
            purchase=found.get(each.cause),
            parts=tuple(Part(points, known[lot].opened_at) for lot, points in each.lots),
        )
        for each in movements
    )


def _standing(member: Member, at: datetime) -> Standing | None:
    steps = tier_history(member.programme, members=[member.pk], at=at)
    if not steps.tiers:
        return None
    total, held = steps.credits_at(member.pk, at=at), steps.now(member.pk, at=at)
    above = next((tier for tier in steps.tiers if tier.threshold > (held.threshold if held else 0)), None)
    until, latest = steps.due(member.pk, at=at), steps.latest(member.pk, at=at)
    is_given = latest is not None and latest.why == TierChange.Why.GIVEN
    to_keep = 0
    if held and until and not is_given:
        start, end = judged_window(steps.policy, due=until, zone=terms(programme=member.programme).tz)
        to_keep = max(held.threshold - steps.credits_within(member.pk, start, end), 0) if start else 0
    return Standing(
        name=steps.rows[held.code].name if held else "",
        credits=total,
        next_name=steps.rows[above.code].name if above else "",
        missing=max(above.threshold - total, 0) if above else 0,
        share=min(max(total * 100 // above.threshold, 0), 100) if above else 100,
        until=until,
        to_keep=to_keep,
        is_given=is_given,
        is_kept=latest is not None and steps.is_kept(member.pk, since=latest.since, at=at),
    )

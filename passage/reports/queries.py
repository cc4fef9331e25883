"""The integrity board: for each person at the counters what stands out, for each card how often it came (B-09)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from passage.members.models import Member
from passage.programme.models import Programme, Shop, Staff
from passage.reports.counting import Books, by_person
from passage.reports.standing import Counted, Standing, standings

SPAN = timedelta(days=30)
CARDS = 20
LISTED = 200
# What is counted of each person, in the order of the board.
FIGURES = ("often", "own", "typed", "late", "corrections", "voids", "spent")


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the board; ``score`` puts whom to talk to first on top."""

    person: Staff
    sales: int
    figures: Mapping[str, Standing]
    score: Fraction

    @property
    def marks(self) -> list[str]:
        return [name for name in FIGURES if self.figures[name].stands_out]


@dataclass(frozen=True, slots=True)
class CardLine:
    """A member whose card came too often: how many such visits, on how many days, and who rang up most of them."""

    member: Member
    visits: int
    days: int
    by: str
    by_visits: int


@dataclass(frozen=True, slots=True)
class Board:
    lines: list[Line]
    cards: list[CardLine]
    since: datetime


@dataclass(frozen=True, slots=True)
class Behind:
    """One row that a figure was counted from. ``points`` of a correction, else None."""

    at: datetime
    member: Member | None
    shop: Shop | None
    receipt: str
    amount: int | None
    points: int | None
    reason: str


def board(programme: Programme, *, at: datetime, shop: Shop | None = None) -> Board:
    """The last thirty days, of all shops or of one. As many statements for a thousand sales as for one."""
    books = Books(programme, at - SPAN, at, shop)
    sales = {by: books.totals.get(by, (0, 0)) for by in books.people}
    counts = _counts(books)
    busy = [by for by in books.people if sales[by][0] or any(counts[name][by] for name in FIGURES)]
    figures = {
        name: standings(
            {by: Counted(counts[name][by], 1 if name == "corrections" else sales[by][0]) for by in busy},
            by_itself=name == "own" and not books.control.own_card,
        )
        for name in FIGURES
    }
    lines = [
        Line(
            person=books.people[by],
            sales=sales[by][0],
            figures={name: figures[name][by] for name in FIGURES},
            score=sum((figures[name][by].surplus for name in FIGURES), Fraction(0)),
        )
        for by in busy
    ]
    lines.sort(key=lambda line: (-len(line.marks), -line.score, str(line.person.login)))
    return Board(lines, _cards(books), books.since)


def _counts(books: Books) -> dict[str, Counter[str]]:
    own = by_person(books.own)
    own += Counter(f"staff:{row.clerk_id}" for row in books.own_refused)
    return {
        "often": by_person(books.often),
        "own": own,
        "typed": Counter({by: typed for by, (_, typed) in books.totals.items()}),
        "late": by_person(books.late),
        "corrections": by_person(row for row in books.corrections if row.points > 0),
        "voids": by_person(books.voids),
        "spent": by_person(books.spent),
    }


def _cards(books: Books) -> list[CardLine]:
    visits: dict[int, list[Any]] = {}
    for row in books.often:
        assert row.member is not None  # only purchases of members are counted
        visits.setdefault(row.member.merged_into_id or row.member.pk, []).append(row)
    lines = []
    for rows in visits.values():
        [(by, most)] = by_person(rows).most_common(1)
        days = len({row.business_date for row in rows})
        who = rows[0].member.merged_into or rows[0].member
        lines.append(CardLine(who, len(rows), days, by, most))
    return sorted(lines, key=lambda line: (-line.visits, line.member.pk))[:CARDS]


def behind(
    programme: Programme, *, figure: str, person: Staff, at: datetime, shop: Shop | None = None
) -> list[Behind] | None:
    """The rows that a person's figure was counted from, newest first; None for somebody who is not on the board."""
    books, by = Books(programme, at - SPAN, at, shop), f"staff:{person.pk}"
    if by not in books.people or figure not in FIGURES:
        return None
    return sorted(_rows(books, figure, by), key=lambda row: row.at, reverse=True)[:LISTED]


def _rows(books: Books, figure: str, by: str) -> list[Behind]:
    if figure == "corrections":
        return [
            Behind(row.at, row.member, None, "", None, row.points, row.reason)
            for row in books.corrections
            if row.by == by and row.points > 0
        ]
    if figure == "typed":
        typed = books.typed(by).select_related("member", "shop").order_by("-id")[:LISTED]
        return [_purchase(row) for row in typed]
    found = [_purchase(row) for row in getattr(books, figure) if row.by == by]
    if figure == "own":
        found += [
            Behind(row.occurred_at, None, row.key.till.shop, str(row.payload.get("receipt", ""))[:64], None, None, "")
            for row in books.own_refused
            if f"staff:{row.clerk_id}" == by and row.key.till is not None
        ]
    return found


def _purchase(row: Any) -> Behind:
    """A return or a move is told by the amount of its sale."""
    of = row.of_sale if row.total == 0 else row
    return Behind(row.received_at, row.member, row.shop, row.receipt or of.receipt, of.total, None, row.reason)

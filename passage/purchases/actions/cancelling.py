"""Cancellations of a source are kept, and returned from the sales they are found to be about."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from passage.members.models import Member
from passage.programme.models import Source
from passage.purchases import waiting
from passage.purchases.actions.recording import MAX_BATCH, record
from passage.purchases.cancelling import Cancellation, Taken
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import Answer, Return, SaleRef, Status

ID = 64  # characters of a client_id


@transaction.atomic
def keep_cancellations(*, source: Source, cancellations: Sequence[Cancellation], by: str, at: datetime) -> set[str]:
    """Keep each under its number, for ever; a known one stays as it is. Nothing is returned yet.

    Answers with the numbers of those that are known and said something else.
    """
    asked = {each.client_id: each for each in cancellations}
    known = waiting.of_source(source, client_ids=asked)
    fresh = [_kept(source, each, by, at) for name, each in asked.items() if name not in known]
    Parked.objects.bulk_create(fresh, ignore_conflicts=True)
    if fresh:
        known = waiting.of_source(source, client_ids=asked)
    conflicts: set[str] = set()
    changed = []
    for name, each in asked.items():
        row = known[name]
        if row.fingerprint != each.fingerprint() and _is_early(row):
            row.request, row.fingerprint = each.request(), each.fingerprint()
            changed.append(row)
        if row.fingerprint != each.fingerprint():
            conflicts.add(each.number)
        if row.member_id is None and each.member is not None:
            row.member = each.member
            changed.append(row)
    Parked.objects.bulk_update(changed, ["request", "fingerprint", "member"])
    return conflicts


@transaction.atomic
def name_members(*, source: Source, named: Mapping[str, Member]) -> None:
    """Give the cancellations that wait for nobody yet to the member who now has their number."""
    rows = waiting.nameless(source, names=named)
    for row in rows:
        row.member = named[row.request["member"]]
    Parked.objects.bulk_update(rows, ["member"])


@transaction.atomic
def match_cancellations(
    *, source: Source, people: Collection[int], by: str, at: datetime
) -> list[tuple[Parked, Answer]]:
    """Return what the cancellations of these people (records, all of a person) are found to be about; each answer.

    What is matched is closed; what is not waits. One source is matched at one time, so that nothing is taken twice.
    """
    if not waiting.any_of(source, people=people):
        return []
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    rows = waiting.cancellations(source, people=people)
    found = waiting.sold_to(source, people=people, cancellations=rows)
    changed = [row for row in rows if _adopt(row, found.followers)]
    ids = {row.client_id for row in found.followers}
    plan: dict[tuple[int, str], list[Taken]] = {}
    for person in found.by_person(rows):
        for taken in person.due():
            plan.setdefault((taken.wanted.parked.pk, taken.sold.sale), []).append(taken)
    items = [_return(takens, ids) for takens in plan.values()]
    answers: list[Answer] = []
    for start in range(0, len(items), MAX_BATCH // 2):
        part = items[start : start + MAX_BATCH // 2]
        answers += record(programme=source.programme, source=source, batch=part, by=by, at=at)
    told = [(takens[0].wanted.parked, answer) for takens, answer in zip(plan.values(), answers, strict=True)]
    for takens, answer in zip(plan.values(), answers, strict=True):
        if answer.status is Status.RECORDED:
            _take(takens)
            takens[0].wanted.parked.request["returns"].append(answer.client_id)
            changed.append(takens[0].wanted.parked)
    _close(source, changed)
    return told


def _kept(source: Source, each: Cancellation, by: str, at: datetime) -> Parked:
    return Parked(
        programme=source.programme,
        source=source,
        client_id=each.client_id,
        fingerprint=each.fingerprint(),
        request=each.request(),
        member=each.member,
        by=by,
        received_at=at,
    )


def _is_early(row: Parked) -> bool:
    """Whether an early version kept it, which left out what was matched at once and said no price."""
    return row.state == Parked.State.WAITING and any("price" not in line for line in row.request["lines"])


def _adopt(row: Parked, followers: Iterable[Purchase]) -> bool:
    """Count what an early version returned for this cancellation without keeping it."""
    request = row.request
    known = request.setdefault("returns", [])
    if any("price" not in line for line in request["lines"]):  # only what it could not match was kept
        for line in request["lines"]:
            line.setdefault("left", line["quantity"])
        return False
    found = False
    for each in followers:
        assert each.sale is not None  # it follows one
        if each.client_id in known or each.client_id != f"{request['receipt']}/{each.sale.client_id}":
            continue
        lines = {line["id"]: line for line in each.sale.basket["lines"]}
        for line_id, quantity in each.context["request"]["quantities"].items():
            rest = quantity
            for line in request["lines"]:
                taken = min(rest, line["left"]) if line["product"] == lines[line_id].get("product", "") else 0
                line["left"] -= taken
                rest -= taken
        known.append(each.client_id)
        found = True
    return found


def _return(takens: Sequence[Taken], ids: set[str]) -> Return:
    """All that one cancellation takes from one sale; named by both, and once more by a number when it takes again."""
    first = takens[0]
    quantities: dict[str, int] = {}
    for taken in takens:
        quantities[taken.sold.line] = quantities.get(taken.sold.line, 0) + taken.quantity
    name, turn = f"{first.wanted.number}/{first.sold.sale}", 1
    while name in ids or len(name) > ID:
        digest = hashlib.sha256(f"{first.sold.sale}/{turn}".encode()).hexdigest()
        name, turn = f"{first.wanted.number}/{digest[:30]}", turn + 1
    ids.add(name)
    return Return(
        client_id=name,
        # Found in a file that came later, its sale may be younger than the cancellation that it makes good.
        occurred_at=max(first.wanted.at, first.sold.at),
        sale=SaleRef(client_id=first.sold.sale),
        quantities=quantities,
    )


def _take(takens: Sequence[Taken]) -> None:
    for taken in takens:
        taken.wanted.parked.request["lines"][taken.wanted.place]["left"] -= taken.quantity


def _close(source: Source, changed: Sequence[Parked]) -> None:
    """Write what is left, and close what has nothing left."""
    rows = list({row.pk: row for row in changed}.values())
    last: dict[str, Any] = {row.request["returns"][-1]: row for row in rows if row.request["returns"]}
    pks = waiting.purchase_ids(source, client_ids=last)
    for name, row in last.items():
        if all(line["left"] == 0 for line in row.request["lines"]):
            row.state, row.applied_as_id = Parked.State.APPLIED, pks[name]
    Parked.objects.bulk_update(rows, ["request", "state", "applied_as"])

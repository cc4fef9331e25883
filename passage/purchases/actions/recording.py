"""`record`: the only way a sale or a return enters, one or thousands at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction

from passage.programme import queries as programmes
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source
from passage.programme.transactions import retried
from passage.purchases import codec, queries
from passage.purchases.actions.effects import Effects, write
from passage.purchases.actions.returning import take_back
from passage.purchases.actions.selling import sell
from passage.purchases.models import Parked, Purchase
from passage.purchases.queries import receipt
from passage.purchases.snapshot import receipt_key
from passage.purchases.state import BatchState
from passage.purchases.values import Answer, Before, Item, Problem, Return, Sale, Status

ATTEMPTS = 3
MAX_BATCH = 1000


def record(
    *,
    programme: Programme,
    source: Source,
    batch: Sequence[Item],
    by: str,
    at: datetime,
    before: Before | None = None,
) -> list[Answer]:
    """Record sales and returns in the order given; one answer each, in the same order.

    ``at`` is when they arrived. An item that is bad, known or in conflict never harms its neighbours; a
    refused item changes nothing. Sent again, an item gets its first answer, for ever (E-10). ``before``: what had
    come of it, when it is one sale that a backup did not hold.
    """
    if len(batch) > MAX_BATCH:
        raise ValueError(f"a batch has at most {MAX_BATCH} items")
    if not batch:
        return []
    batch = [dated(item, programme) for item in batch]
    try:
        return _together(programme, source, batch, by, at, before)
    except (Refused, IntegrityError) as stumble:
        if len(batch) == 1:
            return [_alone(programme, source, batch[0], by, at, stumble, before)]
    return [
        answer
        for item in batch
        for answer in record(programme=programme, source=source, batch=[item], by=by, at=at, before=before)
    ]


def rehearse(*, programme: Programme, source: Source, item: Item, by: str, at: datetime) -> Answer:
    """What `record` would answer to ``item`` now: the very same path, and then everything undone.

    For a question that only the books can answer: what a return would take back, before it is confirmed (E-26).
    """
    with transaction.atomic():
        (answer,) = record(programme=programme, source=source, batch=[item], by=by, at=at)
        transaction.set_rollback(True)
    return answer


def dated(item: Item, programme: Programme) -> Item:
    """With the date that its receipt's key needs: the day at the shops, whatever offset the sender thinks in."""
    if not item.receipt or item.business_date is not None:
        return item
    return replace(item, business_date=programmes.business_date(at=item.occurred_at, programme=programme))


def _alone(
    programme: Programme,
    source: Source,
    item: Item,
    by: str,
    at: datetime,
    stumble: Exception,
    before: Before | None,
) -> Answer:
    """One item after a stumble: a refusal is its answer; a parallel twin that won is found on the next try."""
    for _ in range(ATTEMPTS):
        if isinstance(stumble, Refused):
            return refused(item, stumble)
        try:
            return _together(programme, source, [item], by, at, before)[0]
        except (Refused, IntegrityError) as again:
            stumble = again
    raise stumble


@retried
def _together(
    programme: Programme,
    source: Source,
    batch: Sequence[Item],
    by: str,
    at: datetime,
    before: Before | None,
) -> list[Answer]:
    """The whole batch in one transaction and a constant number of statements."""
    state = BatchState.open(programme=programme, source=source, batch=batch, at=at)
    state.before = before
    effects = Effects(state=state, by=by)
    answers = [_one(state, effects, item) for item in batch]
    write(effects)
    return answers


def _one(state: BatchState, effects: Effects, item: Item) -> Answer:
    asked = codec.request(item)
    try:
        known = _known(state, item, asked)
        if known is not None:
            return known
        row = sell(state, effects, item, asked) if isinstance(item, Sale) else take_back(state, effects, item, asked)
    except Refused as refusal:
        if effects.half_done:
            raise  # the state has moved: start again, item by item
        return refused(item, refusal)
    if row is None:
        return Answer(item.client_id, Status.PARKED)
    state.know(row)
    if isinstance(item, Sale):
        _apply_parked(state, effects, row)
    elif (parked := state.parked.get((state.source.pk, item.client_id))) is not None:
        _applied(effects, parked, row)
    return Answer(item.client_id, Status.RECORDED, receipt(row, recorded=True))


def refused(item: Item, refusal: Refused) -> Answer:
    problem = Problem(refusal.code, refusal.field, refusal.params)
    return Answer(item.client_id, Status.REFUSED, problem=problem)


def _known(state: BatchState, item: Item, asked: dict[str, object]) -> Answer | None:
    """The first answer of an operation that is known by its id or its receipt key, or a conflict."""
    mark = codec.fingerprint(asked)
    row = state.known.get(item.client_id) or state.receipts.get(receipt_key(item))
    if row is not None:
        if row.fingerprint == mark:
            return Answer(item.client_id, Status.REPLAYED, receipt(row, recorded=False))
        field = "client_id" if row.client_id == item.client_id and row.source_id == state.source.pk else "receipt"
        before = row.context.get("request", {})
        differs = codec.diff({**before, "basket": row.basket} if row.basket else before, asked)
        raise Refused("conflict", field=field, params={"differs": differs, "recorded": str(row.public_id)})
    parked = state.parked.get((state.source.pk, item.client_id))
    if parked is not None:
        if parked.fingerprint != mark:
            raise Refused("conflict", field="client_id", params={"differs": ["sale"], "recorded": ""})
        is_done_with = parked.state == Parked.State.DISMISSED
        if isinstance(item, Return) and parked.applied_as is not None:  # by hand, under a name of its own
            return Answer(item.client_id, Status.REPLAYED, receipt(parked.applied_as, recorded=False))
        if isinstance(item, Return) and (is_done_with or state.snapshot.find(item.sale, state.source) is None):
            return Answer(item.client_id, Status.PARKED)
    return None


def _apply_parked(state: BatchState, effects: Effects, sale: Purchase) -> None:
    """Returns that came before this sale, now that it is here, as they happened; of one moment the void last (E-12)."""
    waiting = [(codec.return_of(each.request), each) for each in state.parked.values() if _is_return(each)]
    for item, parked in sorted(waiting, key=lambda pair: (pair[0].occurred_at, pair[0].void, pair[0].client_id)):
        mine = (parked.sale_client_id == sale.client_id and parked.source_id == sale.source_id) or (
            parked.sale_receipt_key and parked.sale_receipt_key == sale.receipt_key
        )
        if not mine or parked.state != Parked.State.WAITING:
            continue
        if sale not in state.snapshot.sales:
            state.snapshot.sales.append(sale)
        try:
            row = take_back(state, effects, item, codec.request(item))
        except Refused:
            continue  # it stays parked, to be looked at: more came back than was sold
        if row is not None:
            # It stays whose it was, wherever its sale comes from: sent again, it is found by its own id.
            row.source_id, row.by = parked.source_id, parked.by
            state.know(row)
            _applied(effects, parked, row)


def _is_return(parked: Parked) -> bool:
    """Whether it names its sale; what an import could not match names none."""
    return bool(parked.sale_client_id or parked.sale_receipt_key)


def _applied(effects: Effects, parked: Parked, row: Purchase) -> None:
    parked.state = Parked.State.APPLIED
    effects.applied.append((parked, row))


def match_parked(*, programme: Programme, at: datetime, by: str = "system:parked") -> int:
    """Record returns whose sale came at the very same moment, when neither saw the other; how many.

    In the order in which they happened, a return before a void. Safe to run again: `record` knows each by its id.
    """
    matched = 0
    waiting = [(codec.return_of(parked.request), parked) for parked in queries.parked_with_sale(programme)]
    for item, parked in sorted(waiting, key=lambda each: (each[0].occurred_at, each[0].void, each[1].pk)):
        (answer,) = record(programme=programme, source=parked.source, batch=[item], by=parked.by, at=at)
        matched += answer.status is Status.RECORDED
    return matched

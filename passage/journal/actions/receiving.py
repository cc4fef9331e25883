"""Taking in what a till sends: in order, each operation in a transaction of its own with its effect."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from passage.journal import bearers, kept, queries
from passage.journal.actions.applying import Applied, Setting, apply
from passage.journal.deeds import KIND as DONE
from passage.journal.kept import Proof
from passage.journal.models import TillOperation
from passage.journal.timing import occurred
from passage.journal.values import Clocks, Item, Received, Result, Sent
from passage.ledger import queries as ledger
from passage.members import queries as members
from passage.programme.clerks import read_clerk_token
from passage.programme.errors import Refused
from passage.programme.models import Key, Staff
from passage.purchases import queries as purchases
from passage.purchases import quote_tokens
from passage.purchases.values import Problem, Sale
from passage.rewards import queries as rewards
from passage.rewards.actions import Held

logger = logging.getLogger(__name__)
State = TillOperation.State
# Quarantined means for the till that it is done with: it stays in the journal and a person looks at it.
STATUS = {State.RECORDED: "recorded", State.PARKED: "parked", State.RESOLVED: "recorded"}
PUT_ASIDE = "put_aside"  # what the API says
MOST_OPERATIONS = 50
SLACK = timedelta(minutes=1)  # between the server's clock on a clerk token and what the till's clocks came to


@dataclass(frozen=True, slots=True)
class _Gap(Exception):
    last: int


def receive(*, key: Key, sent: Sequence[Sent], now: Clocks, at: datetime) -> Received:
    """One answer for each operation taken, in order; stops at the first one that does not follow the last number.

    Sent again, an operation gets its first answer, for ever. A revoked key's operations are put aside, not lost.
    """
    results: list[Result] = []
    for operation in sent[:MOST_OPERATIONS]:
        try:
            results.append(_one(key, operation, now, at))
        except _Gap as gap:
            return Received(tuple(results), gap.last, gap=True)
    return Received(tuple(results), queries.last_seq(key), gap=False)


@transaction.atomic
def _one(key: Key, sent: Sent, now: Clocks, at: datetime) -> Result:
    held: Key = (
        Key.objects.of(key.programme_id)
        .select_for_update(no_key=True, of=("self",))
        .select_related("programme", "till__shop", "source__programme")
        .get(pk=key.pk)
    )
    known = queries.by_op_id(held.programme, op_id=sent.op_id)
    if known is not None:
        return _again(held, known, sent, at)
    last = queries.last_seq(held)
    if sent.seq > last + 1:
        raise _Gap(last)
    proof = kept.proof(sent, programme_id=held.programme_id)
    row = _row(held, sent, now, at, last, proof)
    applied = _applied(held, sent, row, at, proof)
    _note(row, applied)
    if sent.kind == "sale" and (row.purchase is None or row.purchase.member_id is None):
        row.claim_code = kept.claim_code(key=held, op_id=sent.op_id)
    row.save(force_insert=True)
    return _result(row, STATUS.get(State(row.state), PUT_ASIDE), at)


def _row(key: Key, sent: Sent, now: Clocks, at: datetime, last: int, proof: Proof | None) -> TillOperation:
    moment, is_off = _moment(key, sent, now, at, proof)
    return TillOperation(
        programme=key.programme,
        key=key,
        op_id=sent.op_id,
        seq=sent.seq if sent.seq == last + 1 else None,
        boot=sent.clocks.boot,
        mono=sent.clocks.mono,
        wall=sent.clocks.wall,
        kind=sent.kind,
        clerk=_clerk(key, sent, moment, proof),
        payload=dict(sent.payload),
        fingerprint=kept.fingerprint(sent),
        occurred_at=moment,
        received_at=at,
        warnings=["clock_off"] if is_off else [],
    )


def _moment(key: Key, sent: Sent, now: Clocks, at: datetime, proof: Proof | None) -> tuple[datetime, bool]:
    """As the clocks say, unless it was worked out before a backup was put back."""
    if proof is not None and proof.occurred_at is not None:
        return proof.occurred_at, False
    before = TillOperation.objects.of(key.programme_id).filter(key=key).order_by("-id").first()
    return occurred(then=sent.clocks, now=now, at=at, before=before.occurred_at if before else None)


def _note(row: TillOperation, applied: Applied) -> None:
    row.state, row.warnings = applied.state, [*row.warnings, *applied.warnings]
    row.item = None if applied.item is None else kept.as_json(applied.item)
    row.purchase = applied.purchase
    if row.kind == DONE and applied.problem is None:
        row.payload = {}  # done is done: nothing of whom it was about is kept twice
    if (problem := applied.problem) is not None:
        row.problem = {"code": problem.code, "field": problem.field, "params": dict(problem.params)}


def _applied(key: Key, sent: Sent, row: TillOperation, at: datetime, proof: Proof | None) -> Applied:
    by = f"staff:{row.clerk_id}" if row.clerk_id else f"till:{key.till_id}"
    setting = Setting(
        key=key, op_id=sent.op_id, by=by, occurred_at=row.occurred_at, at=at, clerk=row.clerk, proof=proof
    )
    item = None if sent.item is None else setting.placed(sent.item)
    problem = sent.problem
    if item is None and problem is None:
        problem = Problem("unreadable")
    if problem is None and row.seq is None:
        problem = Problem("number_taken", "seq", {"seq": sent.seq})
    if problem is None and key.revoked_at is not None:
        problem = Problem("till_revoked")
    if problem is None and at - row.occurred_at > timedelta(days=key.programme.late_days):
        problem = Problem("too_late", "wall", {"days": key.programme.late_days})
    if problem is not None:
        return Applied(State.QUARANTINED, item=item, problem=problem)
    assert item is not None  # what cannot be read has its problem
    return _attempted(setting, sent, item)


def _attempted(setting: Setting, sent: Sent, item: Item) -> Applied:
    """What comes to nothing leaves nothing behind; what breaks is put before a person, and never stops those behind it.

    Where the database cannot be reached all of it fails, so that the till sends it again.
    """
    try:
        with transaction.atomic():
            applied = apply(setting, item, kind=sent.kind, approval=sent.approval)
            if applied.problem is not None:
                transaction.set_rollback(True)
            promised = _promised(setting, sent, item, applied)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("operation %s of till %s broke and is quarantined", setting.op_id, setting.key.till_id)
        return Applied(State.QUARANTINED, item, problem=Problem("failed"))
    return replace(applied, warnings=(*applied.warnings, *promised))


def _promised(setting: Setting, sent: Sent, item: Item, applied: Applied) -> tuple[str, ...]:
    """``changed`` when the member got less than the quote said that they were shown. It was paid: it stands."""
    quote_id = sent.payload.get("quote_id")
    if not quote_id or not isinstance(item, Sale) or applied.purchase is None:
        return ()
    row = applied.purchase
    try:
        promise = quote_tokens.read(quote_id, programme=setting.key.programme, at=setting.occurred_at)
        member = row.member.public_id if row.member else None
        lost = quote_tokens.broken(promise, item, member=member, settlement=row.settlement)
    except Refused:
        return ()
    return ("changed",) if lost else ()


def _clerk(key: Key, sent: Sent, at: datetime, proof: Proof | None) -> Staff | None:
    """Who did it, when their token proves that they were signed in at this till then; else it is the till's own.

    The token leaves the till with the answer: what is sent again brings the answer, which names them.
    """
    if proof is not None and proof.is_whole:
        return Staff.objects.of(key.programme_id).filter(pk=proof.clerk).first()
    if sent.clerk is None or not sent.clerk_token or key.till is None:
        return None
    found = read_clerk_token(text=sent.clerk_token, till=key.till, at=at + SLACK)
    return found if found is not None and found.pk == sent.clerk else None


def _again(key: Key, row: TillOperation, sent: Sent, at: datetime) -> Result:
    """The first answer, to the till that has a right to it; of another till's operation no more than that it is known."""
    is_ours = row.key.till_id == key.till_id
    if not is_ours or row.fingerprint != kept.fingerprint(sent):
        problem = Problem("conflict", "id", {"differs": ["payload"], "recorded": str(row.op_id)})
        bare = TillOperation(programme_id=key.programme_id, op_id=row.op_id, occurred_at=at, warnings=[], claim_code="")
        return Result(bare, PUT_ASIDE, problem=problem, was=kept.signed_answer(bare, status=PUT_ASIDE))
    status = STATUS.get(State(row.state), PUT_ASIDE)
    told = _result(row, "replayed" if status == "recorded" else status, at)
    # A device that was disconnected is told that it is done, and nothing of what the member has today.
    return told if key.revoked_at is None else replace(told, balances=())


def _result(row: TillOperation, status: str, at: datetime) -> Result:
    problem = None
    if row.problem and row.state == State.QUARANTINED:
        problem = Problem(row.problem["code"], row.problem["field"], row.problem["params"])
    was = kept.signed_answer(
        row, status="recorded" if status == "replayed" else status, rewards=_captured(row), bearer=_bearer(row, at)
    )
    if row.purchase is None:
        return Result(row, status, problem=problem, was=was)
    member = members.resolve(row.purchase.member) if row.purchase.member else None
    held = tuple(ledger.balances(member, at=at)) if member else ()
    receipt = purchases.receipt(row.purchase, recorded=status == "recorded")
    return Result(row, status, receipt, problem, member, held, was)


def _bearer(row: TillOperation, at: datetime) -> bearers.Told | None:
    """Whose the sale is, for the till to keep with its answer."""
    if row.kind != "sale" or row.purchase is None or row.purchase.member is None:
        return None
    card = (row.payload.get("member") or {}).get("card") or ""
    return bearers.told_of(row.purchase.member, card=card, at=at)


def _captured(row: TillOperation) -> list[Held]:
    """The rewards of the sale that was told: with its answer the till keeps what makes them again."""
    if row.kind != "sale" or row.purchase is None:
        return []
    ids = [uuid.UUID(each["redemption"]) for each in row.purchase.settlement.get("rewards", ())]
    rows = rewards.redemptions(row.programme, public_ids=ids) if ids else {}
    return [Held.of(rows[each]) for each in ids if each in rows]

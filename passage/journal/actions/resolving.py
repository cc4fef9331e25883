"""What a person does about a visit that a till could not deliver as it was: resolve it, dismiss it, enter it by hand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from passage.audit import actions as audit
from passage.cards import queries as cards
from passage.engine.basket import Basket, Line
from passage.journal import deeds
from passage.journal.actions.again import do_again
from passage.journal.actions.applying import BY_HAND, Setting, check_not_own, sale_of, shop_of
from passage.journal.actions.by_hand import record_by_hand
from passage.journal.kept import item_of
from passage.journal.models import TillOperation
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme import queries as programme_queries
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.models import Programme, Shop, Source
from passage.purchases import actions as purchases
from passage.purchases import queries
from passage.purchases.models import Purchase
from passage.purchases.values import Answer, MemberRef, Return, Sale

State = TillOperation.State


@transaction.atomic
def resolve(
    *, operation: TillOperation, by: str, at: datetime, member: Member | None = None, without_rewards: bool = False
) -> TillOperation:
    """Record after all what was quarantined, for ``member`` where one is named, else as it was sent.

    Judged by the rights of whoever resolves it. Again changes nothing. Raises `Refused` with what still stands against
    it, ``may_not_there`` without the right in the sale's shop, ``cannot_be_mended`` for what could not even be read.
    """
    row = _held(operation)
    if row.state != State.QUARANTINED:
        return row
    if row.kind == deeds.KIND:
        return _done_after_all(row, by=by, at=at)
    item = item_of(row.item) if row.item else None
    if not isinstance(item, Sale | Return):
        raise Refused("cannot_be_mended", field="operation")
    if isinstance(item, Sale):
        item = _changed(row, item, member, without_rewards=without_rewards)
        check_not_own(row.programme, item.member, by=by, code="own_card")
    setting = Setting(key=row.key, op_id=row.op_id, by=by, occurred_at=row.occurred_at, at=at)
    _check_right(setting, item)
    [answer] = purchases.record(programme=row.programme, source=row.key.source, batch=[item], by=by, at=at)
    purchase = _purchase(setting.key.programme, answer)
    row.state, row.purchase, row.closed_at = State.RESOLVED, purchase, at
    row.save(update_fields=["state", "purchase", "closed_at"])
    audit.note(programme=row.programme, by=by, verb="visit.mended", subject=f"operation:{row.op_id}", at=at)
    return row


def _done_after_all(row: TillOperation, *, by: str, at: datetime) -> TillOperation:
    deed = deeds.opened(str(row.payload.get("done", "")))
    if deed is None or deed.op_id != row.op_id:
        raise Refused("cannot_be_mended", field="operation")
    row.warnings = [*row.warnings, *do_again(row.key, deed, at=at)]
    row.state, row.closed_at, row.payload = State.RESOLVED, at, {}
    row.save(update_fields=["state", "closed_at", "warnings", "payload"])
    audit.note(programme=row.programme, by=by, verb="visit.mended", subject=f"operation:{row.op_id}", at=at)
    return row


def _check_right(setting: Setting, item: Sale | Return) -> None:
    """What the person could do themselves: spend points where the till stands, take back where the sale was made."""
    if isinstance(item, Sale):
        right, shop = ("rewards.give" if item.redemptions else ""), shop_of(setting, None)
    else:
        right = "purchases.void" if item.void else "purchases.return"
        shop = shop_of(setting, sale_of(setting, item.sale))
    staff = programme_queries.staff_of(programme=setting.key.programme, by=setting.by)
    if right and not can(staff, right, shop=shop):
        raise Refused("may_not_there", field="operation")


def _changed(row: TillOperation, item: Sale, member: Member | None, *, without_rewards: bool) -> Sale:
    if member is not None:
        item = replace(item, member=MemberRef(public_id=member.public_id))
    if without_rewards:
        item = replace(item, redemptions=())
    if row.problem and row.problem["code"] == "number_taken":
        # Two windows gave two sales one number: the second keeps its sale and gets a number of its own.
        item = replace(item, receipt=f"{item.receipt}-{str(row.op_id)[:4]}" if item.receipt else "")
    return item


@transaction.atomic
def dismiss(*, operation: TillOperation, reason: str, by: str, at: datetime) -> TillOperation:
    """A person has looked: nothing is to be recorded. Raises ``Refused("reason_missing")``."""
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    row = _held(operation)
    if row.state == State.QUARANTINED:
        row.state, row.closed_at = State.DISMISSED, at
        row.save(update_fields=["state", "closed_at"])
        subject = f"operation:{row.op_id}"
        audit.note(programme=row.programme, by=by, verb="visit.dismissed", subject=subject, at=at, reason=reason[:200])
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What somebody reads off a receipt. ``amount`` minor units; ``entry`` names this entry, for ever."""

    entry: uuid.UUID
    shop: Shop
    till: str
    receipt: str
    occurred_at: datetime
    amount: int
    member: Member | None = None


@transaction.atomic
def enter_by_hand(*, programme: Programme, visit: Visit, by: str, at: datetime) -> Purchase | None:
    """A visit that never arrived, from its receipt; with the receipt's number a later delivery is the same visit.

    None where it gives more than ``by`` may alone: a second person is asked. Raises `Refused`, ``conflict`` for a receipt that was recorded already.
    """
    sale = Sale(
        client_id=f"hand-{visit.entry}",
        occurred_at=visit.occurred_at,
        basket=Basket(currency=programme.currency, lines=(Line(id="1", amount=visit.amount),)),
        member=MemberRef(public_id=visit.member.public_id) if visit.member else MemberRef(),
        shop=visit.shop.code,
        till=visit.till,
        receipt=visit.receipt,
    )
    cards.check_not_own(programme=programme, by=by, member=visit.member)
    source = _by_hand(programme)
    receipt = record_by_hand(source=source, sale=sale, reason=visit.receipt, by=by, at=at)
    if receipt is None:
        return None
    row = queries.by_public_id(programme, public_id=receipt.public_id)
    assert row is not None  # it has just been recorded
    audit.note(programme=programme, by=by, verb="visit.entered", subject=f"purchase:{row.public_id}", at=at)
    return row


@transaction.atomic
def match_by_hand(*, sale: Purchase, member: Member, by: str, at: datetime) -> Purchase:
    """A sale of nobody becomes the member's, with what it would have earned; again for the same member changes nothing.

    Raises `Refused` as `purchases.move` does, and own_card.
    """
    programme = sale.programme
    cards.check_not_own(programme=programme, by=by, member=member)
    name = uuid.uuid5(sale.public_id, str(member.public_id))
    row, was_known = purchases.move(
        source=_by_hand(programme), sale=sale, to=member, client_id=f"match-{name}", by=by, at=at
    )
    if not was_known:
        subject = f"member:{member.public_id}"
        audit.note(programme=programme, by=by, verb="visit.matched", subject=subject, at=at, receipt=sale.receipt)
    return row


def _purchase(programme: Programme, answer: Answer) -> Purchase:
    if answer.receipt is None:
        problem = answer.problem
        raise Refused(problem.code, field=problem.field, params=problem.params) if problem else Refused("no_sale_yet")
    row = queries.by_public_id(programme, public_id=answer.receipt.public_id)
    assert row is not None  # it has just been recorded
    return row


def _by_hand(programme: Programme) -> Source:
    known = programme_queries.source_by_code(programme=programme, code=BY_HAND)
    return known or programmes.add_source(programme=programme, code=BY_HAND, name="Visits entered by hand")


def _held(operation: TillOperation) -> TillOperation:
    rows = TillOperation.objects.of(operation.programme_id).select_for_update(no_key=True, of=("self",))
    held: TillOperation = rows.select_related("programme", "key__source", "key__till__shop").get(pk=operation.pk)
    return held

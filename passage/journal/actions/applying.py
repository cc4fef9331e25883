"""One operation and what becomes of it: recorded, waiting for its sale, or quarantined with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from passage.cards import queries as cards
from passage.journal import bearers
from passage.journal.actions.again import do_again
from passage.journal.kept import Proof
from passage.journal.models import TillOperation
from passage.journal.values import Deed, Item, Move
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme import queries as programme_queries
from passage.programme.access import can
from passage.programme.clerks import APPROVED
from passage.programme.errors import Refused
from passage.programme.models import Key, Programme, Shop, Staff
from passage.purchases import actions as purchases
from passage.purchases import queries
from passage.purchases.actions.selling import REWARD_OWED
from passage.purchases.models import Purchase
from passage.purchases.values import Answer, Before, MemberRef, Problem, Return, Sale, SaleRef, Status
from passage.rewards import actions as rewards

State = TillOperation.State
UNDO = timedelta(minutes=10)
BY_HAND = "by-hand"
# What refusals that concern a reward, and not the sale it was used in, are about.
OF_REWARDS = ("redemptions", "reward")


@dataclass(frozen=True, slots=True)
class Applied:
    state: str
    item: Item | None = None
    purchase: Purchase | None = None
    problem: Problem | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Which pairing said it, on whose behalf, and when it happened and came. ``clerk``: who proved to have done it."""

    key: Key
    op_id: uuid.UUID
    by: str
    occurred_at: datetime
    at: datetime
    clerk: Staff | None = None
    proof: Proof | None = None

    @property
    def is_proven(self) -> bool:
        """It was recorded as it is sent, by whoever did it, before a backup was put back: nothing is judged again."""
        return self.proof is not None and self.proof.is_whole

    def placed(self, item: Item) -> Item:
        """The item with what the server knows better than the till: its id, its moment, its shop and till."""
        if isinstance(item, Move | Deed):
            return item
        till = self.key.till
        assert till is not None  # only tills have a journal
        here: Mapping[str, Any] = {
            "client_id": str(self.op_id),
            "occurred_at": self.occurred_at,
            "shop": till.shop.code,
            "till": till.code,
        }
        return replace(item, **here)


def apply(setting: Setting, item: Item, *, kind: str, approval: str) -> Applied:
    """Does it, once the right to it is clear; nothing of it is half done."""
    try:
        match item:
            case Sale():
                return _sold_again(setting, item) if setting.is_proven else _sale(setting, item)
            case Return():
                if not setting.is_proven:
                    _check_right(setting, item, kind, approval)
                return _recorded(setting, item)
            case Move():
                return _move(setting, item, approval)
            case Deed():
                return _done(setting, item)
    except Refused as refused:
        return Applied(State.QUARANTINED, item, problem=Problem(refused.code, refused.field, refused.params))


def check_not_own(programme: Programme, ref: MemberRef, *, by: str, code: str) -> None:
    """Nobody records a visit of their own; whom ``ref`` does not lead to anybody is refused for that where it is read."""
    cards.check_not_own(programme=programme, by=by, member=_found(programme, ref), code=code)


def _found(programme: Programme, ref: MemberRef) -> Member | None:
    try:
        return queries.member_of(programme, ref) if ref else None
    except Refused:
        return None


def _done(setting: Setting, item: Deed) -> Applied:
    if item.op_id != setting.op_id:
        raise Refused("unreadable", field="done")
    return Applied(State.RECORDED, item, warnings=do_again(setting.key, item, at=setting.at))


def _sold_again(setting: Setting, item: Sale) -> Applied:
    """A sale that a backup did not hold, with the rewards that it captured: what they took off the bill was not paid.

    Points that are not there any more are owed, and said so (E-12).
    """
    proof = setting.proof
    assert proof is not None  # that is what proves it
    if proof.bearer is not None:
        item = _of_its_bearer(setting, item, proof.bearer)
    for held in proof.rewards:
        rewards.take_again(source=setting.key.source, held=held, at=setting.at)
    redemptions = tuple(held.id for held in proof.rewards)
    before = Before(public_id=proof.purchase, redemptions=redemptions) if proof.purchase else None
    applied = _recorded(setting, item, before=before)
    if applied.problem is not None and applied.problem.code == "conflict":
        return _or_by_hand(setting, item, applied)
    owes = applied.purchase is not None and REWARD_OWED in applied.purchase.settlement.get("warnings", ())
    return replace(applied, warnings=(REWARD_OWED,)) if owes else applied


def _of_its_bearer(setting: Setting, item: Sale, bearer: Mapping[str, Any]) -> Sale:
    """The sale of the member whose it was: known again, and named by their number where the card is not theirs now."""
    person, _ = bearers.bring_back(setting.key.programme, bearer, at=setting.at)
    found = _found(setting.key.programme, item.member)
    if found is not None and members.resolve(found) == person:
        return item
    return replace(item, member=MemberRef(public_id=person.public_id))


def _sale(setting: Setting, item: Sale) -> Applied:
    """The till's own sale earns; points are spent by a clerk who proved to be one, as over the API."""
    if item.redemptions and not can(setting.clerk, "rewards.give", shop=shop_of(setting, None)):
        raise Refused("clerk_unproven", field="clerk")
    for by in _by(setting, item.member):
        check_not_own(setting.key.programme, item.member, by=by, code="own_card_rung_up")
    applied = _recorded(setting, item)
    if applied.problem is None:
        return applied
    if applied.problem.code == "conflict":
        return _or_by_hand(setting, item, applied)
    if applied.problem.field in OF_REWARDS and item.redemptions and setting.proof is not None:
        # It was recorded before a backup was put back, by a server that did not tell of its rewards: the sale stands.
        without = _recorded(setting, replace(item, redemptions=()))
        return replace(without, warnings=("reward_honoured",))
    return applied


def _or_by_hand(setting: Setting, item: Sale, applied: Applied) -> Applied:
    assert applied.problem is not None  # it conflicts with something
    same = _entered_by_hand(setting, item, applied.problem)
    return applied if same is None else Applied(State.RECORDED, item, same, warnings=("entered_by_hand",))


def _recorded(setting: Setting, item: Sale | Return, *, before: Before | None = None) -> Applied:
    key = setting.key
    [answer] = purchases.record(
        programme=key.programme, source=key.source, batch=[item], by=setting.by, at=setting.at, before=before
    )
    return _applied(setting, item, answer)


def _applied(setting: Setting, item: Item, answer: Answer) -> Applied:
    if answer.status is Status.PARKED:
        return Applied(State.PARKED, item)
    if answer.receipt is None:
        return Applied(State.QUARANTINED, item, problem=answer.problem)
    row = queries.by_public_id(setting.key.programme, public_id=answer.receipt.public_id)
    return Applied(State.RECORDED, item, row)


def _entered_by_hand(setting: Setting, item: Sale, problem: Problem) -> Purchase | None:
    """The sale that somebody entered by hand from the same receipt, when it says the same (E-13)."""
    public_id = problem.params.get("recorded", "")
    if problem.field != "receipt" or not public_id:
        return None
    row = queries.by_public_id(setting.key.programme, public_id=uuid.UUID(public_id))
    if row is None or row.source.code != BY_HAND or row.total != item.basket.total:
        return None
    return row


def _check_right(setting: Setting, item: Return, kind: str, approval: str) -> None:
    """A return is a clerk's who proved it; an undo is of one's own last minutes; any other void wants somebody above."""
    sale = sale_of(setting, item.sale)
    if kind == "undo":
        if not item.reason.strip():
            raise Refused("reason_missing", field="reason")
        if sale is None or not _is_ones_own(setting, sale):
            raise Refused("too_late_to_undo", field="sale", params={"minutes": UNDO.seconds // 60})
    elif item.void:
        _check_approval(setting, approval, item.sale, sale, kind="void")
    elif not can(setting.clerk, "purchases.return", shop=shop_of(setting, sale)):
        raise Refused("clerk_unproven", field="clerk")


def _is_ones_own(setting: Setting, sale: Purchase) -> bool:
    """Rung up by the same clerk at the same till, some minutes before and never after."""
    till = setting.key.till
    assert till is not None  # only tills have a journal
    is_here = sale.source_id == setting.key.source_id and sale.till == till.code
    age = setting.occurred_at - sale.occurred_at
    return is_here and setting.clerk is not None and sale.by == setting.by and timedelta() <= age <= UNDO


def _check_approval(setting: Setting, text: str, ref: SaleRef, sale: Purchase | None, *, kind: str) -> Staff:
    """Who agreed; the approval is used up with the deed."""
    till = setting.key.till
    assert till is not None  # only tills have a journal
    known_as = {str(ref.public_id or ref.client_id)}
    if sale is not None:
        known_as |= {str(sale.public_id), sale.client_id}
    staff = programmes.use_approval(
        text=text, till=till, kind=kind, sales=known_as, done_at=setting.occurred_at, at=setting.at
    )
    if staff is None or not can(staff, APPROVED[kind], shop=shop_of(setting, sale)):
        raise Refused("approval_missing", field="approval", params={"right": APPROVED[kind]})
    return staff


def _by(setting: Setting, ref: MemberRef) -> list[str]:
    """Whose own card it must not be: the clerk's; where nobody proved to have done it, of anybody who stands there."""
    if setting.clerk is not None:
        return [setting.by]
    till = setting.key.till
    assert till is not None  # only tills have a journal
    member = _found(setting.key.programme, ref)
    if member is None:
        return []
    logins = {login for login, own in cards.own_members(programme=setting.key.programme).items() if member.pk in own}
    staff = programme_queries.counter_staff(till=till) if logins else []
    return [f"staff:{each.pk}" for each in staff if each.login_id in logins]


def shop_of(setting: Setting, sale: Purchase | None) -> Shop:
    """Where the right has to hold: in the shop of the sale."""
    till = setting.key.till
    assert till is not None  # only tills have a journal
    return sale.shop if sale is not None and sale.shop is not None else till.shop


def sale_of(setting: Setting, ref: SaleRef) -> Purchase | None:
    rows = Purchase.objects.of(setting.key.programme_id).filter(kind=Purchase.Kind.SALE)
    if ref.public_id is not None:
        rows = rows.filter(public_id=ref.public_id)
    else:
        rows = rows.filter(source=setting.key.source, client_id=ref.client_id)
    found: Purchase | None = rows.select_related("member", "shop", "source").first()
    return found


def _move(setting: Setting, item: Move, approval: str) -> Applied:
    sale = sale_of(setting, item.sale)
    served_by: list[str] = []
    if not setting.is_proven:
        approver = _check_approval(setting, approval, item.sale, sale, kind="move")
        served_by = [*_by(setting, item.member), f"staff:{approver.pk}"]
    if sale is None:
        raise Refused("unknown_sale", field="sale")
    to = _member(setting, item)
    for by in served_by:
        cards.check_not_own(programme=setting.key.programme, by=by, member=to, code="own_card_rung_up")
    row, _known = purchases.move(
        source=setting.key.source,
        sale=sale,
        to=to,
        client_id=str(setting.op_id),
        reason=item.reason,
        by=setting.by,
        at=setting.at,
    )
    return Applied(State.RECORDED, item, row)


def _member(setting: Setting, item: Move) -> Member | None:
    return queries.member_of(setting.key.programme, item.member) if item.member else None

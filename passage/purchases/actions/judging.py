"""Judging purchases again: what each deserves at its place among all that the person bought (invariant 3).

A late sale, a return, a move or a merge may change what a later purchase deserves: its first-purchase bonus, its visit,
what a limit left for it. The difference is posted, and a follower of the sale keeps how it is judged from then on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from passage.earning.models import TierChange
from passage.earning.queries import EVER
from passage.engine import returns as engine
from passage.engine.basket import NOTHING
from passage.engine.carry import normalised
from passage.engine.earning import Earning
from passage.engine.facts import Clawback
from passage.engine.reasons import Because, Step, because
from passage.engine.rules import PerAmount, Rule
from passage.ledger.actions import Cause, Clawed
from passage.purchases import codec, usage
from passage.purchases.actions.effects import Effects
from passage.purchases.history import Entry, Order, Reopened
from passage.purchases.models import REPLACING, Purchase
from passage.purchases.settling import life
from passage.purchases.snapshot import key_of
from passage.purchases.state import BatchState
from passage.purchases.tiers import judge_tiers

BEGINNING: Order = (datetime.min.replace(tzinfo=UTC), "")  # before every sale
RulesOf = Callable[[Reopened], tuple[Rule, ...]]


@dataclass(slots=True)
class Taken:
    """What was taken back, or (below zero) given, by unit: as it is kept with the row that took it."""

    clawed: list[dict[str, Any]] = field(default_factory=list)


def judge_again(
    state: BatchState,
    effects: Effects,
    person: int,
    since: Order,
    *,
    rules_of: RulesOf | None = None,
    account_of: Mapping[int, int] | None = None,
) -> list[Purchase]:
    """Judge every purchase of the person from a place on, in order; the rows that say what changed.

    ``rules_of`` answers the rules to judge by (None: those that it was judged by). ``account_of``: whose account the
    points of a record stand in, while two persons become one (None: the person's).
    """
    changed = []
    for entry in state.history.later(person, since):
        if rules_of is None and not entry.asks:
            continue
        rules = entry.past.rules if rules_of is None else rules_of(entry.past)
        facts = state.facts_again(entry.past, person, rules)
        if (facts, rules) == (entry.past.facts, entry.past.rules):
            continue
        row = _judge(state, effects, entry, replace(entry.past, facts=facts, rules=rules), account_of or {})
        if row is not None:
            changed.append(row)
    if changed:
        first = changed[0]
        judge_tiers(state, effects, person, since=first.occurred_at, cause=first.public_id, why=TierChange.Why.REACHED)
    return changed


def _judge(
    state: BatchState, effects: Effects, entry: Entry, now: Reopened, account_of: Mapping[int, int]
) -> Purchase | None:
    """Post the difference between what the purchase gives and what it deserves; None where there is none.

    Other rules are kept with it even where they give the same: what comes back is judged by them.
    """
    sale = now.earning(NOTHING)
    has = now.kept(now.before, sale=sale)
    if now.rules == entry.past.rules and _given(has) == _given(entry.kept):
        return None
    owed_by_rule = usage.change(state, entry.holder, entry.past, now, had=entry.kept, has=has)
    row = _row(state, effects, entry, now, sale)
    cause = Cause(row.public_id, effects.by, row.occurred_at, state.at, counts_at=row.occurred_at)
    account = account_of.get(entry.holder.record, entry.holder.person)
    records = {record for record, person in state.records.items() if account_of.get(record, person) == account}
    difference = Difference(account, records, entry.past, cause, Taken())
    owed: dict[str, int] = {}
    for rule, points in owed_by_rule.values():
        owed[rule.unit] = owed.get(rule.unit, 0) + points
    for unit, points in owed.items():
        difference.post(state, unit, points, steps=[because(Because.JUDGED, points=-points)])
    row.settlement["clawed"] = difference.taken.clawed
    state.snapshot.follow(entry.sale, row)
    effects.purchases.append(row)
    entry.past, entry.kept = replace(now, row=row), has
    return row


def _given(kept: Mapping[int, engine.Kept]) -> dict[int, tuple[int, int]]:
    return {family: (each.points, each.carry) for family, each in kept.items()}


def _row(state: BatchState, effects: Effects, entry: Entry, now: Reopened, sale: Earning) -> Purchase:
    of = entry.past.row
    assert now.facts is not None  # of somebody
    return Purchase(
        programme=state.programme,
        kind=Purchase.Kind.JUDGED,
        source=entry.sale.source,
        client_id=f"judged-{uuid.uuid4()}",
        shop=entry.sale.shop,
        till=entry.sale.till,
        business_date=entry.sale.business_date,
        member=of.member,
        sale=entry.sale,
        currency=entry.sale.currency,
        total=0,
        context={
            **of.context,
            "facts": codec.facts_kept(now.facts),
            "rules": [rule.version for rule in now.rules],
        },
        settlement={"earned": codec.earned(sale, lives={})},
        by=effects.by,
        occurred_at=entry.sale.occurred_at,
        received_at=state.at,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """Points of a sale that are to be taken back from a person or given to them, and where that is written down."""

    person: int
    records: Collection[int]  # all that are the person
    past: Reopened
    cause: Cause
    taken: Taken

    def post(self, state: BatchState, unit: str, owed: int, *, steps: Sequence[Step]) -> None:
        """Take ``owed`` points back; below zero: give them, with the life that the sale's points have."""
        if owed > 0:
            self._take(state, unit, owed, steps)
        elif owed < 0:
            self._give(state, unit, -owed, steps)

    def _take(self, state: BatchState, unit: str, owed: int, steps: Sequence[Step]) -> None:
        origin, cause = self.past.origin.public_id, self.past.row.public_id
        state.accounts.look_into(members=[self.person], causes=self._written())
        account = state.accounts.account_state(self.person, unit)
        own = state.accounts.lots_of(account, cause, origin=origin)
        absorbed = _already_expired(state, self, unit, owed)
        credits = owed if account.unit.qualifies else 0
        result = account.clawback(
            owed - absorbed,
            own=own,
            policy=self.past.terms.clawback,
            cause=self.cause,
            steps=[*steps, *([because(Because.ALREADY_EXPIRED, points=absorbed)] if absorbed else [])],
            credits=credits,
            origin=origin,
        )
        self._note(unit, result, owed=owed, expired=absorbed)

    def _give(self, state: BatchState, unit: str, points: int, steps: Sequence[Step]) -> None:
        state.accounts.look_into(members=[self.person], causes=self._written())
        account = state.accounts.account_state(self.person, unit)
        credits = points if account.unit.qualifies else 0
        good = life(state, unit, self.past.moment.at)
        origin = self.past.origin.public_id
        account.credit(points, kind="earn", cause=self.cause, life=good, steps=steps, credits=credits, origin=origin)
        if good.expires_at <= state.at:
            account.expire(at=state.at, by="system:expiry")
        self._note(unit, Clawed(-points, -points), owed=-points)

    def _written(self) -> list[uuid.UUID]:
        """What gave the sale's points, as far as it is in the database."""
        return [row.public_id for row in (self.past.origin, self.past.row) if row.pk]

    def _note(self, unit: str, result: Clawed, *, owed: int, expired: int = 0) -> None:
        self.taken.clawed.append(
            {
                "unit": unit,
                "owed": owed,
                "taken": result.taken,
                "debt": result.debt,
                "written_off": result.written_off,
                "expired": expired,
            }
        )


def _taken_before(past: Reopened, followers: Iterable[Purchase], unit: str, records: Collection[int]) -> list[Any]:
    """What was taken back of the sale from these records. A move takes from who had it before."""
    found, record = [], past.origin.member_id
    for row in followers:
        if record in records:
            clawed = row.settlement.get("clawed", ())
            found += [each for each in clawed if each["unit"] == unit and each["owed"] > 0]
        if row.kind in REPLACING:
            record = row.member_id
    return found


def _already_expired(state: BatchState, difference: Difference, unit: str, owed: int) -> int:
    """Of ``owed``, what had expired from the sale's own lots: without the sale it would not have been there to expire.

    What was given back meanwhile lies in lots of its own, which may have expired as well. Both are asked of the same
    records: all that are the person, and nobody who had the sale before.
    """
    past, records = difference.past, difference.records
    sale = {past.origin.public_id, past.row.public_id}
    followers = state.snapshot.followers.get(key_of(past.origin), ())
    earlier = _taken_before(past, followers, unit, records)
    owed_before: int = sum(each["owed"] for each in earlier)
    net_before: int = sum(each["owed"] - each["expired"] for each in earlier)
    net = max(owed_before + owed - state.accounts.expired_of(sale, unit=unit, records=records), 0)
    return owed - min(max(net - net_before, 0), owed)


def carry_on(
    state: BatchState, family: int, *, giver: int, taker: int, amount: int, account: int, cause: Cause
) -> None:
    """A remainder goes from one record to another; whole steps, or one borrowed, become points of ``account`` (E-03)."""
    rules = [rule for rule in state.rule_set.by_version.values() if rule.family == family and usage.carries(rule)]
    if not rules:
        return
    rule = rules[-1]
    assert isinstance(rule.earns, PerAmount)  # only these carry
    points = 0
    for record, change in ((giver, -amount), (taker, amount)):
        row = state.usage(record, family, str(usage.Span.EVER), EVER)
        made, row.carry = normalised(row.carry + change, rule.earns)
        row.points += made
        points += made
    state.accounts.look_into(members=[account], causes=[])
    holding = state.accounts.account_state(account, rule.unit)
    steps = [because(Because.CARRY, rule=rule.name, points=points)]
    if points > 0:
        holding.credit(points, kind="earn", cause=cause, life=life(state, rule.unit, cause.at), steps=steps)
    elif points < 0:  # from what the same deed had made of it, if it had
        own = state.accounts.lots_of(holding, cause.id)
        holding.clawback(-points, own=own, policy=Clawback.DEBT, cause=cause, steps=steps)

"""Steps 5 and 6 of the journey, shared by quote and record: facts and rules in, a settlement out. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from passage.engine.expiry import active_from, expires_at
from passage.engine.facts import Facts, Moment
from passage.engine.lots import NEVER
from passage.engine.rewards import Claim
from passage.engine.rules import Rule
from passage.engine.settle import Purse, Settled, settle
from passage.ledger.actions.posting import Life
from passage.members.models import Member
from passage.programme.errors import Refused
from passage.purchases import codec
from passage.purchases.history import Order
from passage.purchases.state import BatchState
from passage.purchases.values import Sale
from passage.rewards import queries as rewards
from passage.rewards.models import Redemption

SKEW = timedelta(minutes=5)  # a till's clock may run ahead by this much without a word (E-11)
FUTURE = timedelta(hours=24)  # beyond this it is not a clock but a mistake


@dataclass(frozen=True, slots=True)
class Case:
    """A sale as settled: all that recording it will write down."""

    sale: Sale
    member: Member | None
    moment: Moment
    rules: tuple[Rule, ...]
    facts: Facts | None
    settled: Settled
    warnings: tuple[str, ...] = ()

    def lives(self, state: BatchState) -> dict[str, Life]:
        """By unit, from when until when the points of this sale are good."""
        return {unit: life(state, unit, self.moment.at) for unit in self.settled.earning.units()}

    def as_json(self, state: BatchState) -> dict[str, Any]:
        lives = {
            unit: {
                "active_from": each.active_from.isoformat(),
                "expires_at": None if each.expires_at == NEVER else each.expires_at.isoformat(),
            }
            for unit, each in self.lives(state).items()
        }
        kept = codec.settlement(self.settled, total=self.sale.basket.total, lives=lives)
        if self.warnings:
            kept["warnings"] = list(self.warnings)
        return kept

    def context(self, asked: dict[str, Any], state: BatchState) -> dict[str, Any]:
        versions = [rule.version for rule in self.rules]
        return codec.context(asked=asked, terms=state.terms, facts=self.facts, versions=versions, at=self.moment.at)


def life(state: BatchState, unit: str, at: datetime) -> Life:
    terms = state.accounts.units[unit].terms(at)
    start = active_from(pending_days=terms.pending_days, at=at, zone=state.zone)
    return Life(start, expires_at(terms.expiry, start=start, zone=state.zone))


def case(state: BatchState, sale: Sale, *, wishes: Sequence[Claim] = (), order: Order | None = None) -> Case:
    """Settle ``sale`` as things stand; Refused where it cannot be. ``order``: its place, where it is no new sale."""
    if sale.shop and sale.shop not in state.snapshot.shops:
        raise Refused("unknown_shop", field="shop", params={"shop": sale.shop})
    member, _ = state.snapshot.member(sale.member)
    at, warnings = honest_time(sale.occurred_at, state.at)
    moment = Moment(at, sale.shop)
    in_force = state.rule_set.at(at)
    rules = tuple(rule for rule in in_force if rule.unit in state.accounts.units)
    _check_currency(state, sale, rules)
    facts = None if member is None else state.facts(member, moment, order or (at, sale.client_id), rules)
    claims = [*wishes, *_claims(state, sale, member, at)]
    settled = settle(
        basket=sale.basket,
        rules=rules,
        claims=claims,
        purses={} if member is None else purses(state, member),
        facts=facts,
        moment=moment,
        terms=state.terms,
    )
    return Case(sale, member, moment, rules, facts, settled, warnings)


def purses(state: BatchState, member: Member) -> dict[str, Purse]:
    """What the member can spend, now: points are spent at the moment of recording, not of the sale."""
    return {
        account_state.unit.code: Purse(account_state.available(at=state.at), account_state.account.debt)
        for account_state in state.accounts.account_states(member.pk)
    }


def honest_time(claimed: datetime, received: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The moment that counts: the till's, unless its clock is ahead (E-11)."""
    if claimed > received + FUTURE:
        raise Refused("occurred_in_future", field="occurred_at", params={"now": received.isoformat()})
    if claimed > received + SKEW:
        return received, ("clock_ahead",)
    return claimed, ()


def _check_currency(state: BatchState, sale: Sale, rules: Sequence[Rule]) -> None:
    """A programme knows its own currency and those that a rule in force names (E-09)."""
    known = {state.terms.currency, *(rule.when.currency for rule in rules)}
    if sale.basket.currency not in known:
        raise Refused("wrong_currency", field="currency", params={"currency": state.terms.currency})


def _claims(state: BatchState, sale: Sale, member: Member | None, at: datetime) -> list[Claim]:
    """The redemptions of the sale as claims; Refused where one is not this member's or not open."""
    claims = []
    taken = [row for row in state.redemptions.values() if row.state == Redemption.State.CAPTURED]
    for public_id in sale.redemptions:
        row = state.redemptions.get(public_id)
        if row is None or member is None or state.snapshot.person(row.member).pk != member.pk:
            raise Refused("unknown_redemption", field="redemptions", params={"redemption": str(public_id)})
        if row.state not in (Redemption.State.RESERVED, Redemption.State.EXPIRED):
            raise Refused(f"redemption_{row.state}", field="redemptions", params={"redemption": str(public_id)})
        had = rewards.had_besides(row, member=member, earlier=taken)
        claims.append(rewards.claim(row, had=had, at=at, granted=state.is_granted(public_id)))
        taken.append(row)
    return claims

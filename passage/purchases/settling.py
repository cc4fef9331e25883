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
from passage.purchases import written
from passage.purchases.desk import Desk
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

    def lives(self, desk: Desk) -> dict[str, Life]:
        """By unit, from when until when the points of this sale are good."""
        return {unit: life(desk, unit, self.moment.at) for unit in self.settled.earning.units()}

    def as_json(self, desk: Desk) -> dict[str, Any]:
        lives = {
            unit: {
                "active_from": each.active_from.isoformat(),
                "expires_at": None if each.expires_at == NEVER else each.expires_at.isoformat(),
            }
            for unit, each in self.lives(desk).items()
        }
        kept = written.settlement(self.settled, total=self.sale.basket.total, lives=lives)
        if self.warnings:
            kept["warnings"] = list(self.warnings)
        return kept

    def context(self, asked: dict[str, Any], desk: Desk) -> dict[str, Any]:
        versions = [rule.version for rule in self.rules]
        return written.context(asked=asked, terms=desk.terms, facts=self.facts, versions=versions, at=self.moment.at)


def life(desk: Desk, unit: str, at: datetime) -> Life:
    terms = desk.book.units[unit].terms(at)
    start = active_from(pending_days=terms.pending_days, at=at, zone=desk.zone)
    return Life(start, expires_at(terms.expiry, start=start, zone=desk.zone))


def case(desk: Desk, sale: Sale, *, wishes: Sequence[Claim] = ()) -> Case:
    """Settle ``sale`` as things stand on the desk; Refused where it cannot be."""
    if sale.shop and sale.shop not in desk.found.shops:
        raise Refused("unknown_shop", field="shop", params={"shop": sale.shop})
    member, _ = desk.found.member(sale.member)
    at, warnings = honest_time(sale.occurred_at, desk.at)
    moment = Moment(at, sale.shop)
    in_force = desk.ruling.at(at)
    rules = tuple(rule for rule in in_force if rule.unit in desk.book.units)
    _check_currency(desk, sale, rules)
    facts = None if member is None else desk.facts(member, moment, rules)
    claims = [*wishes, *_claims(desk, sale, member)]
    settled = settle(
        basket=sale.basket,
        rules=rules,
        claims=claims,
        purses={} if member is None else purses(desk, member),
        facts=facts,
        moment=moment,
        terms=desk.terms,
    )
    return Case(sale, member, moment, rules, facts, settled, warnings)


def purses(desk: Desk, member: Member) -> dict[str, Purse]:
    """What the member can spend, now: points are spent at the moment of recording, not of the sale."""
    return {
        holding.unit.code: Purse(holding.available(at=desk.at), holding.account.debt)
        for holding in desk.book.holdings(member.pk)
    }


def honest_time(claimed: datetime, received: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The moment that counts: the till's, unless its clock is ahead (E-11)."""
    if claimed > received + FUTURE:
        raise Refused("occurred_in_future", field="occurred_at", params={"now": received.isoformat()})
    if claimed > received + SKEW:
        return received, ("clock_ahead",)
    return claimed, ()


def _check_currency(desk: Desk, sale: Sale, rules: Sequence[Rule]) -> None:
    """A programme knows its own currency and those that a rule in force names (E-09)."""
    known = {desk.terms.currency, *(rule.when.currency for rule in rules)}
    if sale.basket.currency not in known:
        raise Refused("wrong_currency", field="currency", params={"currency": desk.terms.currency})


def _claims(desk: Desk, sale: Sale, member: Member | None) -> list[Claim]:
    """The redemptions of the sale as claims; Refused where one is not this member's or not open."""
    claims = []
    for public_id in sale.redemptions:
        row = desk.redemptions.get(public_id)
        if row is None or member is None or row.member_id != member.pk:
            raise Refused("unknown_redemption", field="redemptions", params={"redemption": str(public_id)})
        if row.state not in (Redemption.State.RESERVED, Redemption.State.EXPIRED):
            raise Refused(f"redemption_{row.state}", field="redemptions", params={"redemption": str(public_id)})
        claim = rewards.claim(row)
        if row.state == Redemption.State.EXPIRED:
            claim = Claim(claim.key, claim.reward, claim.amount)  # nothing is held: judged by what is there
        claims.append(claim)
    return claims

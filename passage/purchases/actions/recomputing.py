"""Purchases judged by the rules in force at their moment as they are known now: a rule that was dated back (E-37).

The one deed that judges by other rules than those a purchase was recorded under. It rewrites nothing: what a purchase
deserves beyond what it was given is posted with the sale's own dates, and a follower keeps the rules from then on.
Some persons at a time, so that no till waits; whoever was judged already is judged to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from passage.earning.queries import RuleSet, rule_set
from passage.engine.rules import Rule
from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.members.models import Member
from passage.programme.models import Programme
from passage.programme.transactions import Stale, lock_configuration, retried
from passage.purchases import queries
from passage.purchases.actions.effects import Effects, write
from passage.purchases.actions.judging import judge_again
from passage.purchases.history import Entry, Order, Reopened
from passage.purchases.models import Purchase
from passage.purchases.state import BatchState


@dataclass(frozen=True, slots=True)
class Points:
    """Of one unit; ``expired``: as much of what was given had reached its end on arrival (E-11)."""

    given: int = 0
    taken: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging a person's purchases again came to. ``sales`` by the record that each counts for."""

    person: int
    sales: tuple[int, ...]
    changed: int
    points: Mapping[str, Points]
    changes_tier: bool


@retried
def recompute(
    *, programme: Programme, records: Collection[int], since: datetime, by: str, at: datetime
) -> list[Judged]:
    """Judge all that the persons of these records bought since a moment, in one transaction. Safe to run again."""
    lock_configuration(programme, exclusive=False)
    effects, found = _judged(programme, records, since, by, at, rule_set(programme))
    if effects is not None:
        write(effects)
    return found


@retried
def rehearse_recompute(
    *, programme: Programme, records: Collection[int], since: datetime, by: str, at: datetime, rules: RuleSet
) -> list[Judged]:
    """What `recompute` would come to under ``rules``: the same judgement by the same books, and nothing of it written."""
    _effects, found = _judged(programme, records, since, by, at, rules)
    transaction.set_rollback(True)  # of this deed alone: it has a savepoint of its own wherever it is called
    return found


def _judged(
    programme: Programme, records: Collection[int], since: datetime, by: str, at: datetime, rules: RuleSet
) -> tuple[Effects | None, list[Judged]]:
    people = _people(programme, records)
    if not people:
        return None, []
    held = _lock_sales(programme, people, since)
    accounts = AccountBatch.open(programme=programme, members=people, with_lots=people)
    if accounts.merged & people:
        raise Stale
    state = BatchState.of(accounts, persons=people, at=at, rules=rules)
    beginning: Order = (since, "")
    entries = {person: state.history.later(person, beginning) for person in sorted(people)}
    if not {entry.sale.pk for mine in entries.values() for entry in mine} <= held:
        raise Stale
    accounts.look_into(members=people, causes=[row.public_id for row in state.snapshot.rows()])
    effects = Effects(state=state, by=by)
    return effects, [_person(state, effects, person, mine, beginning) for person, mine in entries.items() if mine]


def _people(programme: Programme, records: Collection[int]) -> set[int]:
    """Who these records are today; nobody is given anything who was erased."""
    rows = Member.objects.of(programme).filter(pk__in=list(records))
    present = members.resolve_all(programme, members=rows).values()
    return {each.pk for each in present if each.status != Member.Status.ERASED}


def _lock_sales(programme: Programme, people: Collection[int], since: datetime) -> set[int]:
    """The sales that may get a follower: nobody else adds one to them now. Locked in the order of their keys."""
    rows = queries.standing(programme, people=people).filter(occurred_at__gte=since)
    sales = {sale or own for own, sale in rows.values_list("id", "sale_id")}
    if connection.features.has_select_for_no_key_update:
        held = Purchase.objects.of(programme).filter(pk__in=sales).order_by("id")
        list(held.select_for_update(no_key=True, of=("self",)).values_list("id"))
    return sales


def _person(state: BatchState, effects: Effects, person: int, mine: Sequence[Entry], since: Order) -> Judged:
    def known_now(past: Reopened) -> tuple[Rule, ...]:
        in_force = state.rule_set.at(past.moment.at)
        return tuple(rule for rule in in_force if rule.unit in state.accounts.units)

    before, posted = state.tier_history.now(person, at=state.at), len(state.accounts.credited(after=0))
    rows = judge_again(state, effects, person, since, rules_of=known_now)
    given = [each for row in rows for each in row.settlement["clawed"]]
    expired: dict[str, int] = {}
    for entry in state.accounts.credited(after=posted):
        if entry.kind == "expire":
            unit = entry.account.unit.code
            expired[unit] = expired.get(unit, 0) - entry.points
    units = dict.fromkeys(each["unit"] for each in given)
    return Judged(
        person=person,
        sales=tuple(entry.holder.record for entry in mine),
        changed=sum(bool(row.settlement["clawed"]) for row in rows),
        points={
            unit: _points([each["owed"] for each in given if each["unit"] == unit], expired.get(unit, 0))
            for unit in units
        },
        changes_tier=state.tier_history.now(person, at=state.at) != before,
    )


def _points(owed: Iterable[int], expired: int) -> Points:
    """``owed`` by purchase: above zero taken back, below given."""
    owed = list(owed)
    given = -sum(points for points in owed if points < 0)
    return Points(given, sum(points for points in owed if points > 0), min(expired, given))

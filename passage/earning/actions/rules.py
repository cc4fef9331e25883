"""Defining rules, and counting what they gave."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from passage.audit import actions as audit
from passage.earning import drafts, queries
from passage.earning.models import Rule, RuleUsage, RuleVersion
from passage.engine.rules import Rule as EngineRule
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.transactions import Clock, moment_of_change


@transaction.atomic
def create_rule(
    *, programme: Programme, name: str, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> Rule:
    """A new rule; sales that are already recorded are not touched, whatever ``effective_from`` says (E-37)."""
    if not name.strip():
        raise Refused("missing", field="name")
    rule = Rule.objects.create(programme=programme, name=name.strip(), made_at=at)
    _add_version(rule, definition, effective_from, by, at)
    return rule


@transaction.atomic
def change_rule(
    *, rule: Rule, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RuleVersion:
    """A new version from ``effective_from`` on, never before the version it follows."""
    return _add_version(rule, definition, effective_from, by, at)


@transaction.atomic
def end_rule(*, rule: Rule, effective_from: datetime, by: str, at: datetime) -> RuleVersion:
    """The rule earns nothing from ``effective_from`` on; what it gave stays."""
    return _add_version(rule, {}, effective_from, by, at)


@transaction.atomic
def publish(
    *,
    programme: Programme,
    rule: Rule | None,
    name: str,
    definition: dict[str, Any],
    effective_from: datetime | None,
    by: str,
    at: datetime | Clock,
) -> RuleVersion:
    """A new rule, or a new version of ``rule``, never in the past (E-37); None: from the moment on that this is done.

    ``at`` is the moment or, where it is to be "now", the clock to read it from. The clock is read once nobody judges by
    the old rules any more: what is published "from now on" has every sale before it recorded, and every sale after it
    sees it. Where the new version counts remainders in another scale, the old rule ends at that moment and a new one
    of the same name takes its place: what was left of an amount is not carried over into other steps.
    """
    given = at
    at = moment_of_change(programme, now=given if callable(given) else lambda: given)
    since = at if effective_from is None else effective_from
    if since < at:
        raise Refused("in_the_past", field="effective_from")
    if rule is None:
        made = create_rule(programme=programme, name=name, definition=definition, effective_from=since, by=by, at=at)
        return _newest(made)
    said = queries.definition(drafts.read(programme, definition, family=rule.pk, name=rule.name))
    if drafts.in_scale(drafts.last_scaled(rule), said) is None:
        last = _newest(rule)
        if last.definition or last.effective_from > since:
            end_rule(rule=rule, effective_from=since, by=by, at=at)
        made = create_rule(
            programme=programme, name=rule.name, definition=definition, effective_from=since, by=by, at=at
        )
        return _newest(made)
    return change_rule(rule=rule, definition=definition, effective_from=since, by=by, at=at)


@transaction.atomic
def date_back(*, rule: Rule, since: datetime, reason: str, by: str, now: Clock) -> EngineRule:
    """What the rule says now holds since a moment that is over; what that is (E-37).

    Versions are added and none is changed: one for that moment, and one wherever the rule said something else since.
    What was recorded stays as it is until it is judged again: whoever calls this sees to that.
    """
    if not reason.strip():
        raise Refused("missing", field="reason")
    at = moment_of_change(rule.programme, now=now)
    back = queries.rule_set(rule.programme).dated_back(rule.pk, since=since, at=at)
    said = queries.definition(back.rule)
    for moment in back.moments:
        _write_version(rule, said, moment, by, at)
    audit.note(
        programme=rule.programme,
        by=by,
        verb="rule.dated_back",
        subject=f"rule:{rule.pk}",
        at=at,
        since=since.isoformat(),
        reason=reason.strip(),
    )
    return back.rule


@transaction.atomic
def stop(*, rule: Rule, by: str, now: Clock) -> RuleVersion:
    """The rule gives nothing from now on, and where its last version has not begun yet, not even that."""
    at = moment_of_change(rule.programme, now=now)
    return end_rule(rule=rule, effective_from=max(at, _newest(rule).effective_from), by=by, at=at)


def _newest(rule: Rule) -> RuleVersion:
    """The version that holds in the end: one that was dated back does not come after those it was told before."""
    version: RuleVersion = RuleVersion.objects.of(rule.programme).filter(rule=rule).latest("effective_from", "number")
    return version


def _add_version(
    rule: Rule, definition: dict[str, Any], effective_from: datetime, by: str, at: datetime
) -> RuleVersion:
    rows = RuleVersion.objects.of(rule.programme).filter(rule=rule)
    last = rows.order_by("effective_from").last()
    if last is not None and effective_from < last.effective_from:
        raise Refused("before_last_version", field="effective_from", params={"last": last.effective_from.isoformat()})
    kept: dict[str, Any] | None = {}
    if definition:  # kept in full, with every default written out, so that later defaults cannot change it
        said = queries.definition(drafts.read(rule.programme, definition, family=rule.pk, name=rule.name))
        kept = drafts.in_scale(drafts.last_scaled(rule), said)
    if kept is None:
        # Members' remainders are counted in steps of an old version: end this rule and make another.
        raise Refused("new_scale", field="earns")
    version = _write_version(rule, kept, effective_from, by, at)
    audit.note(
        programme=rule.programme, by=by, verb="rule.change", subject=f"rule:{rule.pk}", at=at, version=version.number
    )
    return version


def _write_version(rule: Rule, kept: dict[str, Any], effective_from: datetime, by: str, at: datetime) -> RuleVersion:
    last = RuleVersion.objects.of(rule.programme).filter(rule=rule).aggregate(last=Max("number"))["last"]
    return RuleVersion.objects.create(
        programme=rule.programme,
        rule=rule,
        number=(last or 0) + 1,
        definition=kept,
        effective_from=effective_from,
        made_at=at,
        by=by,
    )


def write_usages(rows: Collection[RuleUsage]) -> None:
    """Write the counters a batch has moved; their member's accounts are locked."""
    new = [row for row in rows if row._state.adding]
    old = [row for row in rows if not row._state.adding]
    RuleUsage.objects.bulk_create(new)
    # Rows that exist, sent as an upsert: a tenth of the time that bulk_update takes for its CASE expressions.
    RuleUsage.objects.bulk_create(
        old, update_conflicts=True, unique_fields=["id"], update_fields=["points", "times", "carry"]
    )

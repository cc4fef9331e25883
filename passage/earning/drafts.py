"""A rule as somebody wrote it down, read and checked before anything of it counts. Writes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from passage.earning import queries
from passage.earning.models import Rule, RuleVersion
from passage.engine import rules as engine
from passage.ledger import queries as ledger
from passage.programme.errors import Refused
from passage.programme.models import Programme

# The family and version of a rule that does not exist yet: later than every other one.
NEW = 2**62


@dataclass(frozen=True, slots=True)
class Scale:
    points: int
    step: int
    whole_steps: bool


def read(programme: Programme, definition: dict[str, Any], *, family: int = NEW, name: str) -> engine.Rule:
    """The rule that ``definition`` says; Refused with the field that cannot be."""
    if "kind" not in definition.get("earns", {}):
        raise Refused("missing", field="earns.kind")
    try:
        full = {**definition, "version": NEW, "family": family, "name": name}
        value = queries.RULE.validate_json(json.dumps(full), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refused("invalid_rule", field=field, params={"why": first["msg"]}) from None
    if value.unit not in {unit.code for unit in ledger.units(programme)}:
        raise Refused("unknown_unit", field="unit")
    if isinstance(value.earns, engine.Event) and (asked := _of_a_purchase(value.when)):
        raise Refused("needs_a_purchase", field=f"when.{asked}")
    return value


def _of_a_purchase(when: engine.Conditions) -> str:
    """The first condition that only a basket at a counter can meet; a bonus without a purchase would never be given."""
    wanted = ("shops", "minimum", "any_of", "all_of", "first_purchase")
    return next((name for name in wanted if getattr(when, name)), "")


def in_scale(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    """``after`` in the scale of the remainders that ``before`` left on accounts; None where they cannot go on.

    The same rate in other numbers (1 for 1.00, 100 for 100.00) is told in the old ones: a remainder is never multiplied.
    """
    old, new = scale_of(before), scale_of(after)
    if old is None or old == new:
        return after
    if new is None or old.whole_steps or new.whole_steps or old.points * new.step != new.points * old.step:
        return None
    return {**after, "earns": {**after["earns"], "points": old.points, "step": old.step}}


def scale_of(definition: dict[str, Any]) -> Scale | None:
    """The scale of the remainders that a rule leaves on accounts; None where it leaves none."""
    earns = definition.get("earns", {})
    return Scale(earns["points"], earns["step"], earns["whole_steps"]) if earns.get("carry") else None


def last_scaled(rule: Rule, /, *, up_to: int | None = None) -> dict[str, Any]:
    """The last version (``up_to`` a number) that left remainders on accounts; empty where none did.

    A version that ended the rule left them where they were.
    """
    versions = RuleVersion.objects.of(rule.programme_id).filter(rule=rule).order_by("-number")
    if up_to is not None:
        versions = versions.filter(number__lte=up_to)
    return next((each for each in versions.values_list("definition", flat=True) if scale_of(each) is not None), {})

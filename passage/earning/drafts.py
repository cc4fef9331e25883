"""A rule as somebody wrote it down, read and checked before anything of it counts. Writes nothing."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from passage.earning import queries
from passage.engine import rules as engine
from passage.ledger import queries as ledger
from passage.programme.errors import Refused
from passage.programme.models import Programme

# The family and version of a rule that does not exist yet: later than every other one.
NEW = 2**62


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
    return value


def keeps_scale(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether remainders that the version ``before`` left on accounts can go on under ``after``."""
    return not after or _carries_in(before) in (None, _carries_in(after))


def _carries_in(definition: dict[str, Any]) -> tuple[Any, ...] | None:
    """The scale of the remainders that a rule leaves on accounts; None where it leaves none."""
    earns = definition.get("earns", {})
    return (earns["points"], earns["step"], earns["whole_steps"]) if earns.get("carry") else None

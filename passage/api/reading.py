"""What pydantic finds wrong, in the codes of this door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from passage.api.problems import MOST_ERRORS, Error, Fault
from passage.api.wordings import REFUSALS

CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "dict_type": "not_an_object",
    "tuple_type": "not_a_list",
    "list_type": "not_a_list",
    "string_type": "not_text",
    "enum": "not_one_of",
    "literal_error": "not_one_of",
    "union_tag_invalid": "not_one_of",
    "union_tag_not_found": "missing",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_big",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_short",
    "string_pattern_mismatch": "invalid",
    "uuid_parsing": "not_an_id",
    "uuid_type": "not_an_id",
}
# The number of each of pydantic's limits, under the one name that our sentences know.
LIMITS = ("ge", "le", "max_length", "min_length")
LONGEST_NAME = 80
LISTS = frozenset({"Tuple", "List"})
# Where a union took a turn is no part of what was sent.
TURNS = frozenset({"sale", "return", "void"})


def fault_of(errors: Iterable[Mapping[str, Any]]) -> Fault:
    """The errors of ninja's reading as one problem: 404 for an address that cannot be one, else 422."""
    listed = list(errors)
    if any(each["loc"][:1] == ("path",) for each in listed):
        return Fault("not_found", status=404)
    # ninja puts the source first, and for a body the name of our argument after it.
    inner = [{**each, "loc": each["loc"][2:] if each["loc"][0] == "body" else each["loc"][1:]} for each in listed]
    if len(inner) == 1 and not inner[0]["loc"] and inner[0]["type"] == "missing":
        return Fault("body_missing", status=400)
    found = errors_of(inner)
    return Fault(found[0].code, errors=found)


def errors_of(errors: Iterable[Mapping[str, Any]]) -> list[Error]:
    listed = list(errors)[:MOST_ERRORS]
    return [_error(each) for each in listed if not _is_echo(each, listed)]


def _is_echo(each: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    """A list that is too short only because what was in it could not be read."""
    if each["type"] != "too_short":
        return False
    place = each["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in others)


def _error(each: Mapping[str, Any]) -> Error:
    given = dict(each.get("ctx", {}))
    kind = each["type"]
    code = CODES.get(kind) or (kind if kind in REFUSALS else "invalid")
    if code == "too_many" and given.get("field_type") not in LISTS:
        code = "too_long"
    params = {name: given[name] for name in ("limit", "line") if name in given}
    for name in LIMITS:
        if name in given:
            params["limit"] = given[name]
    if code == "not_one_of":
        params["allowed"] = given.get("expected") or given.get("expected_tags") or ""
    field = _field(each["loc"], tag=kind == "union_tag_not_found")
    return Error(code, field, params)


def _field(place: Iterable[Any], *, tag: bool = False) -> str:
    parts = [str(part)[:LONGEST_NAME] for part in place]
    # A discriminated union names its branch before the field.
    if parts and parts[0] in TURNS:
        parts = parts[1:]
    return ".".join([*parts, "type"] if tag else parts)

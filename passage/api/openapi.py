"""The description of the door that programs read: OpenAPI 3.1, with every answer that can come."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from passage.api.problems import MEDIA_TYPE
from passage.api.schemas.problems import FieldProblem, Problem

TITLE = "Passage"
DESCRIPTION = (
    "Sales become points that can be explained, and taken back exactly. "
    "Amounts are whole minor units of the currency (cents, grosze), points are whole numbers, moments carry their "
    "offset. A request is answered by what it asked for or by a problem (RFC 9457) with a stable `code`, the `field` "
    "and a sentence in the language of `Accept-Language` (en, fr, pl)."
)
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Makes the request safe to send again: it is done once for each key, for ever.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
}
_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The ETag that was read: the edit is refused with 412 if somebody was faster.",
    "schema": {"type": "string"},
}
# For writes without an id of their own in the body.
KEYED = {"parameters": [_KEY]}
CONDITIONAL = {"parameters": [_KEY, _MATCH], "responses": {412: {"$ref": "#/components/responses/412"}}}
ALWAYS = (400, 401, 403, 404, 405, 422, 503)
WITH_A_BODY = (409, 413)
# For what a key may do only so often.
COUNTED = {"responses": {429: {"$ref": "#/components/responses/429"}}}
KEYED_AND_COUNTED = {**KEYED, **COUNTED}


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with the problems that every operation can answer, and the scopes each takes."""
    components = schema["components"]
    definitions = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    definitions.pop("$defs", None)
    components["schemas"]["FieldProblem"] = TypeAdapter(FieldProblem).json_schema(mode="serialization")
    components["schemas"]["Problem"] = definitions
    statuses = (*ALWAYS, *WITH_A_BODY, 412, 429)
    components["responses"] = {str(status): _problem(status) for status in sorted(statuses)}
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            expected = ALWAYS if method == "get" else (*ALWAYS, *WITH_A_BODY)
            answers = {str(status): details for status, details in operation["responses"].items()}
            answers |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in expected}
            operation["responses"] = dict(sorted(answers.items()))
    return schema


def _problem(status: int) -> dict[str, Any]:
    details: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        details["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return details

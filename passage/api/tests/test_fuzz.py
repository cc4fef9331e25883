"""A thousand requests made up from the description, half of them wrong: none breaks anything, every answer is described.

Made up by schemathesis, always the same ones, and sent through the product's own WSGI application in this process.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from passage.api.tests.test_docs import FOLDER
from passage.api.tests.world import World

pytestmark = pytest.mark.django_db
CASES = 1000
DESCRIPTION = json.loads((FOLDER / "openapi.json").read_text())
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def described() -> Any:
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    schema.app = get_wsgi_application()
    return schema


def made_true(world: World, case: Any) -> None:
    """What would end at the door of the made-up ids gets further with true ones."""
    place = world.ours
    known = {
        "sale_id": place.sale,
        "redemption_id": place.redemption,
        "member_id": str(place.member.public_id),
        "account_id": place.account,
        "number": place.card,
        "clerk_id": 1,
    }
    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict):
        truths = {"currency": "PLN", "shop": "dworzec", "member": {"card": place.card}, "reward": place.reward}
        if case.operation.path.startswith("/api/v1/cards"):
            truths["member"] = str(place.member.public_id)
        case.body = {**case.body, **{name: truth for name, truth in truths.items() if name in case.body}}


@contextmanager
def kept_connection() -> Iterator[None]:
    """The end of a request closes its connection to the database; here it is the test's own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def send_made_up(world: World, *, wanted: int) -> Counter[int]:
    """At least so many requests, spread over all operations; how often each status was answered.

    Raises schemathesis' failure for an answer that is a fault of ours or that the description does not know.
    """
    operations = [result.ok() for result in described().get_all_operations()]
    each = -(-wanted // (2 * len(operations)))
    headers = {"Authorization": f"Bearer {world.ours.till.secret}"}
    seen: Counter[int] = Counter()

    def sent(case: Any, *, is_true: bool) -> None:
        if is_true:
            made_true(world, case)
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        seen[response.status_code] += 1

    for operation in operations:
        for mode in GenerationMode:
            cases = operation.as_strategy(generation_mode=mode)
            run = settings(
                max_examples=each,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=cases, is_true=st.booleans())(lambda case, is_true: sent(case, is_true=is_true)))
            run()
    return seen


def test_a_thousand_made_up_requests_break_nothing(world):
    # What the rooms answer is the same on PostgreSQL; what the database refuses is met by a part of them too.
    wanted = CASES if connection.vendor == "sqlite" else CASES // 4
    with kept_connection():
        seen = send_made_up(world, wanted=wanted)
    assert seen.total() >= wanted, seen
    assert {200, 201, 404, 422} <= seen.keys(), "the fuzzing no longer reaches the rooms"

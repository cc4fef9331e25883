"""The same request many times at once: done once, and every sender gets the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from passage.api.tests.world import BLANK, Till, a_sale, a_world
from passage.audit.models import Operation
from passage.members import actions as members
from passage.members.models import Member
from passage.purchases.models import Purchase
from tests.cast import BY

TIMES = 8


def at_once(send: Callable[[], Any]) -> list[Any]:
    """Eight senders of the same request; whoever is asked to come again in a moment does."""
    gate = Barrier(TIMES)

    def one(_: int) -> Any:
        try:
            gate.wait()
            for _ in range(20):
                answer = send()
                if answer.status_code != 503:
                    return answer
            return answer
        finally:
            connection.close()

    with ThreadPoolExecutor(TIMES) as senders:
        return list(senders.map(one, range(TIMES)))


def agreed(answers: list[Any], *, first: int) -> dict[str, Any]:
    assert Counter(answer.status_code for answer in answers) == {first: 1, 200: TIMES - 1}
    told = [answer.json() for answer in answers]
    assert told == [told[0]] * TIMES
    replays = [answer for answer in answers if answer.headers.get("Idempotent-Replay") == "true"]
    assert len(replays) == TIMES - 1
    return answers[0].json()


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_eight_times_at_once_is_done_once():
    world = a_world()
    ours, till = world.ours, Till(world.ours.till.secret)
    other = members.enrol(programme=ours.programme, by=BY, at=timezone.now(), external_id="K-2")
    before = Purchase.objects.count(), Member.objects.count(), Operation.objects.count()

    sale = agreed(at_once(lambda: till.post("/sales", a_sale("raced"))), first=201)
    enrolment = {"first_name": "Jan", "phone": "501 502 503", "card": BLANK}
    agreed(at_once(lambda: till.post("/members", enrolment, Idempotency_Key="raced")), first=201)
    wish = {"client_id": "raced", "member": {"card": ours.card}, "reward": ours.reward}
    agreed(at_once(lambda: till.post("/redemptions", wish)), first=201)
    move = {"client_id": "raced-move", "member": {"id": str(other.public_id)}}
    agreed(at_once(lambda: till.post(f"/sales/{sale['id']}/move", move)), first=201)

    after = Purchase.objects.count(), Member.objects.count(), Operation.objects.count()
    assert after == (before[0] + 2, before[1] + 1, before[2] + 1)

"""A shop that sells until it is told to stop: `python -m tests.journeys.selling`. A line for each sale that was acknowledged.

Through the API, one sale after the other: what is written here was answered, and must never be lost.
"""

from __future__ import annotations

import itertools
import signal

import django
from django.test.utils import setup_test_environment

django.setup()
setup_test_environment()  # answers to the name that a test's browser calls it by

from passage.api.tests.world import a_sale, a_world  # noqa: E402

is_told = []
signal.signal(signal.SIGTERM, lambda *_: is_told.append(True))
till = a_world().ours.till
for number in itertools.count():
    if is_told:
        break
    name = f"sold-{number}"
    while (answer := till.post("/sales", a_sale(name, 100 * (number % 90 + 1)))).status_code == 503:
        pass  # busy: nothing was done, and the same may come again
    assert answer.status_code == 201, answer.content
    print(name, flush=True)

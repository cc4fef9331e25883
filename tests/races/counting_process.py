"""One try in a process of its own, for tests/races/test_attempts.py: it has the same database and none of the memory."""

import sys
from datetime import datetime

import django

django.setup()

from passage.programme import throttle  # noqa: E402

print(throttle.take((throttle.Budget("test", 5, 60), "somebody"), at=datetime.fromisoformat(sys.argv[1])))

"""Long work waits while somebody else holds the database, and goes on when they let go; for nothing else."""

from __future__ import annotations

import pytest
from django.db import Error, IntegrityError, transaction

from passage.programme import patience
from passage.programme.models import Login
from passage.programme.patience import patiently
from passage.programme.trouble import Trouble, trouble_of
from tests import troubles

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BREATH", 0.001)
    monkeypatch.setattr(patience, "TRIES", 5)


def test_work_goes_on_when_the_other_has_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    held, met = troubles.locked("programme_login"), []
    held.__enter__()

    def work() -> None:
        try:
            Login.objects.create(email="anna@example.org")
        except Error as error:
            met.append(trouble_of(error))
            if len(met) == 2:
                held.__exit__(None, None, None)
            raise

    patiently(work)
    assert met == [Trouble.BUSY, Trouble.BUSY]
    assert Login.objects.count() == 1


def test_it_does_not_wait_for_ever() -> None:
    met: list[int] = []

    def work() -> None:
        met.append(1)
        Login.objects.create(email="anna@example.org")

    with troubles.locked("programme_login"), pytest.raises(Error):
        patiently(work)
    assert len(met) == 5


def test_a_broken_rule_and_a_lock_inside_a_transaction_are_not_waited_for() -> None:
    tries: list[int] = []

    def twice() -> None:
        tries.append(1)
        Login.objects.create(email="anna@example.org")
        Login.objects.create(email="anna@example.org")

    with pytest.raises(IntegrityError):
        patiently(twice)
    assert len(tries) == 1
    with transaction.atomic():
        patiently(lambda: Login.objects.create(email="piotr@example.org"))
    assert Login.objects.filter(email="piotr@example.org").exists()

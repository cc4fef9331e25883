"""The product and the reference agree, whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from tests.model.life import Deed, Life, drawn

pytestmark = pytest.mark.django_db


@contextmanager
def a_life() -> Iterator[Life]:
    with transaction.atomic():
        try:
            yield Life()
        finally:
            transaction.set_rollback(True)


def lived(deeds: list[Deed]) -> None:
    with a_life() as life:
        for deed in deeds:
            life.step(deed)
        life.end()


@pytest.mark.parametrize("seed", range(8))
def test_lives_drawn_by_a_seed_agree(seed):
    lived(drawn(seed, 40))

"""A row that is committed late never falls into a block that was sealed without it."""

import threading

import pytest
from django.db import connection, transaction

from passage.audit.actions import note
from passage.audit.models import Event
from passage.config.verification import verify
from passage.seals.actions import seal, sealing
from passage.seals.models import Block
from tests.rows import AT, a_programme

BY = "system:test"


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_a_block_is_sealed_is_waited_for_or_sealed_with_the_next(monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer, whose numbers are in the order of the commits")
    programme = a_programme()
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            note(programme=programme, by=BY, verb="slow", subject="first", at=AT)
            written.set()
            may_commit.wait(30)
        connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    assert written.wait(30)
    note(programme=programme, by=BY, verb="fast", subject="second", at=AT)
    monkeypatch.setattr(sealing, "TRIES", 2)
    assert seal(programme=programme, at=AT, by=BY) == 0, "the first number is still being written"
    may_commit.set()
    slow.join(30)
    assert seal(programme=programme, at=AT, by=BY) == 1
    [block] = Block.objects.of(programme)
    assert block.tables["audit_event"]["rows"] == Event.objects.count() == 2
    assert list(verify(programme=programme)) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_seal_at_once_make_one_chain():
    programme = a_programme()
    for number in range(40):
        note(programme=programme, by=BY, verb="test", subject=f"test:{number}", at=AT)
    together = threading.Barrier(4)

    def work():
        together.wait()
        seal(programme=programme, at=AT, by=BY)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert list(Block.objects.of(programme).values_list("number", flat=True)) == [1]
    assert list(verify(programme=programme)) == []

"""Sealing what was written since the last block. Nothing here holds up a till: rows that never change are read and
hashed outside of any transaction, and then one row is added.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from passage.programme.models import Programme
from passage.seals import reading
from passage.seals.blocks import content, next_spans
from passage.seals.canonical import hash_of, header
from passage.seals.models import Block
from passage.seals.queries import last_block

ROWS = 1000  # of each table in one block
BLOCKS = 200  # in one run, so that the worker's other jobs get their turn in a large programme
TRIES, PAUSE = 100, 0.1  # how long sales that are being written are waited for, in seconds together: 10


def seal(*, programme: Programme, at: datetime, by: str) -> int:
    """Seals what is committed; how many blocks it took. Safe to run again, and by two at once.

    A row whose transaction is still open when a later row is committed must not fall into a block that was sealed without
    it. So the ids that may be sealed are looked up first, and then whoever was writing at that moment is waited for:
    those that write later get larger ids. Where somebody writes for too long nothing is sealed this time.
    """
    newest = reading.newest(programme)
    if not _have_ended(reading.writers()):
        return 0
    for number in range(BLOCKS):
        if not _seal_one(programme, newest, at=at):
            return number
    return BLOCKS


def _have_ended(writing: set[str]) -> bool:
    for _try in range(TRIES):
        if not writing:
            return True
        time.sleep(PAUSE)
        writing &= reading.writers()
    return not writing


def _seal_one(programme: Programme, newest: Mapping[str, int], /, *, at: datetime) -> bool:
    before = last_block(programme)
    ends = {name: span["last"] for name, span in before.tables.items()} if before else {}
    spans = next_spans(programme, ends, newest, most=ROWS)
    if not spans:
        return False
    found = content(programme, spans)
    block = Block(
        programme=programme,
        number=before.number + 1 if before else 1,
        previous=before.hash if before else "",
        tables=found.tables,
        sums=found.sums,
        marks=found.marks,
        sealed_at=at,
    )
    told = header(
        programme=programme.public_id,
        number=block.number,
        previous=block.previous,
        tables=block.tables,
        sums=block.sums,
        sealed_at=at,
    )
    block.hash = hash_of(told)
    try:
        with transaction.atomic():
            block.save(force_insert=True)
    except IntegrityError:
        return False  # another worker has sealed the same number meanwhile, and goes on by itself
    return True

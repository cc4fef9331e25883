"""The chain of blocks: its head, and where a block or a head that somebody kept stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from passage.programme.models import Programme
from passage.seals.models import Block

# The head as people copy it: the number of the block and half of its hash, which nobody can meet by trying.
WRITTEN = 32
HEAD = re.compile(r"\s*([1-9][0-9]{0,9})\s*-\s*([0-9a-fA-F\s]+)")


class NoHead(ValueError):
    """What was given is not a head as a letter or a page shows it."""


def last_block(programme: Programme, /) -> Block | None:
    return Block.objects.of(programme).defer("marks").order_by("-number").first()


def first_block(programme: Programme, /) -> Block | None:
    return Block.objects.of(programme).defer("marks").order_by("number").first()


def blocks(programme: Programme, /) -> Iterator[Block]:
    """All of them, in their order."""
    yield from Block.objects.of(programme).defer("marks").order_by("number").iterator(chunk_size=100)


def marks_of(block: Block, /) -> bytes:
    return bytes(Block.objects.filter(pk=block.pk).values_list("marks", flat=True).get())


def head_of(block: Block, /) -> str:
    """For people: ``12-0123 4567 …``, without the spaces."""
    return f"{block.number}-{block.hash[:WRITTEN]}"


def read_head(text: str, /) -> tuple[int, str]:
    """The number and the beginning of the hash. Raises ``NoHead``."""
    read = HEAD.fullmatch(text)
    start = "".join(read[2].split()).lower() if read else ""
    if read is None or len(start) < WRITTEN:
        raise NoHead(text)
    return int(read[1]), start

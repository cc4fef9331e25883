"""Proving the seals: every block is computed again from the rows and compared, and so is the chain from block to block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from passage.programme.models import Programme
from passage.programme.verify import MOST_TOLD, Fault
from passage.seals.blocks import BY_NAME, Content, content, marks_by_table
from passage.seals.canonical import hash_of, header
from passage.seals.models import Block
from passage.seals.queries import blocks, marks_of, read_head
from passage.seals.reading import BEFORE_ALL

Head = tuple[int, str]


def faults(programme: Programme, /, *, heads: Sequence[str] = ()) -> Iterator[Fault]:
    """What does not read as it was sealed. ``heads`` are those that left the machine, as they were written there.

    Without one the rows are held against the blocks, and somebody who recomputed the blocks as well is not found.
    Raises ``queries.NoHead``.
    """
    wanted = [read_head(text) for text in heads]
    known: dict[int, str] = {}
    before: Block | None = None
    for block in blocks(programme):
        known[block.number] = block.hash
        yield from _chain(programme, before, block)
        yield from _rows(programme, block)
        before = block
    yield from _heads(programme, wanted, known)


def _fault(kind: str, programme: Programme, where: str, says: str, expected: object, found: object) -> Fault:
    return Fault(kind, programme.slug, where, says, str(expected), str(found))


def _chain(programme: Programme, before: Block | None, block: Block) -> Iterator[Fault]:
    where = f"block {block.number}"
    number, previous = (before.number + 1, before.hash) if before else (1, "")
    if (block.number, block.previous) != (number, previous):
        says = "it does not follow the block before it: a block is missing, or was put in its place"
        yield _fault("seal_chain", programme, where, says, f"{number} after {previous or 'none'}", block.previous)
    told = header(
        programme=programme.public_id,
        number=block.number,
        previous=block.previous,
        tables=block.tables,
        sums=block.sums,
        sealed_at=block.sealed_at,
    )
    if (found := hash_of(told)) != block.hash:
        yield _fault("seal_block", programme, where, "what it says of itself was changed", block.hash, found)
    for name, span in block.tables.items():
        after = before.tables[name]["last"] if before and name in before.tables else BEFORE_ALL
        if span["after"] != after:
            says = f"it does not begin where the block before it ended in {name}"
            yield _fault("seal_chain", programme, where, says, after, span["after"])


def _rows(programme: Programme, block: Block) -> Iterator[Fault]:
    spans = {name: (span["after"], span["last"]) for name, span in block.tables.items() if name in BY_NAME}
    found = content(programme, spans)
    if found.tables == block.tables and found.sums == block.sums:
        return
    told = list(_changed(programme, block, found))
    yield from told[:MOST_TOLD]
    if not told:
        says = "its rows are not those that were sealed, and the marks that would say which were changed as well"
        yield _fault("seal_rows", programme, f"block {block.number}", says, block.tables, found.tables)


def _changed(programme: Programme, block: Block, found: Content) -> Iterator[Fault]:
    sealed, present = marks_by_table(block.tables, marks_of(block)), marks_by_table(found.tables, found.marks)
    for name in sorted(block.tables):
        was, now = sealed[name], present.get(name, {})
        for row in sorted({*was, *now}):
            if was.get(row) == now.get(row):
                continue
            kind, says = "seal_row_changed", "the row is not as it was sealed"
            if row not in now:
                kind, says = "seal_row_missing", "the row was sealed and is gone"
            elif row not in was:
                kind, says = "seal_row_added", "the row came among rows that were sealed already"
            where = f"{name} {row} in block {block.number}, sealed {block.sealed_at:%Y-%m-%d %H:%M} UTC"
            yield _fault(kind, programme, where, says, *(_mark(each.get(row)) for each in (was, now)))


def _mark(mark: bytes | None) -> str:
    return "nothing" if mark is None else mark.hex()


def _heads(programme: Programme, wanted: Sequence[Head], known: dict[int, str]) -> Iterator[Fault]:
    last = max(known, default=0)
    for number, start in wanted:
        where = f"block {number}"
        if number not in known:
            says = "a head that left this machine names it, and the chain ends before: its end was cut off, or this is a backup from before that head"
            yield _fault("seal_head", programme, where, says, start, f"{last} blocks")
        elif not known[number].startswith(start):
            says = "a head that left this machine names it, and it is another block now: the rows up to here, and the blocks, were written anew"
            yield _fault("seal_head", programme, where, says, start, known[number][: len(start)])

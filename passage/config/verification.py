"""`passage verify`: the checks of all rooms on one programme or on all, and where each fault is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection

from passage.config.standing import deep_damages
from passage.earning import verify as earning
from passage.imports import verify as imports
from passage.ledger import verify as ledger
from passage.members import verify as members
from passage.programme.models import Programme
from passage.programme.verify import Fault, faults, key_checks
from passage.purchases import verify as purchases
from passage.rewards import verify as rewards
from passage.seals import verify as seals


class BooksWrong(Exception):
    """The nightly proof failed; the message holds one line for each fault."""


def verify(*, programme: Programme, heads: Sequence[str] = ()) -> Iterator[Fault]:
    """Everything that is wrong in the books of the programme. Reads only, while the tills go on selling.

    ``heads`` of the seals that were kept elsewhere are looked for in the chain. Raises ``seals.queries.NoHead``.
    """
    checks = [*key_checks(), *ledger.CHECKS, *members.CHECKS, *rewards.CHECKS, *imports.CHECKS]
    checks += [*earning.checks(vendor=connection.vendor), *purchases.checks(vendor=connection.vendor)]
    found = list(faults(checks, programme=programme))
    places = ledger.places(accounts={fault.account for fault in found if fault.account is not None})
    for fault in found:
        place = places.get(fault.account) if fault.account is not None else None
        if place is None:
            yield fault
        else:
            yield replace(fault, where=place if fault.where.startswith("account ") else f"{fault.where} in {place}")
    yield from seals.faults(programme, heads=heads)


def damage() -> Iterator[Fault]:
    """Where the file itself is damaged: an index that leaves rows out makes every other answer doubtful."""
    for line in deep_damages(connection):
        yield Fault("damaged_file", "every programme", "the file", "it is damaged", expected="ok", found=line)


def prove(*, programme: Programme, at: datetime, by: str) -> int:
    """The proof as a job of the timetable: fails with the faults, answers 0 when the books are right."""
    is_first = not Programme.objects.filter(pk__lt=programme.pk).exists()
    if found := [*(damage() if is_first else ()), *verify(programme=programme)]:
        raise BooksWrong("\n".join(str(fault) for fault in found))
    return 0

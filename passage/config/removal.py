"""A programme that moves house, from the command line: how far it is, and who is let in where it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.urls import reverse

from passage.connectors.receipts.progress import Progress
from passage.programme.invitations import can_be_invited, invitation
from passage.programme.models import Programme, Role
from passage.programme.queries import all_staff


def telling(target: OutputWrapper) -> Callable[[int, int], None]:
    """Tells ``target`` how many of all rows are done, now and then."""
    bars: list[Progress] = []
    ended: list[bool] = []

    def tell(done: int, total: int) -> None:
        if not bars:
            bars.append(Progress(target=target, total=total, clock=monotonic))
        if done < total:
            bars[0].tell(done)
        elif not ended:  # an empty table after the last row tells the end once more
            ended.append(True)
            bars[0].end()

    return tell


def links(programme: Programme, *, at: datetime) -> Iterator[tuple[str, str]]:
    """The owners who cannot sign in yet, and the link by which each chooses a password; they invite the others."""
    for person in all_staff(programme=programme):
        if person.role == Role.OWNER and can_be_invited(person.login):
            path = reverse("website:join", args=[invitation(person.login, at=at)])
            yield person.login.email, f"{settings.PASSAGE_URL}{path}"

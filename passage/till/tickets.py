"""The slip a page carries from the first key to the last: which sale this is, and when it happened.

The id is made before anything is sent, and the server records it once for ever, however often the
button is pressed. The slip is signed: nobody can give a sale another time by editing a form.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

SALT = "till.ticket"
LIFE = timedelta(hours=12)


class BadTicket(Exception):
    """The slip was changed, or lay about for too long."""


@dataclass(frozen=True, slots=True)
class Ticket:
    client_id: str
    at: datetime

    def text(self) -> str:
        return signing.dumps([self.client_id, self.at.isoformat()], salt=SALT)

    def at_moment(self, *, at: datetime) -> Ticket:
        """The same sale, happening now: a preview is of this moment and is saved as of this moment."""
        return Ticket(self.client_id, at)


def new_ticket(*, at: datetime) -> Ticket:
    return Ticket(f"web-{uuid.uuid4()}", at)


def read_ticket(*, text: str) -> Ticket:
    try:
        client_id, at = signing.loads(text, salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        raise BadTicket from None
    return Ticket(client_id, datetime.fromisoformat(at))

"""Forgetting a person: whatever names them goes, whatever counts stays (E-36)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from passage.audit import actions as audit
from passage.cards import actions as cards
from passage.cards.models import Card
from passage.imports import actions as imports
from passage.journal import actions as journal
from passage.ledger import actions as ledger
from passage.logins import actions as logging_in
from passage.members import actions as members
from passage.members import queries
from passage.members.models import Member
from passage.outbox import actions as outbox
from passage.privacy.models import Erasure, Notice
from passage.privacy.people import records_of
from passage.programme import actions as programmes
from passage.programme.blanking import Names, names
from passage.purchases import actions as purchases
from passage.rewards import actions as rewards

KEEP = "keep_erasure"
# Shorter ones name nobody wherever they stand.
TELLING = 5
# The last digits of a phone number, as people write it without its country.
LOCAL_DIGITS = 9


@transaction.atomic
def erase(*, member: Member, why: str, by: str, at: datetime) -> Erasure:
    """Forgets the person behind the member and behind every record that was joined to it. Doing it again changes nothing.

    Entries, lots, purchases and redemptions stay, under the member's number; what the member held ends by an entry
    that says why. That somebody with this number was forgotten is kept, and queued to be kept outside the database.
    """
    present = queries.resolve(member)
    known: Erasure | None = Erasure.objects.of(present.programme_id).filter(public_id=present.public_id).first()
    if known is not None and present.status == Member.Status.ERASED:
        return known
    people = records_of(present)
    named = _named(people)
    imports.forget_people(people=people, named=named, by=by, at=at)
    redemptions = rewards.forget(people=people, by=by, at=at)
    ledger.close_accounts(people=people, by=by, at=at)
    parked = purchases.forget(people=people, named=named)
    operations = journal.forget(people=people, named=named)
    kept_cards = cards.forget(people=people, at=at)
    logins = members.forget(people=people, why=why, by=by, at=at)
    for login in logins:
        if not queries.is_somebodys(login) and programmes.forget_login(login=login):
            logging_in.forget(login=login)
    audit.forget(
        programme=present.programme,
        subjects=[
            *(f"member:{each.public_id}" for each in people),
            *(f"card:{pk}" for pk in kept_cards),
            *(f"redemption:{row.public_id}" for row in redemptions),
            *(f"parked:{pk}" for pk in parked),
            *(f"operation:{op_id}" for op_id in operations),
        ],
    )
    outbox.forget(programme=present.programme, named=named, at=at)
    Notice.objects.of(present.programme_id).filter(member__in=people).delete()
    return known or _write_down(people, why=why, by=by, at=at)


def _write_down(people: Sequence[Member], *, why: str, by: str, at: datetime) -> Erasure:
    """With every record of theirs: in a backup, the two may not be joined yet."""
    member = people[0]
    row: Erasure = Erasure.objects.create(programme=member.programme, public_id=member.public_id, why=why, by=by, at=at)
    payload = {"members": [str(each.public_id) for each in people], "at": at.isoformat()}
    order = outbox.Order(
        kind=KEEP, key=f"{KEEP}:{member.public_id}", run_at=at, programme=member.programme, payload=payload
    )
    outbox.queue(orders=[order])
    return row


def _named(people: Sequence[Member]) -> Names:
    """All that these records are known by, in any of them."""
    numbers = Card.objects.of(people[0].programme_id).filter(member__in=people).values_list("number", flat=True)
    known = [
        *numbers,
        *(each.email for each in people),
        *(each.full_name for each in people if each.first_name and each.last_name),
    ]
    known += [each.login.email for each in people if each.login is not None]
    known += [part for each in people if each.phone for part in (each.phone, each.phone[-LOCAL_DIGITS:])]
    words = [text for each in people for text in (each.first_name, each.last_name)]
    alone = [*known, *(each.external_id for each in people)]
    return names(inside=[text for text in known if len(text) >= TELLING], words=words, whole=alone)

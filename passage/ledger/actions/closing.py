"""The accounts of a person who is forgotten: closed by entries like any other, and no free text left in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from passage.ledger.actions.account_batch import AccountBatch
from passage.ledger.actions.posting import Cause
from passage.ledger.models import Correction, Entry
from passage.members.models import Member
from passage.programme.blanking import blanked, full


@transaction.atomic
def close_accounts(*, people: Sequence[Member], by: str, at: datetime) -> int:
    """Expires what the records of one person hold, writes off what they owe, and empties the reasons that were typed.

    How many points ended. The rewards that hold points have been let go before.
    """
    programme, ids = people[0].programme, [member.pk for member in people]
    accounts = AccountBatch.open(programme=programme, members=ids, with_lots=ids)
    cause = Cause(uuid.uuid4(), by, at, at)
    ended = sum(account_state.close(cause=cause) for member in ids for account_state in accounts.account_states(member))
    accounts.write()
    typed = Entry.objects.of(programme).filter(account__member__in=people, kind=Entry.Kind.ADJUST)
    full(typed).update(**blanked(typed.model))
    corrections = Correction.objects.of(programme).filter(member__in=people)
    # What still waits for a second person would be booked to nobody.
    corrections.filter(state=Correction.State.ASKED).update(state=Correction.State.OVER, decided_at=at)
    corrections.update(reason="", answer="")
    return ended

"""Operations as JSON and back, the answers a till is given signed, and the code on a receipt."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from pydantic import TypeAdapter

from passage.journal import deeds
from passage.journal.deeds import KIND as DONE
from passage.journal.models import TillOperation
from passage.journal.values import Deed, Item, Move, Sent
from passage.programme.models import Key
from passage.purchases.values import Return, Sale
from passage.rewards.actions import HELD, Held

SALT = "journal.answer"
SALE, RETURN, MOVE = TypeAdapter(Sale), TypeAdapter(Return), TypeAdapter(Move)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10


def as_json(item: Item) -> dict[str, Any]:
    match item:
        case Sale():
            return {"sale": SALE.dump_python(item, mode="json")}
        case Return():
            return {"return": RETURN.dump_python(item, mode="json")}
        case Move():
            return {"move": MOVE.dump_python(item, mode="json")}
        case Deed():  # what it says stays sealed
            return {DONE: {"verb": item.verb, "member": str(item.member)}}


def item_of(kept: Mapping[str, Any]) -> Item:
    [(kind, content)] = kept.items()
    text = json.dumps(content)
    match kind:
        case "sale":
            return SALE.validate_json(text)
        case "return":
            return RETURN.validate_json(text)
        case _:
            return MOVE.validate_json(text)


def fingerprint(sent: Sent) -> str:
    content = json.dumps([sent.kind, sent.payload], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That this server had taken the operation before it was put back to a backup.

    ``is_whole``: it is proof of the content too, of when and by whom it was done, of the purchase that it became and of
    the rewards that it captured. ``bearer`` makes the member again whose it was, where they were new then. What was signed
    before that was told says no more than that the operation was recorded.
    """

    is_whole: bool = False
    occurred_at: datetime | None = None
    clerk: int | None = None
    purchase: uuid.UUID | None = None
    rewards: tuple[Held, ...] = ()
    bearer: Mapping[str, Any] | None = None


def signed_answer(
    row: TillOperation, /, *, status: str, rewards: Sequence[Held] = (), bearer: Mapping[str, Any] | None = None
) -> str:
    """The answer, for the till to keep and to send along if it ever sends the operation again."""
    told = [each.as_json() for each in rewards]
    purchase = str(row.purchase.public_id) if row.purchase else None
    content = [
        row.programme_id,
        str(row.op_id),
        status,
        row.fingerprint,
        row.occurred_at.isoformat(),
        row.clerk_id,
        purchase,
        told,
        deeds.sealed(bearer) if bearer is not None else "",
    ]
    return signing.dumps(content, salt=SALT, compress=True)


def proof(sent: Sent, /, *, programme_id: int) -> Proof | None:
    """What the signed answer proves that came with the operation; None where it proves nothing."""
    try:
        said = signing.loads(sent.was, salt=SALT) if sent.was else []
    except signing.BadSignature:
        return None
    match said:
        case [owner, op_id, ("recorded" | "parked"), *_] if (owner, op_id) != (programme_id, str(sent.op_id)):
            return None
        case [_, _, ("recorded" | "parked"), mark, moment, clerk, purchase, rewards, *bearer] if mark == fingerprint(
            sent
        ):
            return Proof(
                is_whole=True,
                occurred_at=datetime.fromisoformat(moment),
                clerk=clerk,
                purchase=uuid.UUID(purchase) if purchase else None,
                rewards=tuple(HELD.validate_python(each) for each in rewards),
                bearer=deeds.unsealed(bearer[0]) if bearer and bearer[0] else None,
            )
        case [_, _, "recorded"]:
            return Proof()
        case _:
            return None


def claim_key(key: Key, /) -> bytes:
    """What the till of this pairing makes its claim codes with."""
    return _derived(f"claim:{key.pk}")


def claim_code(*, key: Key, op_id: uuid.UUID) -> str:
    """Ten letters and digits that nobody guesses: the first fifty bits of a keyed hash of the operation's id."""
    bits = int.from_bytes(hmac.digest(claim_key(key), op_id.bytes, "sha256")[:7], "big") >> 6
    return "".join(CROCKFORD[bits >> (5 * place) & 31] for place in reversed(range(CODE_LENGTH)))


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"passage.journal:{purpose}".encode(), "sha256")

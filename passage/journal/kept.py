"""Operations as JSON and back, the answers a till is given signed, and the code on a receipt."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import signing
from pydantic import TypeAdapter

from passage.journal.values import Item, Move, Sent
from passage.programme.models import Key
from passage.purchases.values import Return, Sale

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


def signed_answer(*, programme_id: int, op_id: uuid.UUID, status: str) -> str:
    return signing.dumps([programme_id, str(op_id), status], salt=SALT)


def was_recorded(*, text: str, programme_id: int, op_id: uuid.UUID) -> bool:
    """Whether this server, before it was restored, had answered that the operation is recorded."""
    try:
        return bool(text) and signing.loads(text, salt=SALT) == [programme_id, str(op_id), "recorded"]
    except signing.BadSignature:
        return False


def claim_key(key: Key, /) -> bytes:
    """What the till of this pairing makes its claim codes with."""
    return _derived(f"claim:{key.pk}")


def claim_code(*, key: Key, op_id: uuid.UUID) -> str:
    """Ten letters and digits that nobody guesses: the first fifty bits of a keyed hash of the operation's id."""
    bits = int.from_bytes(hmac.digest(claim_key(key), op_id.bytes, "sha256")[:7], "big") >> 6
    return "".join(CROCKFORD[bits >> (5 * place) & 31] for place in reversed(range(CODE_LENGTH)))


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"passage.journal:{purpose}".encode(), "sha256")

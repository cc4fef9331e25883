"""What a till did by another route than its journal, told to it under seal: it keeps it, and tells it as an operation.

If the server is put back to a backup that does not hold it, it is made again from there. Only the server can read it,
so that no name and no phone number lies open on a device, and nobody but the server can have made it.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac
from pydantic import TypeAdapter

from passage.journal.values import Deed

SALT = "passage.journal.deed"
DEED: TypeAdapter[Deed] = TypeAdapter(Deed)
KIND = "done"
BETWEEN = "."


def told(deed: Deed, /) -> str:
    """The id of the operation to tell it by, and behind the first dot the seal."""
    text = json.dumps(DEED.dump_python(deed, mode="json"), separators=(",", ":")).encode()
    return f"{deed.op_id}{BETWEEN}{_box().encrypt(zlib.compress(text)).decode()}"


def opened(sealed: str, /) -> Deed | None:
    """The deed; None for what was not sealed here."""
    try:
        return DEED.validate_json(zlib.decompress(_box().decrypt(sealed.encode())))
    except (InvalidToken, ValueError, zlib.error):
        return None


def sealed(content: Any, /) -> str:
    """Of something else that a till keeps with an answer and cannot read."""
    return _box().encrypt(zlib.compress(json.dumps(content, separators=(",", ":")).encode())).decode()


def unsealed(text: str, /) -> Any:
    """What was sealed; None for what was not sealed here."""
    try:
        return json.loads(zlib.decompress(_box().decrypt(text.encode())))
    except (InvalidToken, ValueError, zlib.error):
        return None


def is_about(kept: Any, people: frozenset[uuid.UUID]) -> bool:
    """Whether an operation's item, as kept, is a deed about one of these."""
    about = kept.get("done", {}).get("member") if isinstance(kept, dict) else None
    return about in {str(each) for each in people}


def _box() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(salted_hmac(SALT, "", secret=secret, algorithm="sha256").digest())

"""A till on the other side of the API: what it sends, and somebody signed in at it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.utils import timezone

from passage.api.tests.world import Till
from passage.programme import actions as programmes
from tests.cast import BY, CARD

BOOT = "boot-1"


def signed_in(device, staff, pin="3690"):
    programmes.set_pin(staff=staff, pin=pin, by=BY, at=timezone.now())
    told = device.post(f"/till/clerks/{staff.pk}/session", {"pin": pin})
    assert told.status_code == 200, told.content
    return Till(device.secret, {"Passage-Clerk": told.json()["token"]})


def an_operation(seq=1, kind="sale", payload=None, **changes):
    return {
        "id": str(uuid.uuid4()),
        "seq": seq,
        "boot": BOOT,
        "mono": 1000 * seq,
        "wall": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "payload": a_payload() if payload is None else payload,
        **changes,
    }


def a_payload(amount=1000, **changes):
    return {
        "currency": "PLN",
        "lines": [{"id": "1", "amount": amount, "name": "Chleb", "vat_bp": 500}],
        "member": {"card": CARD},
        "receipt": "1-1",
        **changes,
    }


def tell(device, *operations):
    wall = datetime.now(UTC).isoformat(timespec="seconds")
    told = device.post("/till/operations", {"boot": BOOT, "mono": 60_000, "wall": wall, "operations": operations})
    assert told.status_code == 200, told.content
    return told.json()

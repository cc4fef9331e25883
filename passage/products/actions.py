"""Every write to products: put on sale, change, retire."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction

from passage.audit.actions import note
from passage.engine.basket import LineKind
from passage.engine.money import MAX_AMOUNT
from passage.products.models import BARCODE, CATEGORY, MAX_POSITION, MAX_VAT_BP, Product
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Programme

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TEXTS = {"name": limits.NAME, "category": CATEGORY, "barcode": BARCODE}
NUMBERS = {"price": MAX_AMOUNT, "vat_bp": MAX_VAT_BP, "deposit": MAX_AMOUNT, "position": MAX_POSITION}
KINDS = frozenset(kind.value for kind in LineKind)
NEEDED = ("name", "price")


class Details(TypedDict, total=False):
    """What a product is. What is not given stays as it is; a new one needs a name and a price."""

    name: str
    category: str
    price: int
    vat_bp: int | None
    kind: str
    deposit: int
    barcode: str
    weighed: bool
    position: int


@transaction.atomic
def put(*, programme: Programme, code: str, by: str, at: datetime, **details: Unpack[Details]) -> Product:
    """The product with this code, on sale, with this content: made, changed or brought back.

    A product that is so already is not written again. Raises ``Refused`` with the field and one of the codes
    missing, invalid, too_long, unknown_field, and taken for the barcode of another product, even a retired one.
    """
    wanted = _clean(details)
    held = _held(programme, _code(code))
    return _make(programme, code, wanted, by, at) if held is None else _change(held, wanted, by, at)


@transaction.atomic
def retire(*, product: Product, by: str, at: datetime) -> Product:
    """Off the till from now on; a retired product stays as it is, and keeps its code and barcode."""
    held = _held(product.programme, product.code)
    assert held is not None  # no row of a product is ever deleted
    if held.retired_at is None:
        held.retired_at = held.changed_at = at
        held.save(update_fields=["retired_at", "changed_at"])
        note(programme=held.programme, by=by, verb="product.retired", subject=_subject(held), at=at)
    return held


def _make(programme: Programme, code: str, wanted: dict[str, Any], by: str, at: datetime) -> Product:
    for field in NEEDED:
        if field not in wanted:
            raise Refused("missing", field=field)
    made = Product(programme=programme, code=code, changed_at=at, **wanted)
    _refuse_taken(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        # Somebody was faster between the look and the write.
        twin = _held(programme, code)
        if twin is None:
            _refuse_taken(made)
            raise
        return _change(twin, wanted, by, at)
    note(programme=programme, by=by, verb="product.put", subject=_subject(made), at=at, fields=sorted(wanted))
    return made


def _change(held: Product, wanted: dict[str, Any], by: str, at: datetime) -> Product:
    changed = sorted(field for field, value in wanted.items() if getattr(held, field) != value)
    if not changed and held.retired_at is None:
        return held
    for field in changed:
        setattr(held, field, wanted[field])
    held.retired_at, held.changed_at = None, at
    _refuse_taken(held)
    try:
        with transaction.atomic():
            held.save(update_fields=[*changed, "retired_at", "changed_at"])
    except IntegrityError:
        # Somebody was faster between the look and the write.
        _refuse_taken(held)
        raise
    note(programme=held.programme, by=by, verb="product.put", subject=_subject(held), at=at, fields=changed)
    return held


def _refuse_taken(product: Product) -> None:
    if not product.barcode:
        return
    others = Product.objects.of(product.programme_id).filter(barcode=product.barcode).exclude(code=product.code)
    holder = others.values_list("code", flat=True).first()
    if holder is not None:
        raise Refused("taken", field="barcode", params={"code": holder})


def _held(programme: Programme, code: str) -> Product | None:
    """The row as it is now, locked until the end of the transaction."""
    rows = Product.objects.of(programme).select_for_update(no_key=True)
    held: Product | None = rows.filter(code=code).first()
    return held


def _code(code: str) -> str:
    if len(code) > limits.CODE:
        raise Refused("too_long", field="code", params={"limit": limits.CODE})
    if not CODE.fullmatch(code):
        raise Refused("missing" if not code else "invalid", field="code")
    return code


def _clean(details: Details) -> dict[str, Any]:
    return {field: _value(field, value) for field, value in details.items()}


def _value(field: str, value: object) -> object:
    if field in TEXTS:
        return _text(field, value)
    if field in NUMBERS:
        is_whole = type(value) is int and 0 <= value <= NUMBERS[field]
        is_fit = is_whole or (field == "vat_bp" and value is None)
    elif field == "kind":
        is_fit = isinstance(value, str) and value in KINDS
        value = str(value)
    elif field == "weighed":
        is_fit = isinstance(value, bool)
    else:
        raise Refused("unknown_field", field=field)
    if not is_fit:
        raise Refused("invalid", field=field)
    return value


def _text(field: str, value: object) -> str:
    """Single blanks, and nothing that cannot be shown on a till."""
    if not isinstance(value, str):
        raise Refused("invalid", field=field)
    text = " ".join(value.split())
    if len(text) > TEXTS[field]:
        raise Refused("too_long", field=field, params={"limit": TEXTS[field]})
    if not text.isprintable():
        raise Refused("invalid", field=field)
    if field in NEEDED and not text:
        raise Refused("missing", field=field)
    return text


def _subject(product: Product) -> str:
    return f"product:{product.code}"

"""What is on sale: all of it for a till, or what a code or a category names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from django.db.models import Q

from passage.products.models import Product
from passage.programme import limits
from passage.programme.models import Programme
from passage.programme.owned import OwnedQuerySet

# The order on a till's screen; the code decides between namesakes.
ORDER = ("position", "category", "name", "code")
SHOWN = ("code", "name", "category", "price", "vat_bp", "kind", "deposit", "barcode", "weighed", "position")
VERSION = 16  # hexadecimal digits


def on_sale(*, programme: Programme) -> list[Product]:
    """Everything a till of this programme can ring up, by position, category and name."""
    return list(_on_sale(programme).order_by(*ORDER))


def by_codes(*, programme: Programme, codes: Iterable[str]) -> dict[str, Product]:
    """Products on sale by code; unknown and retired ones are not in the answer.

    One statement for each `limits.IN_ONE_QUERY` codes.
    """
    wanted = list(dict.fromkeys(codes))
    found: dict[str, Product] = {}
    for start in range(0, len(wanted), limits.IN_ONE_QUERY):
        part = wanted[start : start + limits.IN_ONE_QUERY]
        found |= {product.code: product for product in _on_sale(programme).filter(code__in=part)}
    return found


def version(*, programme: Programme) -> str:
    """The same text as long as nothing on sale changes, another one as soon as anything does."""
    shown = sorted(_on_sale(programme).values_list(*SHOWN))  # codes are unique, so nothing else is compared
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:VERSION]


def matching(*, programme: Programme, codes: Iterable[str], categories: Iterable[str]) -> list[Product]:
    """Products on sale with one of the codes or in one of the categories, in the order of the till; of nothing, none.

    Takes what a rule's or a reward's selection holds (see `passage.engine.rules.Selection`).
    """
    named = Q(code__in=list(codes)) | Q(category__in=[category for category in categories if category])
    return list(_on_sale(programme).filter(named).order_by(*ORDER))


def _on_sale(programme: Programme) -> OwnedQuerySet:
    return Product.objects.of(programme).filter(retired_at=None)

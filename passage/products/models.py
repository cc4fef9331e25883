from __future__ import annotations

from django.db import models
from django.db.models import Q

from passage.engine.basket import LineKind
from passage.engine.money import MAX_AMOUNT
from passage.programme import limits
from passage.programme.owned import Owned

CATEGORY = 40  # characters of a category
BARCODE = 64  # characters of a barcode
MAX_VAT_BP = 10_000
MAX_POSITION = 1_000_000


class Product(Owned):
    """``price`` and ``deposit`` are minor units, tax included; of one kilogram where ``weighed``.

    On sale while ``retired_at`` is empty.
    """

    fixed = ("programme", "code")

    code = models.CharField(max_length=limits.CODE)
    name = models.CharField(max_length=limits.NAME)
    category = models.CharField(max_length=CATEGORY, blank=True)
    price = models.BigIntegerField()
    vat_bp = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in LineKind], default="product")
    deposit = models.BigIntegerField(default=0)
    barcode = models.CharField(max_length=BARCODE, blank=True)
    weighed = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "code"], name="product_code"),
            models.UniqueConstraint(fields=["programme", "barcode"], condition=~Q(barcode=""), name="product_barcode"),
            models.CheckConstraint(condition=Q(price__gte=0, price__lte=MAX_AMOUNT), name="product_price"),
            models.CheckConstraint(
                condition=Q(vat_bp=None) | Q(vat_bp__gte=0, vat_bp__lte=MAX_VAT_BP), name="product_vat"
            ),
            models.CheckConstraint(condition=Q(deposit__gte=0, deposit__lte=MAX_AMOUNT), name="product_deposit"),
        ]

    def __str__(self) -> str:
        return self.name

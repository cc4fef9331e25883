from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from passage.programme.blanking import Blank
from passage.programme.owned import Owned, OwnedQuerySet


class PurchaseQuerySet(OwnedQuerySet):
    def standing(self) -> Self:
        """Of each sale that did not come back as a whole the one row that counts for it now.

        That is its latest move or judgement, else the sale itself; each has the sale's moment and shop, and its
        ``member`` is the record that the sale counts for, None for nobody.
        """
        sale = Coalesce(OuterRef("sale_id"), OuterRef("id"))
        followers = Purchase.objects.filter(programme=OuterRef("programme"), sale_id=sale)
        later = followers.filter(kind__in=REPLACING, id__gt=OuterRef("id"))
        whole = followers.filter(settlement__whole=True)
        return self.filter(~Exists(later), ~Exists(whole), kind__in=(Purchase.Kind.SALE, *REPLACING))


class Purchase(Owned):
    """A sale, or something that happened to one; never changed, corrected by another row.

    ``basket`` is what was rung up; ``context`` the rule versions and facts it was settled under;
    ``settlement`` the engine's answer. Money is minor units of ``currency``. ``receipt_key`` is the shop's
    natural key (shop, till, business date, receipt number), empty where the sale has no number.
    """

    append_only = True
    # How the sale named its member, what the rules knew of them, and free text.
    blanks = (
        Blank("reason"),
        Blank("context", ("request", "member"), ["", "", ""]),
        Blank("context", ("facts", "birthday"), None),
        Blank("context", ("facts", "name_day"), None),
        Blank("context", ("facts", "tags"), []),
    )

    class Kind(models.TextChoices):
        SALE = "sale", _("Sale")
        RETURN = "return", _("Return")
        VOID = "void", _("Void")
        MOVE = "move", _("Moved to another member")
        JUDGED = "judged", _("Judged again")

    objects: ClassVar = PurchaseQuerySet.as_manager()

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=6, choices=Kind)
    source = models.ForeignKey("programme.Source", on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    shop = models.ForeignKey("programme.Shop", on_delete=models.PROTECT, null=True, related_name="+")
    till = models.CharField(max_length=40, blank=True)
    business_date = models.DateField()
    receipt = models.CharField(max_length=64, blank=True)
    receipt_key = models.CharField(max_length=160, blank=True)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, null=True, related_name="purchases")
    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, null=True, related_name="+")
    sale = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="followers")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    basket = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    settlement = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "source", "client_id"], name="purchase_once"),
            models.UniqueConstraint(
                fields=["programme", "receipt_key"], condition=~Q(receipt_key=""), name="purchase_receipt_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="sale", sale=None) | (~Q(kind="sale") & Q(sale__isnull=False)),
                name="purchase_follows_a_sale",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "member", "occurred_at"], name="purchase_member"),
            models.Index(fields=["programme", "sale"], name="purchase_sale", condition=Q(sale__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.receipt or self.client_id}"

    @property
    def of_sale(self) -> Purchase:
        """The sale itself, of whatever happened to it."""
        return self.sale or self


# Followers that from then on count in the place of the sale, and those that take something of it back.
REPLACING = (Purchase.Kind.MOVE, Purchase.Kind.JUDGED)
RETURNS = (Purchase.Kind.RETURN, Purchase.Kind.VOID)


class Parked(Owned):
    """A return that came before its sale, or that matches none yet: applied when the sale arrives (E-12)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for its sale")
        APPLIED = "applied", _("Applied")
        DISMISSED = "dismissed", _("Dismissed")

    source = models.ForeignKey("programme.Source", on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    sale_client_id = models.CharField(max_length=64, blank=True)
    sale_receipt_key = models.CharField(max_length=160, blank=True)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, null=True, related_name="+")
    request = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    by = models.CharField(max_length=60)
    received_at = models.DateTimeField()
    applied_as = models.ForeignKey(Purchase, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "source", "client_id"], name="parked_once"),
        ]
        indexes = [
            models.Index(fields=["programme", "sale_client_id"], name="parked_by_id", condition=Q(state="waiting")),
            models.Index(
                fields=["programme", "sale_receipt_key"], name="parked_by_receipt", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return self.client_id

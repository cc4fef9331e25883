from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from passage.programme.owned import Owned


class TillOperation(Owned):
    """One thing that happened at a till. ``seq`` counts up within a pairing (its key); None where the number was taken.

    ``boot``, ``mono`` (milliseconds) and ``wall`` are the till's clocks; ``occurred_at`` is what the server made of
    them. ``item`` is the operation as it could be read, ``payload`` as it was sent; ``problem`` is why it is quarantined.
    """

    class State(models.TextChoices):
        RECORDED = "recorded", _("Recorded")
        PARKED = "parked", _("Waiting for its sale")
        QUARANTINED = "aside", _("Put aside")
        RESOLVED = "mended", _("Mended")
        DISMISSED = "dismissed", _("Dismissed")

    key = models.ForeignKey("programme.Key", on_delete=models.PROTECT, related_name="operations")
    op_id = models.UUIDField()
    seq = models.PositiveIntegerField(null=True)
    boot = models.CharField(max_length=64)
    mono = models.BigIntegerField()
    wall = models.DateTimeField()
    kind = models.CharField(max_length=10)
    clerk = models.ForeignKey("programme.Staff", on_delete=models.PROTECT, null=True, related_name="+")
    payload = models.JSONField(default=dict)
    item = models.JSONField(null=True)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State)
    problem = models.JSONField(null=True)
    warnings = models.JSONField(default=list)
    purchase = models.ForeignKey("purchases.Purchase", on_delete=models.PROTECT, null=True, related_name="+")
    claim_code = models.CharField(max_length=10, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "op_id"], name="till_operation_once"),
            models.UniqueConstraint(fields=["programme", "key", "seq"], name="till_operation_number"),
        ]
        indexes = [
            models.Index(fields=["programme", "id"], name="till_operation_aside", condition=Q(state="aside")),
            models.Index(fields=["programme", "claim_code"], name="till_operation_claim", condition=~Q(claim_code="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"

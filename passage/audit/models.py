from __future__ import annotations

from django.db import models

from passage.programme.blanking import Blank
from passage.programme.owned import Owned


class Event(Owned):
    """``by`` is "staff:7", "key:3", "member:12" or "system:<job>"; ``subject`` is "member:<public id>" and the like."""

    append_only = True
    blanks = (Blank("detail", ("reason",)),)

    by = models.CharField(max_length=60)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]
        indexes = [
            models.Index(fields=["programme", "subject", "at"], name="event_subject"),
            models.Index(fields=["programme", "by", "at", "id"], name="event_by"),
            models.Index(fields=["programme", "at", "id"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


class Operation(Owned):
    """A write asked for with an Idempotency-Key: its answer, kept for ever with what it did.

    Purchases and redemptions keep their own keys; this is for the other writes of the API.
    """

    append_only = True

    source = models.ForeignKey("programme.Source", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "source", "key"], name="operation_once"),
        ]

    def __str__(self) -> str:
        return self.key

from __future__ import annotations

import uuid

from django.db import models

from passage.programme.owned import Owned


class Archive(Owned):
    """An archive that an owner asked for in the back office. The file lies beside the database until ``until``."""

    stays_behind = "archives that were made are not packed into the next one"
    fixed = ("programme", "asked_at")

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        GONE = "gone"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["programme"], condition=models.Q(state="waiting"), name="archive_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"archive {self.public_id} ({self.state})"

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from passage.programme.owned import Owned

MONTHS, NOTICE_DAYS = 36, 30


class Erasure(Owned):
    """Who was forgotten, by number and date and nothing else: from this a restored backup forgets again."""

    append_only = True

    class Why(models.TextChoices):
        ASKED = "asked", _("The member asked for it")
        MISTAKE = "mistake", _("Enrolled by mistake")
        ABSENT = "absent", _("Not seen for too long")
        AGAIN = "again", _("Forgotten before the backup was put back")

    public_id = models.UUIDField(unique=True)
    why = models.CharField(max_length=8, choices=Why)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return str(self.public_id)


class Retention(Owned):
    """How long a member may stay away before they are forgotten; at most one row. 0 months: for ever."""

    months = models.PositiveSmallIntegerField(default=MONTHS)
    notice_days = models.PositiveSmallIntegerField(default=NOTICE_DAYS)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme"], name="retention_one"),
        ]

    def __str__(self) -> str:
        return f"{self.months} months"


class Notice(Owned):
    """A member who has stayed away too long, and the day on which they are forgotten unless they come back."""

    member = models.OneToOneField("members.Member", on_delete=models.PROTECT, related_name="notice")
    erase_on = models.DateField()
    made_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]
        indexes = [models.Index(fields=["programme", "erase_on"], name="notice_day")]

    def __str__(self) -> str:
        return f"{self.member_id} on {self.erase_on}"

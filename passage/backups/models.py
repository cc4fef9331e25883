from __future__ import annotations

from django.db import models


class Backup(models.Model):
    """One file that was made of this database. ``proven_at``: when it was restored elsewhere and its books were right.

    ``reached`` is the last number of each till's journal that is in it, by the id of the till's key.
    """

    name = models.CharField(max_length=60, unique=True)
    made_at = models.DateTimeField()
    size = models.BigIntegerField()
    proven_at = models.DateTimeField(null=True)
    reached = models.JSONField(default=dict)
    trouble = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name

from __future__ import annotations

from django.db import models

from passage.programme.owned import Owned


class Block(Owned):
    """The rows that were written since the block before, as one hash; ``number`` counts from 1 without a gap.

    ``tables`` names for each table the ids that it goes on after and ends with, how many rows it sealed and their hash;
    ``sums`` the points of its entries by the id of their unit. ``marks`` is no part of the hash: eight bytes of each row's own
    hash, by which a row that changed is found.
    """

    append_only = True

    number = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    tables = models.JSONField()
    sums = models.JSONField()
    marks = models.BinaryField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "number"], name="block_number"),
        ]

    def __str__(self) -> str:
        return f"block {self.number}"

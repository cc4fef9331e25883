"""What belongs to a programme: the base of every tenant table."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class OwnedQuerySet(models.QuerySet[Any]):
    def of(self, programme: Any) -> Self:
        """Only this programme's rows: the first word of every query on a tenant table."""
        return self.filter(programme=programme)


class Owned(models.Model):
    """A row of one programme. UNIQUE (programme, id) is what composite foreign keys point at.

    When the programme leaves with everything (passage.archive), its rows go along. A table that does not says why in
    ``stays_behind``; ``secrets`` names columns that no archive may hold.
    """

    stays_behind = ""
    secrets: tuple[str, ...] = ()

    programme = models.ForeignKey("programme.Programme", on_delete=models.PROTECT, related_name="+")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["programme", "id"], name="%(app_label)s_%(class)s_tenant")]

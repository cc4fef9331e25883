from __future__ import annotations

from django.db import models

from passage.programme.owned import Owned


class Trial(Owned):
    """One draft tried on the sales since ``since``. ``rule`` None: a new rule.

    ``before`` is the number of the version that the draft was written against. ``reached`` is the last member that
    ``found`` counts in, so that a run goes on where it stopped. ``worth`` is minor units for a hundred of the unit.
    """

    fixed = ("programme", "rule")

    rule = models.ForeignKey("earning.Rule", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=80)
    definition = models.JSONField()
    before = models.PositiveIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)
    worth = models.BigIntegerField(null=True)
    expected = models.BigIntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    found = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    published = models.ForeignKey("earning.RuleVersion", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return self.name


class Backdating(Owned):
    """What a rule said when this was made, to hold since ``since``, a moment that was over (E-37).

    ``found`` is what a rehearsal came to; once it was confirmed, ``given`` is what judging the purchases again
    came to. ``reached`` is the last record that the one or the other has counted in. ``before`` is the number of the
    newest version that the rule had.
    """

    fixed = ("programme", "rule")

    rule = models.ForeignKey("earning.Rule", on_delete=models.PROTECT, related_name="+")
    definition = models.JSONField()
    before = models.PositiveIntegerField()
    since = models.DateTimeField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)
    expected = models.BigIntegerField()
    reached = models.BigIntegerField(default=0)
    found = models.JSONField(default=dict)
    looked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    given = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return str(self.since)

    @property
    def rests(self) -> bool:
        """Whether nothing is left to be done before somebody says so."""
        return (self.looked_at if self.confirmed_at is None else self.done_at) is not None

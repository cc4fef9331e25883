from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from passage.engine.tiers import Downgrade, Window
from passage.programme.owned import Owned


class Rule(Owned):
    """An earning rule through all its versions."""

    name = models.CharField(_("name"), max_length=80)
    made_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return self.name


class RuleVersion(Owned):
    """What a rule says from ``effective_from`` until its next version. Never changed: see E-37.

    ``definition`` is ``engine.rules.Rule`` as JSON; empty when the rule ends here. A sale recorded before
    ``recorded_at`` could not know it; None for what is older than that column, known since ``made_at``.
    """

    append_only = True

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField(default=dict)
    effective_from = models.DateTimeField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField(db_default=Now(), null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "rule", "number"], name="rule_version"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RuleUsage(Owned):
    """What a rule has given for the purchases of one record: on ``day``, in a year (its first of January), or ever.

    Limits count against those of all records of a person. The row "ever" (1 January of year 1) of the record that the
    person is today carries the remainder of E-03.
    """

    class Span(models.TextChoices):
        DAY = "day"
        YEAR = "year"
        EVER = "ever"

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="usages")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="usages")
    span = models.CharField(max_length=4, choices=Span)
    day = models.DateField()
    points = models.BigIntegerField(default=0)
    times = models.IntegerField(default=0)
    carry = models.BigIntegerField(default=0)

    class Meta(Owned.Meta):
        db_table = "earning_tally"  # the name that archives know it by
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "member", "rule", "span", "day"], name="tally_one"),
            models.CheckConstraint(condition=models.Q(carry__gte=0), name="rule_usage_carry"),
        ]

    def __str__(self) -> str:
        return f"{self.points} on {self.day}"


class Tier(Owned):
    """A status, for ever under its code; ``threshold`` is the one it had last. Schemes say which there are when."""

    code = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=40)
    threshold = models.BigIntegerField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "code"], name="tier_code"),
            models.CheckConstraint(condition=models.Q(threshold__gte=1), name="tier_threshold_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class TierScheme(Owned):
    """Which tiers there are from ``effective_from`` on, and how they are won and lost. Never changed, only followed.

    ``thresholds`` are credits by the code of a tier.
    """

    append_only = True

    number = models.PositiveIntegerField()
    thresholds = models.JSONField()
    window = models.CharField(max_length=14, choices=[(e.value, e.value) for e in Window], default=Window.LIFETIME)
    months = models.PositiveSmallIntegerField(default=12)
    grace_days = models.PositiveSmallIntegerField(default=0)
    downgrade = models.CharField(
        max_length=10, choices=[(e.value, e.value) for e in Downgrade], default=Downgrade.RECOMPUTED
    )
    revoke_on_return = models.BooleanField(default=True)
    effective_from = models.DateTimeField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "number"], name="tier_scheme_number"),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class TierChange(Owned):
    """A member's tier from ``at`` on; ``tier`` None is none. The latest change before a moment holds then,
    and of two at one moment the later row: so the past is put right without changing what is written.

    ``since`` is when the tier's period began: earlier than ``at`` where a tier goes on that was held before.
    ``until`` is the end of one that was given by hand; then what was earned counts again. ``cause`` is what brought it
    about: a purchase, a merge, a night of the job. What somebody did by hand has none.
    """

    append_only = True

    class Why(models.TextChoices):
        REACHED = "reached", _("Reached")
        RETURNED = "returned", _("A sale was returned")
        REVIEWED = "reviewed", _("The period ended")
        MERGED = "merged", _("Members were merged")
        GIVEN = "given", _("Given by hand")
        ENDED = "ended", _("What was given by hand ended")

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="tier_changes")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=8, choices=Why)
    credits = models.BigIntegerField()
    cause = models.UUIDField(null=True)
    at = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]
        indexes = [models.Index(fields=["programme", "member", "at"], name="tier_change_member")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.why}"

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from passage.programme.owned import Owned


class Reward(Owned):
    """A catalogue item through all its versions. ``stock`` None is unlimited; at ``low_at`` or fewer it is running out.

    ``worth`` is what one of them costs the owner, minor units. Before ``shown_from`` and from ``shown_until`` on it
    stands in no catalogue; when it can be had is said by its version.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    stock = models.IntegerField(null=True, blank=True)
    low_at = models.PositiveIntegerField(null=True, blank=True)
    worth = models.BigIntegerField(null=True, blank=True)
    shown_from = models.DateTimeField(null=True, blank=True)
    shown_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(condition=Q(stock=None) | Q(stock__gte=0), name="reward_stock"),
            models.CheckConstraint(condition=Q(worth=None) | Q(worth__gte=0), name="reward_worth"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_running_out(self) -> bool:
        return self.stock is not None and self.low_at is not None and self.stock <= self.low_at


class Picture(Owned):
    """What a reward looks like, in the two sizes that pages show, re-encoded by us and nothing of the file that came.

    ``address`` is made from reward and content: whoever has it may look, and what it leads to never changes.
    """

    reward = models.OneToOneField(Reward, on_delete=models.PROTECT, related_name="picture")
    address = models.UUIDField(unique=True)
    small = models.BinaryField()
    large = models.BinaryField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return str(self.address)


class RewardVersion(Owned):
    """What a reward is from ``effective_from`` until its next version: ``engine.rewards.Reward`` as JSON."""

    append_only = True

    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField(default=dict)
    effective_from = models.DateTimeField()
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "reward", "number"], name="reward_version"),
        ]

    def __str__(self) -> str:
        return f"{self.reward_id} v{self.number}"


class Redemption(Owned):
    """One exchange of points for a reward. ``order`` is the till's order it was chosen for (E-16).

    ``points`` were reserved; ``spent`` were captured; ``reversed`` of those came back. What a hand gives, and not the
    bill, has a ``handing``: it waits in ``shop`` (None: in any), or was handed over there. ``worth`` is what it cost the
    owner when its points were spent. ``took_stock``: a piece of the counted stock is set aside for it, or was given.
    ``feast_year`` is the year of the birthday or name day that it is for.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", _("Reserved")
        CAPTURED = "captured", _("Redeemed")
        RELEASED = "released", _("Released")
        EXPIRED = "expired", _("Reservation expired")
        REVERSED = "reversed", _("Reversed")

    class Handing(models.TextChoices):
        NONE = "", _("Nothing to hand over")
        WAITING = "waiting", _("Waiting to be handed over")
        HANDED_OVER = "handed_over", _("Handed over")
        CANCELLED = "cancelled", _("Cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey("programme.Source", on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="redemptions")
    version = models.ForeignKey(RewardVersion, on_delete=models.PROTECT, related_name="redemptions")
    reservation = models.OneToOneField("ledger.Reservation", on_delete=models.PROTECT, related_name="redemption")
    order = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.RESERVED)
    points = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)
    reversed = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=60)
    handing = models.CharField(max_length=11, choices=Handing, default=Handing.NONE, blank=True)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.CharField(max_length=60, blank=True)
    shop = models.ForeignKey("programme.Shop", on_delete=models.PROTECT, null=True, related_name="+")
    worth = models.BigIntegerField(null=True)
    took_stock = models.BooleanField(default=False)
    feast_year = models.PositiveSmallIntegerField(null=True)

    # The piece that the next write takes from the stock (-1) or puts back into it (1).
    stock_moves: int = 0
    # It is in somebody's hands already, whatever the stock says.
    is_given: bool = False

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "source", "client_id"], name="redemption_once"),
            models.CheckConstraint(condition=~Q(handing="waiting") | Q(state="captured"), name="redemption_waiting"),
            models.CheckConstraint(
                condition=~Q(handing="cancelled") | Q(state="reversed"), name="redemption_cancelled"
            ),
            models.CheckConstraint(
                condition=Q(handing="handed_over", handed_at__isnull=False)
                | (~Q(handing="handed_over") & Q(handed_at=None)),
                name="redemption_handed",
            ),
            models.CheckConstraint(condition=Q(spent__gte=0, spent__lte=F("points")), name="redemption_spent"),
            models.CheckConstraint(condition=Q(reversed__gte=0, reversed__lte=F("spent")), name="redemption_reversed"),
        ]
        indexes = [
            models.Index(fields=["programme", "member", "state"], name="redemption_member"),
            models.Index(fields=["programme", "closed_at"], condition=Q(handing="waiting"), name="redemption_shelf"),
            models.Index(
                fields=["programme", "handed_at"], condition=Q(handing="handed_over"), name="redemption_prize"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"

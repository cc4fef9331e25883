from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from passage.engine.expiry import Expiry, ExpiryKind, Lifespan
from passage.engine.money import MAX_AMOUNT, MAX_BALANCE
from passage.programme.blanking import Blank
from passage.programme.owned import Owned


class Unit(Owned):
    """What is counted: points, stamps, or purse money (minor units of the programme's currency)."""

    class Kind(models.TextChoices):
        POINTS = "points", _("Points")
        STAMPS = "stamps", _("Stamps")
        PURSE = "purse", _("Purse")

    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.POINTS)
    name = models.CharField(_("name"), max_length=40)
    qualifies = models.BooleanField(default=False)  # earning it counts as tier credits
    pending_days = models.PositiveSmallIntegerField(default=0)
    expiry_kind = models.CharField(
        max_length=14, choices=[(e.value, e.value) for e in ExpiryKind], default=ExpiryKind.NONE
    )
    expiry_count = models.PositiveSmallIntegerField(default=0)
    expiry_on = models.DateField(null=True, blank=True)
    # What is said of new points from a moment on, oldest first: {"from", "kind", "count", "on", "pending_days"}.
    later = models.JSONField(default=list, blank=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "code"], name="unit_code"),
        ]

    def __str__(self) -> str:
        return self.name

    def terms(self, at: datetime) -> Lifespan:
        """How long points that are earned at ``at`` live, and from when on they can be used."""
        return [each for each in self.all_terms() if each.since is None or each.since <= at][-1]

    def all_terms(self) -> list[Lifespan]:
        """Oldest first; the first ones have held from the beginning."""
        first = Expiry(ExpiryKind(self.expiry_kind), self.expiry_count, self.expiry_on)
        return [Lifespan(None, first, self.pending_days), *(_terms(kept) for kept in self.later)]


def _terms(kept: dict[str, Any]) -> Lifespan:
    on = date.fromisoformat(kept["on"]) if kept["on"] else None
    expiry = Expiry(ExpiryKind(kept["kind"]), kept["count"], on)
    return Lifespan(datetime.fromisoformat(kept["from"]), expiry, kept["pending_days"])


class Account(Owned):
    """What a member holds of one unit. ``balance`` may be below zero by ``debt``, and no further.

    ``reserved`` is held by open reservations. ``idle_until`` ends unused points where the unit
    expires by inactivity.
    """

    fixed = ("programme", "member", "unit")

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="accounts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="accounts")
    balance = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    idle_until = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "member", "unit"], name="account_one_per_unit"),
            models.CheckConstraint(condition=Q(debt__gte=0, debt__lte=MAX_BALANCE), name="account_debt"),
            models.CheckConstraint(condition=Q(reserved__gte=0, reserved__lte=MAX_BALANCE), name="account_reserved"),
            models.CheckConstraint(
                condition=Q(balance__gte=0 - F("debt"), balance__lte=MAX_BALANCE), name="account_floor"
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "idle_until"], name="account_idle", condition=Q(idle_until__isnull=False))
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"


class Entry(Owned):
    """One signed movement of an account, for ever.

    ``cause`` is the public id of what brought it about (a purchase, a redemption, an adjustment).
    ``because`` holds the reasons as the engine gave them. ``credits`` count towards tiers at
    ``counts_at``: the moment of the sale, also when a return takes them back. ``origin`` is the public id of the sale
    that earned the points or whose points are taken back, whatever followed it; nothing for what no sale brought about.
    """

    append_only = True
    # The free text of a correction by hand, which may name somebody.
    blanks = (Blank("because", (0, "reason")),)

    class Kind(models.TextChoices):
        EARN = "earn", _("Earned")
        CLAWBACK = "clawback", _("Taken back")
        SPEND = "spend", _("Spent")
        RESTORE = "restore", _("Given back")
        EXPIRE = "expire", _("Expired")
        ADJUST = "adjust", _("Adjusted")
        MERGE = "merge", _("Moved with a merge")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind)
    points = models.BigIntegerField()
    credits = models.BigIntegerField(default=0)
    cause = models.UUIDField(default=uuid.uuid4)
    origin = models.UUIDField(null=True)
    because = models.JSONField(default=list)
    by = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    counts_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(points__gte=-MAX_AMOUNT, points__lte=MAX_AMOUNT) & ~(Q(points=0) & Q(credits=0)),
                name="entry_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "account", "id"], name="entry_account"),
            models.Index(fields=["programme", "cause"], name="entry_cause"),
            models.Index(fields=["programme", "account"], name="entry_clawed", condition=Q(kind="clawback")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.points}"


class Lot(Owned):
    """Points credited together, with their own start and end. Only ``left`` ever changes, by allocations.

    ``origin`` is the public id of the sale that earned them; a lot made instead of another one has the same.
    """

    fixed = ("programme", "account", "entry", "size", "opened_at", "active_from", "expires_at", "instead_of", "origin")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lots")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lots")
    size = models.BigIntegerField()
    left = models.BigIntegerField()
    opened_at = models.DateTimeField()
    active_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    instead_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    origin = models.UUIDField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=MAX_AMOUNT), name="lot_size"),
            models.CheckConstraint(condition=Q(left__gte=0, left__lte=F("size")), name="lot_left"),
        ]
        indexes = [
            models.Index(fields=["programme", "account"], name="lot_open", condition=Q(left__gt=0)),
            models.Index(fields=["programme", "expires_at"], name="lot_ending", condition=Q(left__gt=0)),
            models.Index(fields=["programme", "entry"], name="lot_entry"),
            models.Index(fields=["programme", "origin"], name="lot_origin", condition=Q(origin__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.left} of {self.size}"


class Allocation(Owned):
    """What an entry took from a lot (below zero) or put back into it (above zero).

    A clawback that found too little is a Debt; later allocations of the same entry repay it.
    """

    append_only = True

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="allocations")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="allocations")
    points = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(points__gte=-MAX_AMOUNT, points__lte=MAX_AMOUNT) & ~Q(points=0), name="allocation_amount"
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "entry"], name="allocation_entry"),
            models.Index(fields=["programme", "lot"], name="allocation_lot"),
        ]

    def __str__(self) -> str:
        return f"{self.points} of lot {self.lot_id}"


class Debt(Owned):
    """Points a return could not take back, or that a reward had taken before they were gone (E-12): the next credits
    repay the oldest first (E-22)."""

    fixed = ("programme", "account", "entry", "points")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debts")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="owed")
    points = models.BigIntegerField()
    left = models.BigIntegerField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(condition=Q(points__gte=1), name="debt_points"),
            models.CheckConstraint(condition=Q(left__gte=0, left__lte=F("points")), name="debt_left"),
        ]
        indexes = [models.Index(fields=["programme", "account"], name="debt_open", condition=Q(left__gt=0))]

    def __str__(self) -> str:
        return f"{self.left} of {self.points} owed"


class Reservation(Owned):
    """Points held for an order: open until captured, released, or past ``until``."""

    class State(models.TextChoices):
        OPEN = "open"
        CAPTURED = "captured"
        RELEASED = "released"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reservations")
    points = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.CheckConstraint(condition=Q(points__gte=1, points__lte=MAX_AMOUNT), name="reservation_points"),
        ]
        indexes = [models.Index(fields=["programme", "until"], name="reservation_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.points} {self.state}"


class Correction(Owned):
    """A balance put right by hand: booked at once, or asked for until a second person has agreed (F-42).

    ``decided_by`` is never who asked, in the database too. One that nobody answers is over at ``until``.
    ``once`` names what was sent: sent again, it is this correction and not another one.
    """

    fixed = ("programme", "member", "unit", "points", "reason", "by", "at", "until", "once")
    # What was typed may name somebody who is to be forgotten.
    blanks = (Blank("reason"),)

    class State(models.TextChoices):
        ALONE = "alone", _("Booked")
        ASKED = "asked", _("Waits for a second person")
        APPROVED = "approved", _("Agreed to and booked")
        REFUSED = "refused", _("Refused")
        OVER = "over", _("Nobody answered")

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="corrections")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    points = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="correction")
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)
    once = models.UUIDField(null=True)
    # A purchase typed by hand that gives these points, while it waits: it is recorded when a second person agrees.
    sale = models.JSONField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "once"], name="correction_once"),
            models.CheckConstraint(
                condition=Q(points__gte=-MAX_AMOUNT, points__lte=MAX_AMOUNT) & ~Q(points=0), name="correction_points"
            ),
            models.CheckConstraint(condition=Q(decided_by="") | ~Q(decided_by=F("by")), name="correction_two_people"),
            models.CheckConstraint(
                condition=Q(state__in=["alone", "approved"], entry__isnull=False)
                | Q(state__in=["asked", "refused", "over"], entry=None),
                name="correction_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "by", "at"], name="correction_by"),
            models.Index(fields=["programme", "id"], name="correction_asked", condition=Q(state="asked")),
        ]

    def __str__(self) -> str:
        return f"{self.points} {self.state}"

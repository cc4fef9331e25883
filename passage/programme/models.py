from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from passage.engine.facts import Clawback, Restore
from passage.programme.owned import Owned


class Login(AbstractBaseUser):
    """Somebody who can sign in, by e-mail. What they may do comes from Staff rows or from being a member."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email


class Installation(models.Model):
    """One row: this database since it was made or last restored. Tills that see another ``epoch`` send again."""

    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.epoch)


class Programme(models.Model):
    """A set of rules, units, rewards and tiers, and the people and shops under it.

    The settings below decide arithmetic; a purchase stores those it was settled under.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3)
    zone = models.CharField(_("time zone"), max_length=40, default="Europe/Paris")
    language = models.CharField(_("language"), max_length=5, default="en")
    region = models.CharField(_("country of local phone numbers"), max_length=2, default="FR")

    basis_with_tax = models.BooleanField(default=True)
    delivery_earns = models.BooleanField(default=True)
    points_paid_earns = models.BooleanField(default=False)
    gift_card_paid_earns = models.BooleanField(default=True)
    restore = models.CharField(
        max_length=16, choices=[(e.value, e.value) for e in Restore], default=Restore.PROPORTIONAL
    )
    clawback = models.CharField(max_length=16, choices=[(e.value, e.value) for e in Clawback], default=Clawback.DEBT)
    restored_days = models.PositiveSmallIntegerField(default=30)
    leap_day_on_28th = models.BooleanField(default=True)
    reservation_minutes = models.PositiveSmallIntegerField(default=15)
    late_days = models.PositiveSmallIntegerField(default=30)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Shop(Owned):
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    city = models.CharField(_("city"), max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "code"], name="shop_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Till(Owned):
    """A place where sales are rung up. A device is paired with it by a key of its own (see `Key.till`)."""

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="tills")
    code = models.CharField(_("code"), max_length=40)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "shop", "code"], name="till_code"),
        ]

    def __str__(self) -> str:
        return self.code


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    CLERK = "clerk", _("Clerk")
    AUDITOR = "auditor", _("Auditor")


class Staff(Owned):
    """A login's place in a programme; ``shop`` None means every shop."""

    secrets = ("pin_hash",)

    login = models.ForeignKey(Login, on_delete=models.PROTECT, related_name="places")
    role = models.CharField(max_length=10, choices=Role)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, blank=True, related_name="staff")
    left_at = models.DateTimeField(null=True, blank=True)
    pin_hash = models.CharField(max_length=128, blank=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "login"], condition=Q(left_at=None), name="staff_one_place"),
        ]

    def __str__(self) -> str:
        return f"{self.login} ({self.role})"


class Source(Owned):
    """Where operations come from: a till's software, a web shop, a file import, the back office itself.

    The ids that a source gives its operations are unique within it, for ever.
    """

    code = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=80)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "code"], name="source_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Key(Owned):
    """An API key of a source: shown once, kept as a SHA-256 hash of 256 random bits, revocable.

    With a ``till`` it is a pairing: the key of the device that stands there, the ``pairing``-th one of that till.
    """

    secrets = ("secret_hash",)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="keys")
    till = models.ForeignKey(Till, on_delete=models.PROTECT, null=True, blank=True, related_name="keys")
    pairing = models.PositiveIntegerField(default=0)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["programme", "till", "pairing"], condition=Q(till__isnull=False), name="key_pairing"
            ),
        ]

    def __str__(self) -> str:
        return self.prefix


class PairingCode(Owned):
    """A short code that pairs one device with a till: shown once in the back office, kept as a hash, used once."""

    stays_behind = "codes that pair a device are good for minutes, and for this server only"

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=60)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return f"code for till {self.till_id}"

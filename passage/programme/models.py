from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from passage.engine.facts import Clawback, Restore
from passage.programme.owned import Owned

# No mail can go there (RFC 2606): the domain of log-ins without an address.
NO_MAILBOX = "nobody.invalid"


class Login(AbstractBaseUser):
    """Somebody who can sign in, by e-mail. What they may do comes from Staff rows or from being a member."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    # Counted up to end every session at once: one that was begun in an earlier era opens nothing.
    era = models.PositiveIntegerField(default=0)
    # The public id of the programme whose invitation made this log-in; None for who came by themselves.
    made_for = models.UUIDField(null=True, editable=False)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """What a session must carry to be this login's: it ends with the password and with the era."""
        return self._in_this_era(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        yield from map(self._in_this_era, super().get_session_auth_fallback_hash())

    def _in_this_era(self, known: str) -> str:
        return f"{known}.{self.era}" if self.era else known

    @property
    def has_mailbox(self) -> bool:
        """Whether the address is one: somebody who only ever signs in at tills by PIN needs none."""
        return not self.email.endswith(f"@{NO_MAILBOX}")


class AttemptCount(models.Model):
    """How often something was tried since the first time; see `passage.programme.throttle`.

    ``key`` is a keyed hash of what and who: a row names nobody.
    """

    key = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="attempt_count_over")]

    def __str__(self) -> str:
        return self.key


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
    # Owners and managers must have a second factor before they open anything.
    second_factor = models.BooleanField(default=False)

    # Whom staff and members turn to; shown in every help and on every page that tells of a fault.
    support_email = models.EmailField(_("support e-mail"), blank=True)
    support_phone = models.CharField(_("support phone"), max_length=20, blank=True)
    support_page = models.URLField(_("support page"), blank=True)
    # Prizes worth more than the threshold are taxed where the programme is at home: what the law says, its owner sets.
    prize_watch = models.BooleanField(default=False)
    prize_threshold = models.BigIntegerField(default=0)
    prize_tax_bp = models.PositiveSmallIntegerField(default=1000)
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
    DEVELOPER = "developer", _("Developer")


class Rank(models.TextChoices):
    """A role and where it holds: what rights are given to. A manager of one shop is another person than one of all."""

    OWNER = "owner", _("Owner")
    CHAIN = "chain", _("Chain manager")
    SHOP = "shop", _("Shop manager")
    CLERK = "clerk", _("Clerk")
    AUDITOR = "auditor", _("Auditor")
    DEVELOPER = "developer", _("Developer")


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

    @property
    def rank(self) -> Rank:
        return rank_of(self.role, self.shop_id)


def rank_of(role: str, shop: int | None, /) -> Rank:
    """What somebody of this role is in that shop, or (None) in all."""
    if role == Role.MANAGER:
        return Rank.CHAIN if shop is None else Rank.SHOP
    return Rank(role)


class Invitation(Owned):
    """A place offered to whoever reads a mailbox. Until they accept it nobody has the place, and nobody is bound.

    ``shown_to`` are those ("staff:7") who saw the link on a page and could have used it. What is over names nobody.
    """

    stays_behind = "invitations are good for a week, and for this server only"
    secrets = ("pin_hash",)

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        OVER = "over"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=10, choices=Role)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    pin_hash = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    shown_to = models.JSONField(default=list)
    by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "email"], condition=Q(state="open"), name="invitation_open"),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.state})"

    @property
    def rank(self) -> Rank:
        return rank_of(self.role, self.shop_id)


class Tie(Owned):
    """Who had a person's place or log-in in hand, so that the two are no two people: see `passage.programme.second`.

    ``by`` ("staff:7") gave them the place, or was shown a link with which their password could be chosen.
    """

    append_only = True

    class Kind(models.TextChoices):
        HIRED = "hired"
        LET_IN = "let_in"

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="ties")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"


class Control(Owned):
    """What one person may do alone, and what the integrity board looks for; a programme without a row has the defaults.

    Corrections above ``alone`` units, or above ``alone_a_day`` together, wait for a second person; 0 is no limit.
    """

    alone = models.PositiveIntegerField(default=0)
    alone_a_day = models.PositiveIntegerField(default=0)
    own_card = models.BooleanField(default=False)
    card_a_day = models.PositiveSmallIntegerField(default=2)
    card_a_week = models.PositiveSmallIntegerField(default=6)
    late_minutes = models.PositiveSmallIntegerField(default=30)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme"], name="control_once"),
        ]

    def __str__(self) -> str:
        return f"control of {self.programme_id}"


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
    # Who was shown the secret ("staff:7"): what the key asks for is asked for by them.
    made_by = models.CharField(max_length=60, blank=True)

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


class Approval(Owned):
    """Somebody above agreed at a till to one deed about one sale. Used once."""

    stays_behind = "approvals at a till are good for minutes, and for this server only"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    sale = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.kind} {self.sale}"

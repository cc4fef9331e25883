from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Right
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from passage.programme import limits
from passage.programme.owned import Owned, OwnedQuerySet


class MemberQuerySet(OwnedQuerySet):
    def active(self) -> MemberQuerySet:
        return self.filter(status=Member.Status.ACTIVE)


class Member(Owned):
    """A person, or just a card's bearer: every personal field may stay empty (B-28).

    ``name_key`` is "kowalska anna", ``turned_key`` "anna kowalska". ``email_key`` and ``phone`` are canonical
    (lower-case address; E.164). Birthday and name day are "MM-DD": the year is nobody's business.

    A person is all their records: what happened under one stays there. ``merged_into`` of an alias is the record that
    the person is today, never another alias.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")
        MERGED = "merged", _("Merged")
        ERASED = "erased", _("Erased")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    external_id = models.CharField(_("number in another system"), max_length=80, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    name_key = models.CharField(max_length=170, blank=True, editable=False)
    turned_key = models.CharField(max_length=170, blank=True, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    phone_tail = models.GeneratedField(
        expression=Right("phone", limits.PHONE_TAIL),
        output_field=models.CharField(max_length=limits.PHONE_TAIL),
        db_persist=True,
    )
    birthday = models.CharField(_("birthday"), max_length=5, blank=True)
    name_day = models.CharField(_("name day"), max_length=5, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    tags = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="aliases")
    login = models.ForeignKey(
        "programme.Login", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    joined_at = models.DateTimeField()

    objects: ClassVar = MemberQuerySet.as_manager()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "email_key"], condition=~Q(email_key=""), name="member_email"),
            models.UniqueConstraint(fields=["programme", "phone"], condition=~Q(phone=""), name="member_phone"),
            models.UniqueConstraint(
                fields=["programme", "external_id"], condition=~Q(external_id=""), name="member_external_id"
            ),
            models.UniqueConstraint(
                fields=["programme", "login"], condition=Q(login__isnull=False), name="member_login"
            ),
            # The same letters in another order: whoever changes or empties one changes the other.
            models.CheckConstraint(condition=Exact(Length("turned_key"), Length("name_key")), name="member_turned_key"),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False) | (~Q(status="merged") & Q(merged_into=None)),
                name="member_merged_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "name_key"], name="member_name"),
            models.Index(fields=["programme", "turned_key"], name="member_first_name", condition=~Q(turned_key="")),
            models.Index(fields=["programme", "phone_tail"], name="member_phone_tail", condition=~Q(phone_tail="")),
        ]

    def __str__(self) -> str:
        return self.full_name or str(_("Member"))

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Consent(Owned):
    """What a member said to one way of being written to; the latest row of a purpose counts, the others are proof.

    ``wording`` is the text that was shown, ``version`` its name; ``source`` is where, "till:rynek/1" or "api".
    """

    append_only = True

    class Purpose(models.TextChoices):
        EMAIL = "email", _("News by e-mail")
        SMS = "sms", _("News by SMS")

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    given = models.BooleanField()
    version = models.CharField(max_length=20)
    wording = models.TextField()
    source = models.CharField(max_length=90)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]
        indexes = [models.Index(fields=["programme", "member", "purpose"], name="consent_member")]

    def __str__(self) -> str:
        return f"{self.purpose} {'given' if self.given else 'not given'}"


class Merge(Owned):
    """Two members found to be one: ``gone`` lives on as an alias of ``kept``. ``before`` allows the way back.

    ``before["aliases"]`` are the records that led to ``gone`` and lead to ``kept`` since. Erasing the person empties
    ``before`` and ``reason``.
    """

    gone = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="merges")
    before = models.JSONField(default=dict)
    reason = models.CharField(max_length=limits.REASON, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"

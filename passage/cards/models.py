from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from passage.programme.owned import Owned


class Card(Owned):
    """``number`` is canonical: capitals and digits only. A blank card has no member yet."""

    class State(models.TextChoices):
        BLANK = "blank", _("Blank")
        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")
        LOST = "lost", _("Lost")
        REPLACED = "replaced", _("Replaced")
        EXPIRED = "expired", _("Expired")

    number = models.CharField(_("number"), max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.BLANK)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, null=True, related_name="cards")
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaces")
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "number"], name="card_number"),
            models.CheckConstraint(
                condition=Q(state="blank", member=None) | (~Q(state="blank") & Q(member__isnull=False)),
                name="card_blank_or_bound",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class NumberPattern(Owned):
    """How numbers of this programme's own cards are made (`passage.cards.patterns`). What was printed stays known."""

    append_only = True

    class Check(models.TextChoices):
        EAN = "ean", _("Digits; the last one is the check digit of barcodes")
        LUHN = "luhn", _("Digits; the last one is the check digit of payment cards (Luhn)")
        LETTERS = "letters", _("Letters and digits, no check digit")

    prefix = models.CharField(max_length=16, blank=True)
    length = models.PositiveSmallIntegerField()
    check_kind = models.CharField(max_length=7, choices=Check)
    made_at = models.DateTimeField()
    by = models.CharField(max_length=60)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "prefix", "length", "check_kind"], name="pattern_once"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.length})"


class OwnCard(Owned):
    """The member is this person of the staff, who is not to serve themselves (P-46); over once ``ended_at`` is set."""

    fixed = ("programme", "staff", "member", "by", "at")

    staff = models.ForeignKey("programme.Staff", on_delete=models.PROTECT, related_name="own_cards")
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["programme", "staff", "member"], condition=Q(ended_at=None), name="own_card_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} is {self.staff}"

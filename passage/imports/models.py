from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from passage.programme.owned import Owned


class Import(Owned):
    """One file and what became of it. ``columns`` says what each column is; ``position`` is where the worker stands:
    bytes read while checking, the last row taken in while applying, the last deed taken back while undoing.

    ``turn`` names the one job that may move it on. The counts are by outcome, kept in step with every batch.
    """

    class State(models.TextChoices):
        COLUMNS = "columns", _("Waiting for you")
        CHECKING = "checking", _("Being looked through")
        CHECKED = "checked", _("Looked through")
        APPLYING = "applying", _("Being taken in")
        APPLIED = "applied", _("Taken in")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        DROPPED = "dropped", _("Put away")

    class Choice(models.TextChoices):
        FILL = "fill", _("Fill in only what is empty")
        OVERWRITE = "overwrite", _("Overwrite with what the file says")
        SKIP = "skip", _("Leave them as they are")

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4)
    size = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    encoding = models.CharField(max_length=12)
    separator = models.CharField(max_length=1)
    has_headings = models.BooleanField(default=True)
    headings = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    choice = models.CharField(max_length=9, choices=Choice, default=Choice.FILL)
    state = models.CharField(max_length=8, choices=State, default=State.COLUMNS)
    turn = models.PositiveIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    deeds = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)
    done = models.JSONField(default=dict)
    undone = models.JSONField(default=dict)
    by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    applied_by = models.CharField(max_length=60, blank=True)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)

    class Meta(Owned.Meta):
        constraints = [*Owned.Meta.constraints]
        indexes = [
            models.Index(fields=["programme", "made_at"], name="import_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class Piece(Owned):
    """A stretch of the file, kept where every machine finds it, until the import is over."""

    upload = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "upload", "number"], name="piece_number"),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class Row(Owned):
    """A row of the file as it was read. ``said`` holds its details as members keep them; what leads to a member stands
    in columns of its own, empty for rows that stay out; ``leads_to`` is the member found, to see that no two rows mean
    the same. ``faults`` are [field, code, params].
    """

    class Outcome(models.TextChoices):
        NEW = "new"
        CARD = "card"
        CHANGE = "change"
        SAME = "same"
        TWIN = "twin"
        WRONG = "wrong"

    upload = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    outcome = models.CharField(max_length=6, choices=Outcome)
    faults = models.JSONField(default=list)
    said = models.JSONField(default=dict)
    card = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    email_key = models.CharField(max_length=254, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    leads_to = models.BigIntegerField(null=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "upload", "number"], name="row_number"),
        ]
        indexes = [
            models.Index(fields=["programme", "upload", "outcome", "number"], name="row_outcome"),
            *(
                models.Index(fields=["upload", key], name=f"row_{key}", condition=~Q(**{key: ""}))
                for key in ("card", "phone", "email_key", "external_id")
            ),
            models.Index(fields=["upload", "leads_to"], name="row_leads_to", condition=Q(leads_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class Deed(Owned):
    """What one row did, once: the member it made or changed, the card it made or gave out, and the way back.

    ``before`` and ``after`` are columns of a changed member; of a new one ``after`` is what it was made with.
    """

    class Kind(models.TextChoices):
        MEMBER = "member"
        CHANGE = "change"
        CARD = "card"

    class Undone(models.TextChoices):
        GONE = "gone"
        BACK = "back"
        KEPT = "kept"

    upload = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")
    row = models.ForeignKey(Row, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    member = models.ForeignKey("members.Member", on_delete=models.SET_NULL, null=True, related_name="+")
    card = models.ForeignKey("cards.Card", on_delete=models.SET_NULL, null=True, related_name="+")
    was_blank = models.BooleanField(default=False)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    consents = models.JSONField(default=dict)
    undone = models.CharField(max_length=4, choices=Undone, blank=True)

    class Meta(Owned.Meta):
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["programme", "row"], name="deed_once"),
        ]
        indexes = [models.Index(fields=["programme", "upload", "undone"], name="deed_undone")]

    def __str__(self) -> str:
        return f"{self.kind} of row {self.row_id}"

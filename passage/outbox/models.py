from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One thing to do. ``key`` makes it unique (for the timetable: kind and period)."""

    stays_behind = "what is still to be done is this server's work; another one plans its own"

    class State(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    programme = models.ForeignKey("programme.Programme", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run_at"], name="job_waiting", condition=Q(state__in=["ready", "running"]))]

    def __str__(self) -> str:
        return self.key


class Worker(models.Model):
    """A worker that is or was at work here, and the last moment it said so: what a leaping clock is held against."""

    stays_behind = "a worker is a process of this server"

    name = models.CharField(max_length=60, unique=True)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Mail(models.Model):
    """One e-mail. ``key`` makes it unique for ever; its text is kept for no longer than it takes to send it.

    ``is_secret``: it holds a link or a code that lets its reader in, so nobody else is shown the text.
    """

    stays_behind = "a mail is sent from where it was written, once"

    class State(models.TextChoices):
        WAITING = "waiting"
        HANDING = "handing", "being handed to the mail server"
        UNKNOWN = "unknown", "perhaps sent: nobody heard what the mail server answered"
        SENT = "sent"
        KEPT = "kept", "kept, because this installation sends no mail"
        REFUSED = "refused", "refused for good by the server it was for"
        FAILED = "failed", "given up after many attempts"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    programme = models.ForeignKey("programme.Programme", on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    address = models.EmailField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    reply_to = models.EmailField(blank=True)
    is_secret = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rounds = models.PositiveSmallIntegerField(default=1)
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["programme", "-queued_at"], name="mail_of_programme")]

    def __str__(self) -> str:
        return self.key

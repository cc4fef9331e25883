from __future__ import annotations

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

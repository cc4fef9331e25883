"""What the outbox still carries of somebody who is to be forgotten."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from passage.outbox.models import Job, Mail
from passage.programme.blanking import Names, mentions, without
from passage.programme.models import Programme


def forget(*, programme: Programme, named: Names, at: datetime) -> None:
    """Empties what jobs and mails carry that names a person. A mail to them that still waits is not sent."""
    ours = Q(programme=programme) | Q(programme=None)  # a log-in's jobs and mails are no programme's
    for job in Job.objects.filter(ours):
        if mentions([job.payload, job.error], named):
            error = "" if named.are_in(job.error) else job.error
            Job.objects.filter(pk=job.pk).update(payload=without(job.payload, named), error=error)
    about = [
        mail.pk
        for mail in Mail.objects.filter(ours).exclude(address="")
        if mentions([mail.address, mail.subject, mail.text, mail.reply_to, mail.error], named)
    ]
    mails = Mail.objects.filter(pk__in=about)
    mails.filter(state=Mail.State.WAITING).update(state=Mail.State.FAILED, ended_at=at)
    mails.update(address="", subject="", text="", reply_to="", error="")

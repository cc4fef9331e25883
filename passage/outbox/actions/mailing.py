"""Writing a mail down and, after the commit, handing it to the mail server.

A mail is sent at most once for its key. No transaction is open while the mail server is spoken to, so that a slow one
holds up no till. That the text is about to go over the wire is written down before it does; a worker that dies after
that leaves a mail of which nobody knows whether it arrived. It is not sent again by itself, but listed until a person
decides (decision 0036).
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction

from passage.outbox import post
from passage.outbox.actions.queueing import LeaseLost, Order, finish, queue
from passage.outbox.models import Job, Mail
from passage.programme import addresses, throttle
from passage.programme.errors import Refused
from passage.programme.links import broken
from passage.programme.models import Programme

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
REMEMBERED = timedelta(days=30)


class Extras(TypedDict, total=False):
    """``reply_to``: whom an answer goes to. ``is_secret``: the text is for the addressee's eyes alone.

    ``is_unasked``: somebody else may have typed the address, so there are so many a day to it, and of the programme.
    """

    reply_to: str
    is_secret: bool
    is_unasked: bool


@transaction.atomic
def send_mail(
    *, programme: Programme | None, to: str, subject: str, text: str, key: str, at: datetime, **extras: Unpack[Extras]
) -> bool:
    """Queue a mail in plain text; False when one with this key was queued before. The caller's transaction decides.

    ``programme`` is named as the sender; None for what concerns a log-in or the installation. No link but our own
    leaves as one. Raises ``Refused``: invalid_email (to, reply_to), invalid (subject: nothing that could begin another
    header), too_long (text), too_many_letters.
    """
    reply_to = extras.get("reply_to", "")
    row = Mail(
        programme=programme,
        key=key,
        address=addresses.as_written(to, field="to"),
        subject=_subject(subject),
        text=_text(text),
        reply_to=addresses.as_written(reply_to, field="reply_to") if reply_to else "",
        is_secret=extras.get("is_secret", False),
        queued_at=at,
    )
    Mail.objects.bulk_create([row], ignore_conflicts=True)
    mail = Mail.objects.get(key=key)
    if mail.public_id != row.public_id:
        return False
    if extras.get("is_unasked"):
        _count(mail, at=at)
    _queue(mail, at=at)
    return True


@transaction.atomic
def send_again(*, mail: Mail, at: datetime) -> bool:
    """Queue it once more, with its text as it is; False when it is on its way or was sent.

    One that perhaps arrived already may so arrive a second time, under the same Message-ID: a person's decision.
    """
    held = Mail.objects.select_for_update(no_key=True, of=("self",)).get(pk=mail.pk)
    if held.state in {Mail.State.WAITING, Mail.State.HANDING, Mail.State.SENT} or not held.text:
        return False
    held.state, held.error, held.ended_at = Mail.State.WAITING, "", None
    held.rounds += 1
    held.save(update_fields=["state", "error", "ended_at", "rounds"])
    _queue(held, at=at)
    return True


def take_to_post(*, job: Job, clock: Callable[[], datetime]) -> None:
    """Hands the mail of the job to the mail server and ends the job. Raises whatever may be better another time.

    Where no mail server is set the mail is kept to be read here. What was sent loses its text.
    """
    mail = Mail.objects.select_related("programme").filter(pk=job.payload["mail"]).first()
    if mail is not None and mail.state == Mail.State.HANDING:
        _end(mail, Mail.State.UNKNOWN, "The worker died before the mail server's answer was written down.", at=clock())
    elif mail is not None and mail.state == Mail.State.WAITING:
        _hand_over(mail, clock=clock)
    finish(job=job, at=clock())


def _hand_over(mail: Mail, /, *, clock: Callable[[], datetime]) -> None:
    try:
        state, error = post.hand_over(mail, before_text=lambda: _begin(mail))
    except post.Unanswered as silence:
        _end(mail, Mail.State.UNKNOWN, str(silence), at=clock())
        return
    except smtplib.SMTPDataError:
        # An answer after all: nothing arrived, and it may be tried again.
        Mail.objects.filter(pk=mail.pk, state=Mail.State.HANDING).update(state=Mail.State.WAITING)
        raise
    _end(mail, state, error, at=clock())


def _begin(mail: Mail, /) -> None:
    """Committed before the first byte of the text leaves. Raises LeaseLost where another worker was faster."""
    if not Mail.objects.filter(pk=mail.pk, state=Mail.State.WAITING).update(state=Mail.State.HANDING):
        raise LeaseLost(mail.key)


def _end(mail: Mail, state: str, error: str, /, *, at: datetime) -> None:
    is_readable = state in {Mail.State.REFUSED, Mail.State.UNKNOWN} or (
        state == Mail.State.KEPT and post.may_be_read(mail)
    )
    mail.state, mail.error, mail.ended_at = state, error, at
    mail.save(update_fields=["state", "error", "ended_at"])
    if not is_readable:
        Mail.objects.filter(pk=mail.pk).update(text="")


def forget_mails(*, before: datetime) -> int:
    """Whom and what: forgotten of the mails that ended before; that there was one with this key is remembered."""
    old = Mail.objects.filter(ended_at__lt=before - REMEMBERED).exclude(address="")
    return old.update(address="", subject="", text="", reply_to="", error="")


def _queue(mail: Mail, /, *, at: datetime) -> None:
    key = f"mail:{mail.pk}:{mail.rounds}"
    queue(orders=[Order(kind="mail", key=key, run_at=at, programme=mail.programme, payload={"mail": mail.pk})])


def _count(mail: Mail, /, *, at: datetime) -> None:
    """With the letter: one that is not written after all does not count."""
    tries = [(throttle.LETTERS_TO, addresses.key_of(mail.address))]
    if mail.programme is not None:
        tries.append((throttle.LETTERS_OF, f"programme:{mail.programme.pk}"))
    if not throttle.take_along(*tries, at=at):
        raise Refused("too_many_letters", field="email")


def _subject(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise Refused("invalid", field="subject")
    return broken(text.strip())[:LONGEST_SUBJECT]


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refused("too_long", field="text", params={"limit": LONGEST_TEXT})
    harmless = broken(text, own=settings.PASSAGE_URL)
    lines = harmless.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # Nothing that a terminal or a database takes for an order.
    return "\n".join("".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines).strip() + "\n"

"""Writing a mail down and, after the commit, handing it to the mail server.

A mail is handed over at least once. No transaction is open meanwhile, so that a slow mail server holds up
no till; a worker that dies between the server's yes and our note of it sends the mail a second time, under
the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction

from passage.outbox import post
from passage.outbox.actions.queueing import Order, finish, queue
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
    """Queue it once more, with its text as it is; False when it is on its way or was sent."""
    held = Mail.objects.select_for_update(no_key=True, of=("self",)).get(pk=mail.pk)
    if held.state in {Mail.State.WAITING, Mail.State.SENT} or not held.text:
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
    mail = Mail.objects.select_related("programme").filter(pk=job.payload["mail"], state=Mail.State.WAITING).first()
    if mail is not None:
        mail.state, mail.error = post.hand_over(mail)
        mail.ended_at = clock()
        is_readable = mail.state == Mail.State.REFUSED or (mail.state == Mail.State.KEPT and post.may_be_read(mail))
        if not is_readable:
            mail.text = ""
        mail.save(update_fields=["state", "error", "ended_at", "text"])
    finish(job=job, at=clock())


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

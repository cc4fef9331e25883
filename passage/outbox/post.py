"""The way out: one mail, to the mail server that the installation was given."""

from __future__ import annotations

import smtplib
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from passage.outbox.models import Mail
from passage.programme.links import broken

HOUSE = "Passage"
# From here on a server's answer is a no for good (RFC 5321, 4.2.1).
FOR_GOOD = 500


def is_open() -> bool:
    """Whether this installation has a mail server at all."""
    return bool(settings.SENDS_MAIL)


def may_be_read(mail: Mail, /) -> bool:
    """Whether anybody here may be shown the text of a mail that was kept."""
    return settings.SHOWS_MAIL or not mail.is_secret


def hand_over(mail: Mail, /) -> tuple[str, str]:
    """The state that the mail is in now and why. Raises for what may be better another time, and for our own faults."""
    if not is_open():
        return Mail.State.KEPT, ""
    try:
        message(mail).send()
    except smtplib.SMTPRecipientsRefused as refused:
        answers = list(refused.recipients.values())
        if not all(code >= FOR_GOOD for code, _said in answers):
            raise
        return Mail.State.REFUSED, "; ".join(_readable(code, said) for code, said in answers)
    except smtplib.SMTPDataError as refused:
        if refused.smtp_code < FOR_GOOD:
            raise
        return Mail.State.REFUSED, _readable(refused.smtp_code, refused.smtp_error)
    return Mail.State.SENT, ""


def message(mail: Mail, /) -> EmailMessage:
    """The mail as it travels: from the programme by name, from the installation by address."""
    house = urlsplit(settings.PASSAGE_URL).hostname
    sender = broken(mail.programme.name) if mail.programme else HOUSE
    return EmailMessage(
        subject=mail.subject,
        body=mail.text,
        from_email=formataddr((sender, settings.DEFAULT_FROM_EMAIL)),
        to=[mail.address],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        # A second copy of the same mail is the same message; and nobody's holiday answers a machine.
        headers={"Message-ID": f"<{mail.public_id}@{house}>", "Auto-Submitted": "auto-generated"},
    )


def _readable(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"

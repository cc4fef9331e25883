"""The way out: one mail, to the mail server that the installation was given."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from passage.outbox.models import Mail
from passage.programme.links import broken

HOUSE = "Passage"
# From here on a server's answer is a no for good (RFC 5321, 4.2.1).
FOR_GOOD = 500
TAKEN = 250


def is_open() -> bool:
    """Whether this installation has a mail server at all."""
    return bool(settings.SENDS_MAIL)


def may_be_read(mail: Mail, /) -> bool:
    """Whether anybody here may be shown the text of a mail that was kept."""
    return settings.SHOWS_MAIL or not mail.is_secret


class Unanswered(Exception):
    """The text went over the wire and no answer came back: it may have arrived."""


def hand_over(mail: Mail, /, *, before_text: Callable[[], None]) -> tuple[str, str]:
    """The state that the mail is in now and why. Raises for what may be better another time, and for our own faults.

    ``before_text`` is called when the server has agreed to everything but the text: from then on until the server's
    answer it is not known whether the mail arrives, and ``Unanswered`` is raised when none comes.
    """
    if not is_open():
        return Mail.State.KEPT, ""
    text = _Text(before_text)
    try:
        message(mail, connection=Sender(text)).send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refused:
        if not (said := _no_for_good(refused)):
            raise
        return Mail.State.REFUSED, said
    except (smtplib.SMTPException, OSError) as error:
        if text.has_begun and not text.is_taken:
            raise Unanswered(str(error)) from error
        if not text.has_begun:
            raise
        # The mail was taken, and only the farewell went wrong.
    return Mail.State.SENT, ""


def _no_for_good(refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> str:
    """What the server said; nothing where another time may be better."""
    if isinstance(refused, smtplib.SMTPDataError):
        answers = [(refused.smtp_code, refused.smtp_error)]
    else:
        answers = list(refused.recipients.values())
    if not all(code >= FOR_GOOD for code, _said in answers):
        return ""
    return "; ".join(_readable(code, said) for code, said in answers)


class _Text:
    """How far the one step is whose repetition would be a second mail."""

    def __init__(self, before: Callable[[], None]) -> None:
        self.before = before
        self.has_begun = self.is_taken = False

    def begin(self) -> None:
        self.before()
        self.has_begun = True


class Sender(EmailBackend):
    """Django's own, which tells when the text of the mail goes over the wire."""

    def __init__(self, text: _Text) -> None:
        super().__init__()
        self.text = text

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        text = self.text
        kind: type[smtplib.SMTP] = super().connection_class

        def hand_over_text(smtp: smtplib.SMTP, msg: bytes | str) -> tuple[int, bytes]:
            text.begin()
            answer = kind.data(smtp, msg)
            text.is_taken = answer[0] == TAKEN
            return answer

        return type("Told", (kind,), {"data": hand_over_text})


def message(mail: Mail, /, *, connection: EmailBackend | None = None) -> EmailMessage:
    """The mail as it travels: from the programme by name, from the installation by address."""
    house = urlsplit(settings.PASSAGE_URL).hostname
    sender = broken(mail.programme.name) if mail.programme else HOUSE
    return EmailMessage(
        subject=mail.subject,
        body=mail.text,
        from_email=formataddr((sender, settings.DEFAULT_FROM_EMAIL)),
        to=[mail.address],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        connection=connection,
        # What a person sends again is the same message, and nobody's holiday answers a machine.
        headers={"Message-ID": f"<{mail.public_id}@{house}>", "Auto-Submitted": "auto-generated"},
    )


def _readable(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"

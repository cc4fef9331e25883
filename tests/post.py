"""A real mail server for a test: it takes mails over SMTP, and refuses or puts off when it is told to."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from django.test import override_settings

SENDER = "loyalty@example.org"


@dataclass
class MailServer:
    """What arrived, and the answers it is to give before it takes anything. ``HANG_UP``: it takes a mail, unanswered."""

    HANG_UP: ClassVar = "hang up"

    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    to_recipients: list[str] = field(default_factory=list)
    to_texts: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.to_recipients:
            return self.to_recipients.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.to_texts.pop(0) if self.to_texts else "250 taken"
        if answer not in {"250 taken", self.HANG_UP}:
            return answer
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if answer == self.HANG_UP:
            server.transport.abort()
        return answer

    def text(self, number: int = -1) -> str:
        return self.mails[number].get_content().replace("\r\n", "\n")


def free_port() -> int:
    with socket.socket() as seeker:
        seeker.bind(("127.0.0.1", 0))
        return int(seeker.getsockname()[1])


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    """The installation sends its mail to the server inside."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with reached_at(controller.port):
            yield server
    finally:
        controller.stop()


@contextmanager
def reached_at(port: int) -> Iterator[None]:
    """The installation believes that its mail server is there."""
    with override_settings(
        SENDS_MAIL=True,
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_TIMEOUT=5,
        DEFAULT_FROM_EMAIL=SENDER,
    ):
        yield

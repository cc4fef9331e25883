"""Workers are killed at every step of handing a mail over: each mail arrives once at most, and none is lost unseen."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings

from passage.outbox import queries
from passage.outbox.actions import send_mail
from passage.outbox.models import Mail
from tests.post import SENDER, a_mail_server
from tests.races.test_workers import address
from tests.rows import AT

MAILS, KILLS = 120, 90


@pytest.mark.django_db(transaction=True)
def test_a_mail_arrives_once_at_most_and_what_is_not_known_is_listed():
    for number in range(MAILS):
        to = f"member{number}@example.org"
        send_mail(programme=None, to=to, subject="Welcome", text="Hello", key=f"welcome:{number}", at=AT)
    environment = {
        **os.environ,
        "DATABASE_URL": address(),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PASSAGE_MAIL_FROM": SENDER,
    }
    with a_mail_server() as server:
        environment["PASSAGE_SMTP_URL"] = f"smtp://127.0.0.1:{settings.EMAIL_PORT}/?tls=none"
        run = [sys.executable, "-m", "tests.races.killed_mailer", str(KILLS)]
        told = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, told.stderr
    killed = json.loads(told.stdout)
    assert min(killed.values()) >= KILLS // len(killed) // 2, killed
    arrived = Counter(mail["To"] for mail in server.mails)
    assert set(arrived.values()) == {1}, "a mail came twice"
    states = {mail.address: mail.state for mail in Mail.objects.all()}
    assert set(states.values()) == {"sent", "unknown"}
    assert all(state == "unknown" or arrived[to] == 1 for to, state in states.items()), "sent, and it did not arrive"
    assert {to for to in states if not arrived[to]} <= {mail.address for mail in queries.unsent_mails()}
    # Both kinds of not knowing: it never left, and it arrived.
    assert {arrived[mail.address] for mail in queries.unsent_mails()} == {0, 1}

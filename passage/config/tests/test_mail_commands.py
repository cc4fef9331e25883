"""What whoever runs the server is told of mails, and the link they make for an owner."""

import pytest
from django.core.management import CommandError, call_command

from passage.config.worker import Worker
from passage.outbox.actions import send_mail
from passage.programme.actions import create_login
from tests.cast import AT, PASSWORD
from tests.post import a_mail_server

pytestmark = pytest.mark.django_db


def write(key, *, is_secret=False):
    text = f"the text of {key}"
    send_mail(programme=None, to=f"{key}@example.org", subject=key, text=text, key=key, at=AT, is_secret=is_secret)


def test_what_did_not_leave_is_listed_without_what_is_for_the_addressee_alone(capsys, settings):
    settings.SHOWS_MAIL = True  # so that a secret is kept at all
    write("plain")
    write("secret", is_secret=True)
    Worker().run_once()
    call_command("mail")
    printed = capsys.readouterr().out
    assert "the text of plain" in printed
    assert "secret@example.org" in printed
    assert "the text of secret" not in printed
    assert "2 not sent, 0 put into the queue again." in printed


def test_what_did_not_leave_is_sent_when_there_is_a_server_and_then_no_longer_listed(capsys):
    write("plain")
    Worker().run_once()
    call_command("mail", again=True)
    with a_mail_server() as server:
        Worker().run_once()
        assert [mail["To"] for mail in server.mails] == ["plain@example.org"]
    call_command("mail")
    assert "0 not sent" in capsys.readouterr().out


def test_what_perhaps_arrived_is_listed_and_sent_again_only_when_that_is_said(capsys):
    with a_mail_server() as server:
        server.to_texts.append(server.HANG_UP)
        write("perhaps")
        Worker().run_once()
        call_command("mail", again=True)
        printed = capsys.readouterr().out
        assert "unknown  perhaps@example.org" in printed
        assert "1 not sent, 0 put into the queue again." in printed
        call_command("mail", again=True, unknown_too=True)
        assert "1 put into the queue again." in capsys.readouterr().out


@pytest.mark.parametrize(("email", "said"), [("nobody", "is no e-mail address"), ("ewa@example.org", "log-in already")])
def test_no_link_is_made_for_what_is_no_address_or_has_a_log_in(email, said):
    create_login(email="ewa@example.org", password=PASSWORD)
    with pytest.raises(CommandError, match=said):
        call_command("invite-owner", email)

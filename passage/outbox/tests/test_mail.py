"""A mail is queued with what it follows from, sent after it over SMTP, and tried again until the server has answered."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from passage.config.worker import Worker
from passage.outbox import actions, post, queries
from passage.outbox.actions import mailing
from passage.outbox.actions.queueing import MOST_OF_KIND
from passage.outbox.models import Job, Mail
from passage.programme.errors import Refused
from tests.cast import a_bakery
from tests.post import SENDER, a_mail_server, free_port, reached_at

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with a_mail_server() as taken:
        yield taken


def write(key="welcome:1", **more):
    letter = {"to": "anna@example.org", "subject": "Zażółć gęślą jaźń", "text": "Dzień dobry, Anno!\n\nPiekarnia"}
    return actions.send_mail(**{"programme": None, "key": key, "at": AT} | letter | more)


def work(at=AT):
    worker = Worker(clock=lambda: at)
    worker.run_once()
    return worker


def only():
    return Mail.objects.get()


def test_a_mail_reaches_the_server_in_the_programmes_name_and_its_text_is_kept_no_longer(server):
    write(programme=a_bakery().bakery, reply_to="piekarnia@example.org")
    work()
    (mail,) = server.mails
    assert server.envelopes == [(SENDER, ["anna@example.org"])]
    assert mail["From"] == f"Piekarnia Grabowska <{SENDER}>"
    assert mail["Reply-To"] == "piekarnia@example.org"
    assert mail["Subject"] == "Zażółć gęślą jaźń"
    assert server.text() == "Dzień dobry, Anno!\n\nPiekarnia\n"
    row = only()
    assert (row.state, row.text, row.ended_at, row.address) == ("sent", "", AT, "anna@example.org")
    assert str(row.public_id) in mail["Message-ID"]
    assert "Dzień" not in str(list(Job.objects.values()))


def test_a_key_is_queued_once_and_the_first_text_counts(server):
    assert write() is True
    assert write(text="Something else") is False
    work()
    assert write() is False
    work(AT + HOUR)
    assert len(server.mails) == 1
    assert "Anno" in server.text()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_what_was_undone(server):
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    work()
    assert (server.mails, list(Mail.objects.all())) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_server_is_spoken_to(server, monkeypatch):
    seen, hand_over = [], post.hand_over

    def look(mail, **more):
        seen.append(transaction.get_connection().in_atomic_block)
        return hand_over(mail, **more)

    monkeypatch.setattr(post, "hand_over", look)
    write()
    work()
    assert (seen, len(server.mails)) == ([False], 1)


@pytest.mark.parametrize("which", ["to_recipients", "to_texts"])
def test_a_server_that_says_later_is_asked_again(server, which):
    getattr(server, which).append("451 come back later")
    write()
    assert work().failed == 1
    assert (server.mails, only().state) == ([], "waiting")
    assert "451" in Job.objects.get(kind="mail").error
    assert work(AT + timedelta(seconds=4)).done == 0
    work(AT + timedelta(seconds=5))
    assert (len(server.mails), only().state) == (1, "sent")


@pytest.mark.parametrize("which", ["to_recipients", "to_texts"])
def test_a_no_for_good_ends_it_and_says_why(server, which):
    getattr(server, which).append("550 5.1.1 no such mailbox")
    write()
    worker = work()
    assert (worker.done, worker.failed, server.mails) == (1, 0, [])
    assert (only().state, only().error) == ("refused", "550 5.1.1 no such mailbox")
    assert "Anno" in only().text, "whoever looks can still give it to the person by hand"


def test_a_server_that_is_away_is_waited_for_until_a_day_is_over_and_then_by_hand():
    with reached_at(free_port()):
        write()
        at = AT
        for _attempt in range(MOST_OF_KIND["mail"]):
            assert only().state == "waiting"
            work(at)
            at += HOUR
    assert (only().state, at - AT > timedelta(days=1)) == ("failed", True)
    assert "refused" in only().error.lower()
    with a_mail_server() as server:
        assert work(at).done == 0
        assert actions.send_again(mail=only(), at=at) is True
        assert actions.send_again(mail=only(), at=at) is False, "it is on its way"
        work(at)
        assert (len(server.mails), only().state) == (1, "sent")
        assert actions.send_again(mail=only(), at=at) is False


@pytest.mark.parametrize(
    ("field", "letter"),
    [
        ("to", {"to": "anna@example.org\nBcc: everybody@example.org"}),
        ("to", {"to": "anna@example.org, piotr@example.org"}),
        ("to", {"to": ""}),
        ("reply_to", {"reply_to": "a@example.org\r\nBcc: everybody@example.org"}),
        ("subject", {"subject": "Hello\r\nBcc: everybody@example.org"}),
        ("subject", {"subject": "Hello\nX: y"}),
        ("subject", {"subject": " "}),
        ("text", {"text": "a" * 20_001}),
    ],
)
def test_nobody_writes_a_header_of_their_own(field, letter):
    with pytest.raises(Refused) as refused:
        write(**letter)
    assert refused.value.field == field
    assert not Mail.objects.exists()


def test_a_text_carries_no_control_characters(server):
    write(text="one\rtwo\x00three\x1b[31m\r\nfour\n.\nfive")
    work()
    assert server.text() == "one\ntwo three [31m\nfour\n.\nfive\n"


def test_without_a_mail_server_a_mail_is_kept_to_be_read_but_a_secret_is_not():
    write(programme=(bakery := a_bakery().bakery))
    write("secret", programme=bakery, is_secret=True)
    work()
    kept = {mail.key: (mail.state, bool(mail.text)) for mail in queries.mails_of(bakery)}
    assert kept == {"welcome:1": ("kept", True), "secret": ("kept", False)}


def test_a_demonstration_shows_the_secrets_as_well(settings):
    settings.SHOWS_MAIL = True
    write("secret", is_secret=True)
    work()
    (mail,) = queries.all_mails()
    assert (mail.state, "Anno" in mail.text) == ("kept", True)


def test_a_month_later_whom_and_what_is_forgotten_but_not_that_it_was_sent(server):
    write()
    work()
    work(AT + timedelta(days=29))
    assert only().address
    work(AT + timedelta(days=31))
    row = only()
    assert (row.address, row.subject, row.error, row.state) == ("", "", "", "sent")
    assert write() is False
    assert queries.all_mails() == []


def test_two_programmes_see_their_own_mails_only():
    cast = a_bakery()
    write("ours", programme=cast.bakery)
    write("theirs", programme=cast.stranger.programme)
    write("nobodys")
    assert [mail.key for mail in queries.mails_of(cast.bakery)] == ["ours"]


def test_a_text_that_nobody_answered_is_not_sent_again_by_itself_but_listed_for_a_person(server):
    """The server takes the mail and goes away without a word."""
    server.to_texts.append(server.HANG_UP)
    write()
    assert work().failed == 0
    assert (len(server.mails), only().state, only().ended_at) == (1, "unknown", AT)
    work(AT + HOUR)
    assert len(server.mails) == 1
    assert [mail.key for mail in queries.unsent_mails()] == ["welcome:1"]
    assert actions.send_again(mail=only(), at=AT) is True
    work(AT + HOUR)
    assert (len(server.mails), only().state) == (2, "sent")
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


def test_a_worker_that_lost_its_lease_before_the_text_sends_nothing(server, monkeypatch):
    write()
    monkeypatch.setattr(mailing, "_begin", _after_another_worker(mailing._begin))
    work()
    assert (server.mails, only().state) == ([], "handing")


def _after_another_worker(begin):
    def inner(mail):
        Mail.objects.update(state=Mail.State.HANDING)
        begin(mail)

    return inner

"""Who forgot the password gets a link by mail; nobody learns who has a log-in, and a second factor stays one."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from passage.audit.models import Event
from passage.config.worker import Worker
from passage.logins import actions, codes
from passage.logins.resetting import LIFE, reset_link
from passage.outbox.models import Job, Mail
from passage.programme import actions as programmes
from passage.programme.access import has_second_factor
from passage.programme.models import Invitation, Login, Role
from tests.cast import AT, BY, PASSWORD, a_bakery
from tests.post import a_mail_server

pytestmark = pytest.mark.django_db
NEW = {"password": "eight cold croissants", "again": "eight cold croissants"}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def server():
    with a_mail_server() as taken:
        yield taken


def work():
    worker = Worker(clock=timezone.now)
    while worker.run_once():
        pass


def ask(email, **more):
    return Client(**more).post("/forgotten", {"email": email})


def with_app(login):
    secret, at = codes.new_secret(), timezone.now() - timedelta(minutes=5)
    step = int(at.timestamp()) // codes.SECONDS
    return actions.set_up_app(login=login, secret=secret, code=codes.code_at(step, secret=secret), at=at)


def test_a_mailed_link_sets_a_new_password_once_and_ends_every_session(cast, server):
    before = Client()
    before.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD})
    assert ask("Maria@example.org").status_code == 200
    work()
    [mail] = server.mails
    assert mail["To"] == "maria@example.org"
    link = re.search(r"https?://[^/]+(/new-password/\S+)", server.text())[1]
    client = Client()
    assert "maria@example.org" in client.get(link).content.decode()
    assert client.post(link, {**NEW, "again": "other"}).status_code == 422
    assert client.post(link, NEW)["Location"] == "/home"
    assert before.get("/account/").status_code == 302
    assert Client().login(email="maria@example.org", password=NEW["password"])
    assert Client().get(link).status_code == 410
    assert Client().post(link, NEW).status_code == 410


def test_an_address_that_nobody_has_gets_the_same_answer_and_the_same_work(cast, server):
    known, unknown = ask("maria@example.org"), ask("nobody@example.org")
    same = [re.sub(r'(nonce|value)="[^"]*"', "", answer.content.decode()) for answer in (known, unknown)]
    assert known.status_code == unknown.status_code == 200
    assert same[0] == same[1]
    assert Job.objects.count() == 2
    work()
    assert [mail["To"] for mail in server.mails] == ["maria@example.org"]


def test_the_mail_is_in_the_persons_language(cast, server):
    actions.change_language(login=cast.maria.login, language="pl")
    ask("maria@example.org")
    work()
    assert "Ustaw nowe hasło" in server.mails[0]["Subject"]


def test_nobody_is_flooded_and_one_place_does_not_ask_without_end(cast, server):
    for number in range(3):
        ask("maria@example.org", REMOTE_ADDR=f"203.0.113.{number}")
    work()
    assert len(server.mails) in {1, 2}  # two when the half hour ended between them
    for _ in range(5):
        ask("piotr@example.org")
    assert "quarter of an hour" in ask("piotr@example.org").content.decode()


def test_a_link_is_good_for_an_hour_and_is_never_forged(cast):
    login, now = cast.maria.login, timezone.now()
    late = reset_link(login, at=now - LIFE - timedelta(seconds=1))
    for text in ("x", late, reset_link(login, at=now)[:-2]):
        assert Client().get(f"/new-password/{text}").status_code == 410
    text = reset_link(login, at=now)
    assert Client().get(f"/new-password/{text}").status_code == 200
    actions.end_sessions(login=login, at=now)
    assert Client().get(f"/new-password/{text}").status_code == 410


def test_a_new_password_does_not_pass_by_the_second_factor(cast):
    recovery = with_app(cast.maria.login)
    client = Client()
    link = f"/new-password/{reset_link(cast.maria.login, at=timezone.now())}"
    assert client.post(link, NEW)["Location"] == "/sign-in/second"
    assert client.get("/office/").status_code == 302
    assert client.post("/sign-in/second", {"code": recovery[0]})["Location"] == "/home"


def test_without_a_mail_server_the_page_says_whom_to_ask_and_the_owner_has_a_link(cast):
    assert "ask the owner" in ask("maria@example.org").content.decode().lower()
    assert Job.objects.count() == 0
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    owner = Client()
    owner.force_login(login)
    Login.objects.filter(pk=cast.maria.login_id).update(made_for=cast.bakery.public_id)
    page = owner.post(f"/office/staff/{cast.maria.pk}/password").content.decode()
    link = re.search(r"data-link>http://testserver([^<]+)<", page)[1]
    assert Client().post(link, NEW).status_code == 302
    assert Event.objects.filter(verb="login.reset_shown", subject=f"staff:{cast.maria.pk}").exists()
    assert Mail.objects.filter(key__startswith="login.reset_shown").exists(), "the person is told of it"
    foreign = Client()
    foreign.force_login(cast.stranger.login)
    hers = {"email": "piotr@example.org", "name": "P", "role": "clerk", "shop": ""}
    foreign.post("/office/staff/invite", hers)
    his = Client()
    his.force_login(cast.piotr.login)
    his.post(f"/invitations/{Invitation.objects.get().public_id}", {"do": "accept"})
    place = cast.piotr.login.places.exclude(pk=cast.piotr.pk).get()
    answer = foreign.post(f"/office/staff/{place.pk}/password")
    assert (answer.status_code, b"data-link" in answer.content) == (302, False)


def test_who_runs_the_server_lets_an_owner_in_again(cast, capsys, settings):
    with_app(cast.stranger.login)
    call_command("unlock-login", "Stranger@example.org")
    assert not has_second_factor(cast.stranger.login)
    link = re.search(rf"{re.escape(settings.PASSAGE_URL)}(/new-password/\S+)", capsys.readouterr().out)[1]
    assert Client().post(link, NEW)["Location"] == "/home"
    with pytest.raises(CommandError, match="nobody signs in"):
        call_command("unlock-login", "nobody@example.org")


def test_every_change_of_a_log_in_is_told_to_its_owner(cast, server):
    with_app(cast.maria.login)
    actions.change_password(login=cast.maria.login, password=NEW["password"], at=timezone.now())
    work()
    texts = [mail.get_content() for mail in server.mails]
    assert len(texts) == 2
    assert "An app was set up" in texts[0]
    assert "The password of your log-in was changed" in texts[1]

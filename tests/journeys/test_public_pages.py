"""What a stranger can do: write to those who run the installation, read every help; and nothing of theirs is lost."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from passage.config.worker import Worker
from passage.outbox.models import Mail
from passage.programme import actions as programmes
from passage.programme.models import Programme
from passage.programme.throttle import FAILURES
from passage.ui.places import HELP
from tests.cast import a_bakery, signed_in
from tests.post import a_mail_server, free_port, reached_at

pytestmark = pytest.mark.django_db
LETTER = {
    "about": "demo",
    "name": "Jean Martin",
    "email": "jean@example.org",
    "phone": "06 12 34 56 78",
    "message": "Bonjour,\nmontrez-moi Passage.",
}


@pytest.fixture(autouse=True)
def _is_open(settings):
    settings.CONTACT = "house@example.org"


def write(client=None, **more):
    client = client or Client()
    ticket = client.get("/contact?about=demo").context["form"]["ticket"].value()
    return client.post("/contact", LETTER | {"ticket": str(ticket)} | more)


def test_a_request_for_a_demonstration_reaches_the_house():
    assert 'href="/contact?about=demo"' in Client().get("/").content.decode()
    with a_mail_server() as server:
        answer = write()
        assert answer["Location"] == "/contact?sent"
        assert "Thank you" in Client().get("/contact?sent").content.decode()
        Worker().run_once()
        (mail,) = server.mails
    assert (mail["To"], mail["Reply-To"]) == ("house@example.org", "jean@example.org")
    assert mail["Subject"] == "Please show me Passage: Jean Martin"
    assert "montrez-moi Passage." in server.text()
    assert "06 12 34 56 78" in server.text()


def test_a_message_waits_while_the_mail_server_is_away():
    with reached_at(free_port()):
        assert write().status_code == 302
        Worker().run_once()
    mail = Mail.objects.get()
    assert (mail.state, "montrez-moi" in mail.text) == ("waiting", True)


def test_without_a_mail_server_whoever_runs_the_server_reads_it(capsys):
    write()
    Worker().run_once()
    call_command("mail")
    printed = capsys.readouterr().out
    assert "montrez-moi Passage." in printed
    with a_mail_server() as server:
        call_command("mail", again=True)
        Worker().run_once()
        assert len(server.mails) == 1


def test_the_same_form_sent_twice_is_one_message():
    client = Client()
    ticket = str(client.get("/contact").context["form"]["ticket"].value())
    for _ in range(2):
        assert client.post("/contact", LETTER | {"ticket": ticket}).status_code == 302
    assert Mail.objects.count() == 1


def test_a_machine_that_fills_in_everything_is_thanked_and_not_heard():
    assert write(homepage="https://example.org").status_code == 302
    assert not Mail.objects.exists()


def test_one_place_writes_so_often_and_then_waits():
    for _ in range(FAILURES):
        assert write().status_code == 302
    held = write(message="once more")
    assert (held.status_code, Mail.objects.count()) == (422, FAILURES)
    assert "quarter of an hour" in held.content.decode()
    assert "once more" in held.content.decode(), "nothing typed is lost"


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("name", " "), ("message", ""), ("about", "x"), ("message", "a" * 5001)],
)
def test_what_is_typed_wrong_is_said_at_its_field(field, value):
    answer = write(**{field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_a_name_writes_no_header_of_its_own():
    write(name="Jean\r\nBcc: everybody@example.org")
    assert Mail.objects.get().subject == "Please show me Passage: Jean Bcc: everybody@example.org"


def test_without_an_address_of_the_house_no_form_is_offered(settings):
    settings.CONTACT = ""
    page = Client().get("/contact")
    assert "<textarea" not in page.content.decode()
    assert "at the address on your receipt" in page.content.decode()
    assert Client().post("/contact", LETTER).status_code == 200
    assert not Mail.objects.exists()
    assert "/contact?about=demo" not in Client().get("/").content.decode()


def test_the_index_names_every_help_by_its_own_heading():
    page = Client().get("/help/", headers={"accept-language": "pl"}).content.decode()
    linked = set(re.findall(r'href="/help/([a-z0-9-]+)"', page.split("<main")[1].split("</main")[0]))
    texts = {file.name.split(".")[0]: file.read_text() for file in HELP.glob("*.pl.md")}
    assert {texts[page] for page in linked} == set(texts.values()) - {texts["not-found"]}
    assert len(linked) == len({texts[page] for page in linked}), "what says the same stands there once"
    assert "Przegląd" in page


def support(programme: Programme):
    programmes.change_settings(
        programme=programme,
        by="system:test",
        at=programme.created_at,
        name=programme.name,
        currency=programme.currency,
        support_phone="+48123456789",
        support_email="pomoc@example.org",
        support_page="https://example.org/pomoc",
    )


def test_help_and_faults_say_whom_to_ask_to_staff_and_members_of_the_programme_alone():
    cast = a_bakery()
    support(cast.bakery)
    for address in ("/help/till-points", "/no-such-page", "/help/", "/contact"):
        for login in (cast.piotr.login, cast.anna.login):
            page = signed_in(login).get(address).content.decode()
            for said in ('href="tel:+48123456789"', 'href="mailto:pomoc@example.org"', "https://example.org/pomoc"):
                assert said in page, (address, said)
        for other in (Client(), signed_in(cast.stranger.login)):
            assert "pomoc@example.org" not in other.get(address).content.decode()


def test_a_demonstration_shows_its_mail_and_nothing_else_does(settings):
    write()
    assert Client().get("/mail").status_code == 404
    settings.SHOWS_MAIL = True
    assert "montrez-moi Passage." in Client().get("/mail").content.decode()

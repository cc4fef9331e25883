"""Somebody begins a programme by themselves: by a link to their mailbox, and through the four steps to the first points."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from passage.config.worker import Worker
from passage.earning.models import Rule
from passage.ledger.queries import balances
from passage.members.queries import find
from passage.outbox.models import Mail
from passage.programme.actions import create_login, leave
from passage.programme.beginnings import beginning
from passage.programme.models import Login, Programme, Staff
from passage.programme.throttle import FAILURES, SIGN_UPS, take
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in
from tests.post import a_mail_server

pytestmark = pytest.mark.django_db
ASKED = {"name": "Ewa Nowak", "email": "ewa@example.org"}
HERS = "three warm loaves"


@pytest.fixture(autouse=True)
def _is_open(settings):
    settings.SIGN_UP = True


def ask(client=None, **asked):
    return (client or Client()).post("/sign-up", ASKED | asked, headers={"accept-language": "pl"})


def link_in(text):
    return re.search(r"https?://[^/\s]+(/\S+)", text)[1]


def confirmed(link):
    her = Client(headers={"accept-language": "pl"})
    assert her.get(link).status_code == 200
    assert her.post(link, {"password": HERS, "again": HERS})["Location"] == "/home"
    return her


def test_from_the_start_page_to_the_first_points():
    start = Client().get("/").content.decode()
    assert 'href="/sign-up"' in start
    with a_mail_server() as server:
        assert ask()["Location"] == "/sign-up?sent"
        Worker().run_once()
        assert server.mails[0]["To"] == "ewa@example.org"
        her = confirmed(link_in(server.text()))
        assert her.get("/home")["Location"] == "/begin"
        typed = {"name": "Pod Łabędziem", "region": "PL"}
        assert her.post("/begin", typed)["Location"] == "/office/begin/clerks"
        made = Programme.objects.get()
        assert (made.slug, made.currency, made.zone, made.language, made.region) == (
            "pod-labedziem",
            "PLN",
            "Europe/Warsaw",
            "pl",
            "PL",
        )
        assert her.get("/office/begin")["Location"] == "/office/begin/clerks"
        her.post("/office/begin/clerks", {"name": "Piotr", "pin": "2846"})
        her.post("/office/begin/clerks", {"name": "Zofia", "email": "zofia@example.org"})
        Worker().run_once()
        assert server.mails[1]["To"] == "zofia@example.org"
        assert server.mails[1]["Subject"] == "Pod Łabędziem zaprasza"
        zofia = Client()
        assert zofia.post(link_in(server.text()), {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert her.get("/office/begin")["Location"] == "/office/begin/members"
    assert her.post("/office/begin/members", {"first_name": "Anna", "phone": "600 100 200"}).status_code == 302
    assert her.get("/office/begin")["Location"] == "/office/begin/points"
    said = {"points": "2", "step": "5,00", "unit": "Punkty", "life": "year", "shop": "Rynek Główny"}
    assert her.post("/office/begin/points", said)["Location"] == "/office/begin/ready"
    assert her.get("/office/begin")["Location"] == "/office/begin/ready"
    assert her.post("/office/begin/points", said)["Location"] == "/office/begin/ready"
    assert Rule.objects.count() == 1, "sent twice, it earns once"
    assert 'href="/till/points"' in her.get("/office/begin/ready").content.decode()
    ticket = zofia.get("/till/points").context["ticket"]
    sale = {"card": "600100200", "amount": "38,50", "shop": "rynek-glowny", "ticket": ticket, "do": "save"}
    assert zofia.post("/till/points", sale).status_code == 302
    [anna] = find(programme=made, text="600100200")
    assert balances(anna, at=timezone.now())[0].balance == 15
    assert {row.who for row in her.get("/office/log").context["rows"]} == {"Ewa Nowak", "Passage"}, "nobody is nameless"
    overview = her.get("/office/").context
    done = {step.page for step in overview["steps"] if step.is_done}
    assert done == {"office:units", "office:promotions", "office:shops", "office:people", "office:members"}
    assert "guided" in overview
    assert "/office/begin" not in her.get("/office/").content.decode().split("<main")[1]


def test_a_known_address_gets_the_same_answer_and_another_mail():
    create_login(email="ewa@example.org", password=PASSWORD)
    answers = [ask(), ask(email="nobody@example.org")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    known, unknown = Mail.objects.order_by("id")
    assert "/sign-in" in known.text
    assert "/sign-up/" not in known.text
    assert "/sign-up/" in unknown.text
    assert unknown.is_secret


def test_a_link_works_once_for_three_days_and_is_never_forged():
    made = timezone.now()
    good = beginning(email="ewa@example.org", name="Ewa", on_request=True, at=made)
    old = beginning(email="ewa@example.org", name="Ewa", on_request=True, at=made - timedelta(days=4))
    for wrong in (old, good[:-1] + ("A" if good[-1] != "A" else "B"), "x"):
        assert Client().get(f"/sign-up/{wrong}").status_code == 410
    weak = Client().post(f"/sign-up/{good}", {"password": "short", "again": "short"})
    assert (weak.status_code, Login.objects.count()) == (422, 0)
    confirmed(f"/sign-up/{good}")
    assert Client().get(f"/sign-up/{good}").status_code == 410
    assert Client().post(f"/sign-up/{good}", {"password": PASSWORD, "again": PASSWORD}).status_code == 410
    assert Client().login(email="ewa@example.org", password=HERS)


def test_neither_one_place_nor_one_mailbox_is_flooded():
    for _ in range(FAILURES + 2):
        assert Client(REMOTE_ADDR="192.0.2.7").post("/sign-up", ASKED).status_code in {302, 422}
    assert Mail.objects.count() == FAILURES
    for number in range(3):
        Client(REMOTE_ADDR=f"192.0.2.{number + 10}").post("/sign-up", ASKED)
    assert Mail.objects.count() == FAILURES, "the mailbox has had enough, whoever asks"
    last = Client(REMOTE_ADDR="192.0.2.7").post("/sign-up", ASKED | {"email": "other@example.org"})
    assert "quarter of an hour" in last.content.decode()


def test_all_strangers_together_are_written_to_so_often_a_day():
    for number in range(SIGN_UPS.most):
        assert take((SIGN_UPS, ""), at=timezone.now()), number
    answer = ask()
    assert answer.status_code == 422
    assert "jutro" in answer.content.decode()
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"email": "no address"}, {"email": "a@example.org\nBcc: b@example.org"}, {"name": ""}]
)
def test_what_is_typed_wrong_is_said_at_its_field(wrong):
    answer = ask(**wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(wrong)
    assert not Mail.objects.exists()


def test_a_name_with_line_breaks_writes_no_header():
    ask(name="Ewa\r\nBcc: everybody")
    assert "\n" not in Mail.objects.get().subject


def test_where_sign_up_is_off_only_a_link_from_the_server_begins(settings, capsys):
    settings.SIGN_UP = False
    assert Client().get("/sign-up").status_code == 404
    assert "/sign-up" not in Client().get("/").content.decode()
    asked = beginning(email="ewa@example.org", name="Ewa", on_request=True, at=timezone.now())
    assert Client().get(f"/sign-up/{asked}").status_code == 410
    call_command("invite-owner", "ewa@example.org", name="Ewa")
    her = confirmed(link_in(capsys.readouterr().out))
    assert her.post("/begin", {"name": "Bistro", "region": "FR"})["Location"] == "/office/begin/clerks"
    assert Staff.objects.get().role == "owner"
    assert her.get("/begin").status_code == 403, "one programme is enough"


def test_who_works_somewhere_or_is_a_member_begins_nothing_where_sign_up_is_off(settings):
    settings.SIGN_UP = False
    cast = a_bakery()
    leave(staff=cast.piotr, by=BY, at=AT)
    for login in (cast.piotr.login, cast.maria.login, cast.anna.login):
        assert signed_in(login).get("/begin").status_code == 403
    settings.SIGN_UP = True
    assert signed_in(cast.piotr.login).get("/begin").status_code == 200
    assert signed_in(cast.maria.login).get("/begin").status_code == 403


def test_two_programmes_of_one_name_do_not_meet():
    for name in ("ewa", "jan"):
        login = create_login(email=f"{name}@example.org", password=PASSWORD)
        assert signed_in(login).post("/begin", {"name": "Bistro", "region": "PL"}).status_code == 302
    first, second = Programme.objects.order_by("id")
    assert (first.slug, second.slug.startswith("bistro-")) == ("bistro", True)
    assert {staff.programme_id for staff in Staff.objects.all()} == {first.pk, second.pk}


@pytest.mark.parametrize(
    ("typed", "field"), [({"name": "", "region": "PL"}, "name"), ({"name": "Bistro", "region": "XX"}, "region")]
)
def test_a_programme_that_cannot_be_is_refused_at_its_field(typed, field):
    her = signed_in(create_login(email="ewa@example.org", password=PASSWORD))
    answer = her.post("/begin", typed)
    assert (answer.status_code, Programme.objects.count()) == (422, 0)
    assert field in answer.context["form"].errors

"""Invitations go by mail, in the language of who is invited, and the owner sees what became of each."""

import re

import pytest
from django.test import Client

from passage.config.worker import Worker
from passage.outbox.models import Mail
from passage.programme import actions as programmes
from passage.programme.models import Invitation, Login, Role, Staff
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in
from tests.post import a_mail_server

pytestmark = pytest.mark.django_db
EWA = {"name": "Ewa", "email": "ewa@example.org", "role": "clerk", "shop": "rynek"}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Lucja")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def test_an_invitation_arrives_in_the_programmes_language_and_its_link_lets_in(owner):
    with a_mail_server() as server:
        page = owner.post("/office/staff/invite", EWA, follow=True).content.decode()
        assert "goes to ewa@example.org" in page
        Worker().run_once()
        (mail,) = server.mails
        assert (mail["To"], mail["Subject"]) == ("ewa@example.org", "Piekarnia Grabowska zaprasza")
        link = re.search(r"https?://[^/]+(/invitation/\S+)", server.text())[1]
    assert Client().post(link, {"password": PASSWORD, "again": PASSWORD})["Location"] == "/home"


def test_who_has_a_password_is_told_of_the_place_in_their_own_language(owner):
    programmes.create_login(email="jean@example.org", password=PASSWORD, name="Jean", language="fr")
    with a_mail_server() as server:
        owner.post("/office/staff/invite", EWA | {"email": "jean@example.org"})
        Worker().run_once()
    assert server.mails[0]["Subject"] == "Piekarnia Grabowska zaprasza", "the owner reads the subject, too"
    assert "Connectez-vous" in server.text()


def test_an_invitation_is_sent_again_but_not_by_every_click(owner):
    owner.post("/office/staff/invite", EWA)
    Mail.objects.update(key="of an earlier minute")
    offer = Invitation.objects.get()
    for _ in range(3):
        assert owner.post(f"/office/staff/invitations/{offer.public_id}/again").status_code == 200
    assert Mail.objects.count() in {2, 3}, "three clicks lie in at most two minutes"


def test_a_link_never_carries_the_name_a_stranger_asked_by(owner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    owner.post("/office/staff/invite", EWA, headers={"host": "evil.example.org"})
    assert "evil" not in Mail.objects.get().text


def test_a_clerk_without_a_mailbox_signs_in_by_pin_alone(owner, cast):
    owner.post("/office/begin/clerks", {"name": "Olek", "pin": "2846"})
    olek = Staff.objects.of(cast.bakery).get(login__name="Olek")
    assert (olek.role, bool(olek.pin_hash), olek.login.has_mailbox) == ("clerk", True, False)
    assert not Mail.objects.exists()
    people = owner.get("/office/staff").content.decode()
    assert "nobody.invalid" not in people + owner.get("/office/begin/clerks").content.decode()
    assert owner.post(f"/office/staff/{olek.pk}/link").status_code == 404
    assert not Client().login(email=olek.login.email, password="")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "Olek"}, "pin"),
        ({"name": "Olek", "pin": "1234"}, "pin"),
        ({"name": "Olek", "pin": "12"}, "pin"),
        ({"name": "", "pin": "2846"}, "name"),
        ({"name": "Olek", "email": "nobody"}, "email"),
        ({"name": "Piotr", "email": "piotr@example.org"}, "email"),
    ],
)
def test_a_clerk_who_cannot_be_is_refused_at_the_field_and_not_half_there(owner, cast, typed, field):
    before = (Staff.objects.count(), Login.objects.count(), Mail.objects.count())
    answer = owner.post("/office/begin/clerks", typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert (Staff.objects.count(), Login.objects.count(), Mail.objects.count()) == before


def test_a_member_whom_nobody_could_find_is_not_made(owner):
    answer = owner.post("/office/begin/members", {"first_name": "Anna"})
    assert "phone" in answer.context["form"].errors
    again = owner.post("/office/begin/members", {"first_name": "Anna", "phone": "600 100 200"})
    assert "phone" in again.context["form"].errors, "Anna has this number already"


def test_the_owner_sees_what_became_of_each_mail_and_tries_again(owner, cast):
    with a_mail_server() as server:
        server.to_recipients.append("550 5.1.1 no such mailbox")
        owner.post("/office/staff/invite", EWA)
        Worker().run_once()
        page = owner.get("/office/outbox").content.decode()
        assert "550 5.1.1 no such mailbox" in page
        assert "refused by the mail server" in page
        assert "/invitation/" not in page, "the link is for the invited alone"
        mail = Mail.objects.get()
        assert owner.post(f"/office/outbox/{mail.pk}/again")["Location"] == "/office/outbox"
        Worker().run_once()
        assert len(server.mails) == 1
        assert "deleted when it was sent" in owner.get("/office/outbox").content.decode()
        assert owner.post(f"/office/outbox/{mail.pk}/again", follow=True).status_code == 200
        Worker().run_once()
        assert len(server.mails) == 1
    assert signed_in(cast.stranger.login).post(f"/office/outbox/{mail.pk}/again").status_code == 404
    assert "ewa@example.org" not in signed_in(cast.stranger.login).get("/office/outbox").content.decode()

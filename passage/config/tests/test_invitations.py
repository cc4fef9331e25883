"""A log-in belongs to its person: who is hired is asked, and a stranger learns nothing and ends nothing (A5)."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from passage.outbox.models import Mail
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.invitations import invitation as password_link
from passage.programme.models import Invitation, Login, Role, Staff
from passage.website.invited import STARTS
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
HERS = "three warm loaves"
MARIA = {"name": "Somebody", "email": "maria@example.org", "role": "clerk", "shop": ""}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def stranger(cast):
    """The owner of another programme."""
    return signed_in(cast.stranger.login)


def invite(client, **changed):
    return client.post("/office/staff/invite", {**MARIA, **changed}, follow=True)


def waiting(email="maria@example.org"):
    return Invitation.objects.get(email=email, state="open")


def link_in(mail):
    return re.search(r"https?://[^/]+(/\S+)", mail.text)[1]


def link_on(answer):
    return re.search(r"data-link>http://testserver([^<]+)<", answer.content.decode())[1]


def plain(answer, email):
    """The page without what differs in any two: the address that was typed, and what is drawn at random."""
    text = answer.content.decode().replace(email, "")
    marks = (
        r'nonce="[^"]+"',
        r'name="csrfmiddlewaretoken" value="[^"]+"',
        r"/invitations/[0-9a-f-]{36}/",
        r"/invitation/[^\"<]+",
        r"<time.*?</time>",
    )
    for mark in (*marks, r"data-link>[^<]+<", r"(?s)<svg.*?</svg>"):
        text = re.sub(mark, "", text)
    return text


@pytest.mark.parametrize("sends", [True, False])
def test_a_known_and_an_unknown_address_get_the_same_answer(stranger, settings, sends):
    settings.SENDS_MAIL = sends
    pages = []
    for email in ("maria@example.org", "norah@example.org"):
        answer = invite(stranger, email=email)
        assert answer.status_code == 200
        listed = stranger.get("/office/staff")
        outbox = stranger.get("/office/outbox")
        pages.append([plain(page, email) for page in (answer, listed, outbox)])
        stranger.post(f"/office/staff/invitations/{waiting(email).public_id}/withdraw", follow=True)
        Mail.objects.all().delete()
    assert pages[0] == pages[1]


def test_a_link_that_is_shown_reads_the_same_for_a_known_and_an_unknown_address(stranger, settings):
    settings.SENDS_MAIL = False
    known, unknown = "maria@example.org", "norah@example.org"
    pages = [plain(Client().get(link_on(invite(stranger, email=email))), email) for email in (known, unknown)]
    assert pages[0] == pages[1]
    assert "Maria" not in "".join(pages)


def test_who_is_hired_elsewhere_stays_signed_in_and_works_where_they_did(cast, stranger):
    hers = signed_in(cast.maria.login)
    invite(stranger)
    assert hers.get("/office/members").status_code == 200
    hers.post(f"/invitations/{waiting().public_id}", {"do": "accept"})
    place = Staff.objects.of(cast.stranger.programme).get(login=cast.maria.login)
    assert stranger.post(f"/office/staff/{place.pk}/leave").status_code == 302
    place.refresh_from_db()
    assert place.left_at is not None
    assert hers.get("/office/members").status_code == 200, "another programme ends no session"
    assert hers.get("/office/members").context["programme"] == cast.bakery


def test_an_invitation_not_accepted_binds_nobody(cast, stranger):
    invite(stranger, role="owner")
    assert not Staff.objects.of(cast.stranger.programme).exclude(pk=cast.stranger.pk).exists()
    assert "Maria" not in stranger.get("/office/staff").content.decode()
    with pytest.raises(Refused, match="last_owner"):
        programmes.leave(staff=cast.stranger, by=BY, at=timezone.now())
    assert not cast.maria.login.places.exclude(programme=cast.bakery).exists()


def test_a_person_is_asked_by_mail_and_on_their_start_page_in_their_language(cast, stranger):
    Login.objects.filter(pk=cast.maria.login_id).update(language="pl")
    invite(stranger)
    mail = Mail.objects.get(address="maria@example.org")
    assert "Dzień dobry" in mail.text
    assert (mail.subject, mail.is_secret) == ("Elsewhere invites you", True)
    hers = signed_in(cast.maria.login)
    assert "/invitations" in hers.get("/office/").content.decode()
    assert "/invitations" not in hers.get("/office/staff").content.decode()
    assert hers.get(link_in(mail))["Location"] == "/invitations"
    assert "Elsewhere" in hers.get("/invitations").content.decode()
    hers.post(f"/invitations/{waiting().public_id}", {"do": "accept"})
    assert Staff.objects.of(cast.stranger.programme).get(login=cast.maria.login).role == "clerk"
    assert "/invitations" not in hers.get("/office/").content.decode()


def test_what_is_declined_withdrawn_or_old_gives_no_place(cast, stranger):
    hers = signed_in(cast.maria.login)
    invite(stranger)
    declined = waiting()
    assert hers.post(f"/invitations/{declined.public_id}", {"do": "decline"}).status_code == 302
    invite(stranger)
    withdrawn = waiting()
    stranger.post(f"/office/staff/invitations/{withdrawn.public_id}/withdraw")
    invite(stranger)
    old = waiting()
    Invitation.objects.filter(pk=old.pk).update(until=timezone.now())
    for row in (declined, withdrawn, old):
        assert hers.post(f"/invitations/{row.public_id}", {"do": "accept"}).status_code == 404
        with pytest.raises(Refused, match="invitation_over"):
            programmes.accept(invitation=row, login=cast.maria.login, at=timezone.now())
    invite(stranger)
    old.refresh_from_db()
    assert (old.state, old.email, old.name) == ("over", "", ""), "what is over names nobody"
    assert not Staff.objects.of(cast.stranger.programme).filter(login=cast.maria.login).exists()


def test_nobody_answers_for_another(cast, stranger):
    invite(stranger)
    for login in (cast.piotr.login, cast.stranger.login):
        client = signed_in(login)
        assert client.post(f"/invitations/{waiting().public_id}", {"do": "accept"}).status_code == 404
        with pytest.raises(Refused, match="not_yours"):
            programmes.accept(invitation=waiting(), login=login, at=timezone.now())
    link = link_in(Mail.objects.get(address="maria@example.org"))
    assert "another address" in signed_in(cast.piotr.login).get(link).content.decode()


def test_a_link_that_is_shown_opens_no_log_in_of_somebody(cast, stranger, settings):
    """Not one with a password, and not one that another programme made and nobody has begun yet."""
    settings.SENDS_MAIL = False
    asleep = programmes.create_login(email="ewa@example.org", password="", made_for=cast.bakery)
    programmes.hire(programme=cast.bakery, login=asleep, role=Role.CLERK, by=BY, at=AT)
    for email in ("maria@example.org", "ewa@example.org"):
        link = link_on(invite(stranger, email=email))
        assert Client().post(link, {"password": HERS, "again": HERS}).status_code == 422
        assert not Client().login(email=email, password=HERS)
    assert Client().login(email="maria@example.org", password=PASSWORD)


def test_the_mailbox_begins_a_log_in_that_has_no_password(cast, stranger):
    programmes.create_login(email="ewa@example.org", password="")
    invite(stranger, email="ewa@example.org")
    link = link_in(Mail.objects.get(address="ewa@example.org"))
    assert Client().post(link, {"password": HERS, "again": HERS}).status_code == 302
    assert Staff.objects.of(cast.stranger.programme).filter(login__email="ewa@example.org").exists()


def test_with_a_mail_server_no_link_is_shown(cast, stranger, settings):
    settings.SENDS_MAIL = True
    assert "data-link" not in invite(stranger, email="norah@example.org").content.decode()
    again = f"/office/staff/invitations/{waiting('norah@example.org').public_id}/again"
    assert "data-link" not in stranger.post(again, follow=True).content.decode()


def reset_of(client, staff):
    return client.post(f"/office/staff/{staff.pk}/password", follow=True).content.decode()


@pytest.mark.parametrize("sends", [True, False])
def test_a_reset_link_is_shown_only_for_a_log_in_made_here_that_nobody_else_uses(cast, stranger, settings, sends):
    settings.SENDS_MAIL = False
    link = link_on(invite(stranger, email="ewa@example.org"))
    Client().post(link, {"password": HERS, "again": HERS})
    hers = Login.objects.get(email="ewa@example.org")
    settings.SENDS_MAIL = sends
    place = Staff.objects.get(login=hers)
    assert "data-link" in reset_of(stranger, place)
    programmes.hire(programme=cast.bakery, login=hers, role=Role.CLERK, by=BY, at=AT)
    assert "data-link" not in reset_of(stranger, place)
    # Maria came by herself: it is hers, also while she works nowhere else.
    programmes.leave(staff=cast.maria, by=BY, at=AT)
    invite(stranger)
    signed_in(cast.maria.login).post(f"/invitations/{waiting().public_id}", {"do": "accept"})
    hired = Staff.objects.of(cast.stranger.programme).get(login=cast.maria.login)
    said = reset_of(stranger, hired)
    assert "data-link" not in said
    assert ("goes to maria@example.org" in said) == sends


def test_a_link_to_begin_is_not_shown_for_a_log_in_of_others(cast, stranger, settings):
    settings.SENDS_MAIL = False
    asleep = programmes.create_login(email="ewa@example.org", password="", made_for=cast.bakery)
    place = programmes.hire(programme=cast.stranger.programme, login=asleep, role=Role.CLERK, by=BY, at=AT)
    answer = stranger.post(f"/office/staff/{place.pk}/link", follow=True)
    assert "data-link" not in answer.content.decode()
    assert password_link(asleep, at=timezone.now()) not in answer.content.decode()
    Login.objects.filter(pk=asleep.pk).update(made_for=cast.stranger.programme.public_id)
    assert "data-link" in stranger.post(f"/office/staff/{place.pk}/link", follow=True).content.decode()


def test_who_may_no_longer_hire_has_invited_nobody(cast):
    manager = signed_in(cast.maria.login)
    invite(manager, email="norah@example.org")
    row = waiting("norah@example.org")
    programmes.leave(staff=cast.maria, by=BY, at=timezone.now())
    norah = programmes.create_login(email="norah@example.org", password=PASSWORD)
    with pytest.raises(Refused, match="invitation_over"):
        programmes.accept(invitation=row, login=norah, at=timezone.now())


def test_an_address_is_invited_once_at_a_time(cast, stranger):
    invite(stranger)
    again = invite(stranger)
    assert again.status_code == 422
    assert again.context["invite"].errors["email"]
    manager = signed_in(cast.maria.login)
    assert invite(manager, email="stranger@example.org").status_code == 200, "another programme is not in the way"


def test_whoever_may_not_give_the_place_neither_sees_nor_withdraws_the_invitation(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    invite(signed_in(login), email="norah@example.org", role="chain")
    manager = signed_in(cast.maria.login)
    assert "norah@example.org" not in manager.get("/office/staff").content.decode()
    for deed in ("again", "withdraw"):
        path = f"/office/staff/invitations/{waiting('norah@example.org').public_id}/{deed}"
        assert manager.post(path).status_code == 404


def test_the_pin_of_an_invitation_holds_once_it_is_accepted(cast, stranger):
    stranger.post("/office/begin/clerks", {"name": "Ewa", "email": "ewa@example.org", "pin": "3690"})
    assert not Staff.objects.exclude(pin_hash="").exists()
    link = link_in(Mail.objects.get(address="ewa@example.org"))
    Client().post(link, {"password": HERS, "again": HERS})
    assert Staff.objects.get(login__email="ewa@example.org").pin_hash
    assert not Invitation.objects.exclude(pin_hash="").exists()


def test_every_page_where_somebody_begins_tells_of_invitations():
    from passage.website.landing import DOORS

    assert set(DOORS.values()) <= STARTS

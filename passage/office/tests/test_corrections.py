"""Above a limit a correction waits for a second person, who reads it on a page of its own (F-42)."""

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.programme.queries import control
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
CONTROL = {"alone": "", "alone_a_day": "", "card_a_day": "2", "card_a_week": "6", "late_minutes": "30"}


@pytest.fixture
def cast():
    return a_bakery()


def somebody(cast, name, role, shop=None):
    login = programmes.create_login(email=f"{name}@example.org", password=PASSWORD, name=name.title())
    programmes.hire(programme=cast.bakery, login=login, role=role, shop=shop, by=BY, at=AT)
    return signed_in(login)


@pytest.fixture
def owner(cast):
    client = somebody(cast, "lucja", Role.OWNER)
    assert client.post("/office/control", {**CONTROL, "alone": "100"}).status_code == 302
    return client


@pytest.fixture
def boss(cast):
    return somebody(cast, "zofia", Role.MANAGER, cast.rynek)


def ask(client, cast, points="500"):
    typed = {"unit": "points", "way": "give", "points": points, "reason": "Reklamacja tortu"}
    return client.post(f"/office/members/{cast.anna.public_id}/adjust", typed)


def waiting(client):
    return client.get("/office/corrections").context["waiting"]


def balance(cast):
    return ledger.balances(cast.anna, at=timezone.now())[0].balance


def test_one_asks_and_another_books(owner, boss, cast):
    assert ask(boss, cast)["Location"] == "/office/corrections"
    assert balance(cast) == 0
    assert "1 correction" not in boss.get("/office/members").content.decode()
    assert owner.get("/office/").context["waiting"] == 1
    assert owner.get("/office/members").context["waiting"] == 1
    [row] = waiting(owner)
    assert (row.asked_by, row.may_decide) == ("Zofia", True)
    assert owner.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"}).status_code == 302
    assert balance(cast) == 500
    assert waiting(owner) == []
    [done] = boss.get("/office/corrections").context["done"]
    assert (done.asked_by, done.decided_by) == ("Zofia", "Lucja")
    log = owner.get("/office/log?what=points").content.decode()
    for said in ("Correction asked for", "Correction agreed to", "Balance corrected by hand", "Reklamacja tortu"):
        assert said in log


def test_whoever_asked_cannot_book_it_whatever_their_right(owner, cast):
    ask(owner, cast)
    [row] = waiting(owner)
    assert not row.may_decide
    assert owner.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"}).status_code == 403
    assert balance(cast) == 0


def test_a_refusal_needs_its_reason_and_whoever_asked_reads_it(owner, boss, cast):
    ask(boss, cast)
    [row] = waiting(owner)
    address = f"/office/corrections/{row.correction.pk}/decide"
    without = owner.post(address, {"do": "refuse", "answer": " "})
    assert without.status_code == 422
    assert without.context["faulty"] == row.correction.pk
    assert owner.post(address, {"do": "refuse", "answer": "Brak paragonu"}).status_code == 302
    assert "Brak paragonu" in boss.get("/office/corrections").content.decode()
    assert owner.post(address, {"do": "approve"}).status_code == 302
    assert balance(cast) == 0


def test_a_manager_of_one_shop_agrees_to_nothing_and_sees_only_their_own(owner, boss, cast):
    ask(signed_in(cast.maria.login), cast)
    assert waiting(boss) == []
    [row] = waiting(owner)
    assert boss.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"}).status_code == 403
    assert len(waiting(signed_in(cast.maria.login))) == 1


def test_another_programme_sees_and_decides_nothing(owner, boss, cast):
    ask(boss, cast)
    [row] = waiting(owner)
    stranger = signed_in(cast.stranger.login)
    assert waiting(stranger) == []
    assert stranger.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"}).status_code == 404


def test_only_the_owner_sets_what_one_person_may_do_alone(owner, boss, cast):
    manager = signed_in(cast.maria.login)
    for client in (boss, manager):
        assert client.post("/office/control", {**CONTROL, "alone": "9999"}).status_code == 403
    assert control(programme=cast.bakery).alone == 100
    for text in ("-1", "x", "1000001"):
        refused = owner.post("/office/control", {**CONTROL, "alone": text})
        assert refused.status_code == 422
        assert refused.context["form"].errors["alone"]
    assert owner.post("/office/control", {**CONTROL, "alone_a_day": "300"}).status_code == 302
    assert (control(programme=cast.bakery).alone, control(programme=cast.bakery).alone_a_day) == (0, 300)
    assert Event.objects.of(cast.bakery).filter(verb="control.set").count() == 2
    assert ask(boss, cast, "301")["Location"] == "/office/corrections"

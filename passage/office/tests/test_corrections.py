"""Above a limit a correction waits for a second person, who reads it on a page of its own (F-42)."""

import pytest
from django.utils import timezone

from passage.audit.models import Event
from passage.ledger import queries as ledger
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.programme.queries import control
from passage.purchases.models import Purchase
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

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


def test_who_hired_the_one_who_asked_may_refuse_and_not_agree(owner, cast):
    """A chain manager made a shop manager of their own: what that one asks waits for somebody else."""
    login = programmes.create_login(email="jan@example.org", password=PASSWORD, name="Jan")
    by = f"staff:{cast.maria.pk}"
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=by, at=AT)
    ask(signed_in(login), cast)
    maria = signed_in(cast.maria.login)
    [row] = waiting(maria)
    assert (row.may_decide, row.may_agree) == (True, False)
    assert "1 correction" not in maria.get("/office/members").content.decode()
    page = f"/office/corrections/{row.correction.pk}/decide"
    assert "Let somebody else agree" in maria.post(page, {"do": "approve"}, follow=True).content.decode()
    assert balance(cast) == 0
    assert owner.post(page, {"do": "approve"}).status_code == 302
    assert balance(cast) == 500
    ask(signed_in(login), cast)
    [row] = waiting(maria)
    maria.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "refuse", "answer": "Nie"})
    assert waiting(maria) == []


def add_points(client, amount, *, ticket=None, receipt="R-7"):
    """A purchase typed on the page of the till, saved."""
    ticket = ticket or client.get("/till/points").context["ticket"]
    typed = {"card": CARD, "amount": amount, "receipt": receipt, "shop": "rynek", "ticket": ticket, "do": "save"}
    return client.post("/till/points", typed)


def test_a_purchase_typed_by_hand_has_the_limit_of_a_correction(owner, cast):
    clerk = signed_in(cast.piotr.login)
    assert add_points(clerk, "40", receipt="R-6")["Location"].startswith("/till/points/")
    ticket = clerk.get("/till/points").context["ticket"]
    for _ in range(2):
        assert add_points(clerk, "51", ticket=ticket)["Location"] == "/till/points"
    assert (balance(cast), Purchase.objects.count()) == (80, 1)
    [row] = waiting(owner)
    assert (row.asked_by, row.correction.points, row.correction.reason) == ("Piotr", 102, "R-7")
    page = f"/office/corrections/{row.correction.pk}/decide"
    assert owner.post(page, {"do": "approve"}).status_code == 302
    assert (balance(cast), Purchase.objects.count()) == (182, 2)
    made = Purchase.objects.order_by("id").last()
    assert (made.by, made.receipt) == (f"staff:{cast.piotr.pk}", "R-7")
    add_points(clerk, "51", ticket=ticket)
    assert (balance(cast), Purchase.objects.count()) == (182, 2), "sent again it is what it was"


def test_many_small_purchases_typed_by_hand_add_up_in_a_day(owner, cast):
    assert owner.post("/office/control", {**CONTROL, "alone_a_day": "100"}).status_code == 302
    clerk = signed_in(cast.piotr.login)
    assert add_points(clerk, "30", receipt="R-6")["Location"] != "/till/points"
    assert add_points(clerk, "30")["Location"] == "/till/points"
    assert balance(cast) == 60


def test_a_purchase_typed_by_hand_gives_no_more_than_a_correction_can_whoever_agrees(cast):
    clerk = signed_in(cast.piotr.login)
    assert add_points(clerk, "600000").status_code == 422
    assert add_points(clerk, "400000")["Location"] != "/till/points", "without a limit of the programme"


def test_a_visit_entered_from_a_receipt_has_the_same_limit(owner, cast):
    till = programmes.add_till(shop=cast.rynek, code="k1")
    manager = signed_in(cast.maria.login)
    typed = {"till": str(till.pk), "receipt": "R-8", "moment": "2026-02-04T12:30", "amount": "60", "member": CARD}
    assert manager.post("/office/visits/enter", typed)["Location"] == "/office/corrections"
    [row] = waiting(manager)
    assert (row.may_decide, balance(cast)) == (False, 0)
    owner.post(f"/office/corrections/{row.correction.pk}/decide", {"do": "approve"})
    assert balance(cast) == 120

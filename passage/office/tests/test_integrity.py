"""The page of the integrity board: figures lead to rows, a shop sees itself, thresholds are the owner's."""

import pytest
from django.utils import timezone

from passage.cards import actions as cards
from passage.ledger import actions as ledger
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.programme.queries import control
from passage.seals.actions import seal
from passage.seals.queries import last_block
from tests.cast import AT, BY, CARD, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
CONTROL = {"alone": "", "alone_a_day": "", "card_a_day": "2", "card_a_week": "6", "late_minutes": "30"}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    return signed_in(cast.maria.login)


def somebody(cast, name, role, shop=None):
    login = programmes.create_login(email=f"{name}@example.org", password=PASSWORD, name=name.title())
    return programmes.hire(programme=cast.bakery, login=login, role=role, shop=shop, by=BY, at=AT)


def ring_up(client, times, shop="rynek"):
    for _ in range(times):
        ticket = client.get("/till/points").context["ticket"]
        typed = {"card": CARD, "amount": "5", "shop": shop, "ticket": ticket, "do": "save"}
        assert client.post("/till/points", typed).status_code == 302


def cells(answer, person):
    return next({c.figure: c for c in cells} for line, cells in answer.context["lines"] if line.person == person)


def test_a_card_that_comes_too_often_is_marked_and_leads_to_its_visits(office, cast):
    other = somebody(cast, "zofia", Role.CLERK, cast.rynek)
    ring_up(signed_in(other.login), 1)
    ring_up(signed_in(cast.piotr.login), 5)
    page = office.get("/office/integrity")
    often = cells(page, cast.piotr)["often"]
    assert (often.count, often.stands_out) == (5, False)  # the colleague's one visit was of the same card
    [(card, who)] = page.context["cards"]
    assert (card.member, card.visits, card.by_visits, who) == (cast.anna, 6, 5, "Piotr")
    rows = office.get(f"/office/integrity/{cast.piotr.pk}/often")
    assert len(rows.context["rows"]) == 5
    assert "Anna Świętek" in rows.content.decode()


def test_sales_on_ones_own_card_are_marked_at_the_first(office, cast):
    ring_up(signed_in(cast.piotr.login), 1)
    cards.name_own(staff=cast.piotr, member=cast.anna, by=BY, at=AT)
    assert cells(office.get("/office/integrity"), cast.piotr)["own"].stands_out
    programmes.set_control(programme=cast.bakery, own_card=True, by=BY, at=AT)
    assert not cells(office.get("/office/integrity"), cast.piotr)["own"].stands_out


def test_corrections_lead_to_their_reasons(office, cast):
    ledger.correct(
        member=cast.anna, unit="points", points=70, reason="Za uśmiech", by=f"staff:{cast.maria.pk}", at=timezone.now()
    )
    assert cells(office.get("/office/integrity"), cast.maria)["corrections"].count == 1
    assert "Za uśmiech" in office.get(f"/office/integrity/{cast.maria.pk}/corrections").content.decode()


def test_a_manager_of_one_shop_sees_that_shop_only(office, cast):
    far = somebody(cast, "marek", Role.CLERK, cast.dworzec)
    boss = signed_in(somebody(cast, "boss", Role.MANAGER, cast.rynek).login)
    ring_up(signed_in(far.login), 3, shop="dworzec")
    ring_up(signed_in(cast.piotr.login), 1)
    assert [line.person for line, _ in boss.get("/office/integrity").context["lines"]] == [cast.piotr]
    assert boss.get("/office/integrity").context["cards"] == []
    assert boss.get(f"/office/integrity/{far.pk}/often").status_code == 404
    assert len(office.get("/office/integrity").context["lines"]) == 2


def test_an_unknown_figure_and_a_person_of_another_programme_are_not_there(office, cast):
    assert office.get(f"/office/integrity/{cast.piotr.pk}/height").status_code == 404
    assert signed_in(cast.stranger.login).get(f"/office/integrity/{cast.piotr.pk}/often").status_code == 404


def test_what_is_usual_is_set_by_the_owner(office, cast):
    owner = signed_in(somebody(cast, "lucja", Role.OWNER).login)
    assert office.post("/office/control", CONTROL).status_code == 403
    for field, text in (("card_a_day", "0"), ("card_a_week", ""), ("late_minutes", "721")):
        refused = owner.post("/office/control", {**CONTROL, field: text})
        assert refused.status_code == 422
        assert refused.context["form"].errors[field]
    assert owner.post("/office/control", {**CONTROL, "card_a_day": "4"}).status_code == 302
    assert control(programme=cast.bakery).card_a_day == 4
    ring_up(signed_in(cast.piotr.login), 4)
    assert office.get("/office/integrity").context["cards"] == []


def test_the_seal_of_the_books_stands_on_the_page_to_be_printed(office, cast):
    assert "Nothing is sealed yet." in office.get("/office/integrity").content.decode()
    seal(programme=cast.bakery, at=AT, by=BY)
    block = last_block(cast.bakery)
    page = office.get("/office/integrity").content.decode()
    assert f"1-{block.hash[:32]}" in page
    assert "is sealed under this line" in page

"""What falls between rooms that were built apart: each of these was a hole, found by walking from one into the other."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from passage.cards import actions as cards
from passage.cards.models import Card, OwnCard
from passage.config.verification import verify
from passage.ledger import actions as ledger
from passage.ledger import queries as balances
from passage.members import actions as members
from passage.members.models import Member, Merge
from passage.members.twins import TOLD
from passage.outbox.models import Mail
from passage.privacy import actions as privacy
from passage.privacy.models import Erasure
from passage.programme import actions as programmes
from passage.programme.errors import Refused
from passage.programme.models import Login, Role, Staff
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption
from passage.website.entry import BEGAN, SEEN
from tests.cast import AT, BY, PASSWORD, Cast, a_bakery, signed_in
from tests.importing import LATER, a_list, applied, undone
from tests.world import a_world

pytestmark = pytest.mark.django_db
EWA = {"name": "Ewa", "email": "ewa@example.org", "role": "clerk", "shop": ""}


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


def an_owner(cast: Cast) -> Client:
    login = programmes.create_login(email="owner@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def test_the_owner_of_another_programme_never_sees_the_link_of_somebody_who_was_invited_here(cast: Cast) -> None:
    """Whoever holds the link chooses the password, and with it stands wherever that log-in has a place."""
    asleep = programmes.create_login(email="ewa@example.org", password="", made_for=cast.bakery)
    here = programmes.hire(programme=cast.bakery, login=asleep, role=Role.OWNER, by=BY, at=AT)
    assert "data-link" in an_owner(cast).post(f"/office/staff/{here.pk}/link", follow=True).content.decode()
    theirs = signed_in(cast.stranger.login)
    answer = theirs.post("/office/staff/invite", EWA, follow=True)
    link = re.search(r"data-link>http://testserver([^<]+)<", answer.content.decode())[1]  # type: ignore[index]
    assert Client().post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 422
    place = programmes.hire(programme=cast.stranger.programme, login=asleep, role=Role.CLERK, by=BY, at=AT)
    again = theirs.post(f"/office/staff/{place.pk}/link", follow=True)
    assert "data-link" not in again.content.decode()
    # The mailbox still has it: that is the person's own.
    assert Mail.objects.filter(address="ewa@example.org", text__contains="/invitation/").exists()


@pytest.mark.parametrize("shop", [None, "rynek"])
def test_a_manager_too_is_led_to_a_second_factor_where_the_programme_asks_for_one(cast: Cast, shop: str | None) -> None:
    login = programmes.create_login(email="zofia@example.org", password=PASSWORD)
    where = cast.rynek if shop else None
    programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=where, by=BY, at=AT)
    client = signed_in(login)
    assert client.get("/office/members").status_code == 200
    programmes.ask_second_factor(programme=cast.bakery, asked=True, by=BY, at=AT)
    assert client.get("/office/members")["Location"] == "/account/"
    assert signed_in(cast.piotr.login).get("/till/points").status_code == 200, "a clerk is not asked"


def test_a_manager_never_signs_in_as_somebody_below_to_agree_with_themselves(cast: Cast) -> None:
    login = programmes.create_login(email="zofia@example.org", password=PASSWORD)
    shop = programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    chain = signed_in(cast.maria.login)
    page = chain.get("/office/staff").content.decode()
    for deed in ("password", "second-factor"):
        assert f"/office/staff/{shop.pk}/{deed}" not in page
        assert chain.post(f"/office/staff/{shop.pk}/{deed}").status_code == 403
    Login.objects.filter(pk=shop.login_id).update(made_for=cast.bakery.public_id)
    assert "data-link" in an_owner(cast).post(f"/office/staff/{shop.pk}/password").content.decode()


def test_a_session_that_is_over_does_not_come_back_by_a_header(cast: Cast) -> None:
    client = signed_in(cast.maria.login)
    session = client.session
    session[BEGAN] = session[SEEN] = 0
    session.save()
    answer = client.get("/office/members", headers={"authorization": "Bearer nothing"})
    assert re.match("/sign-in", answer["Location"])


def test_what_was_asked_for_somebody_who_was_forgotten_is_never_booked(cast: Cast) -> None:
    programmes.set_control(programme=cast.bakery, alone=100, by=BY, at=AT)
    asked = ledger.correct(member=cast.anna, unit="points", points=500, reason="x", by=f"staff:{cast.maria.pk}", at=AT)
    privacy.erase(member=cast.anna, why=Erasure.Why.ASKED, by=BY, at=AT)
    with pytest.raises(Refused, match="decided"):
        ledger.approve(correction=asked, by=BY, at=AT)
    assert [each.balance for each in balances.balances(cast.anna, at=AT)] in ([], [0])
    assert list(verify(programme=cast.bakery)) == []


def test_nobody_corrects_the_balance_of_somebody_who_was_forgotten(cast: Cast) -> None:
    privacy.erase(member=cast.anna, why=Erasure.Why.ASKED, by=BY, at=AT)
    typed = {"unit": "points", "way": "give", "points": "5", "reason": "Prezent"}
    assert an_owner(cast).post(f"/office/members/{cast.anna.public_id}/adjust", typed).status_code == 404
    with pytest.raises(Refused, match="member_erased"):
        ledger.correct(member=cast.anna, unit="points", points=5, reason="x", by=BY, at=AT)


def test_a_prize_that_waits_for_somebody_who_is_forgotten_brings_no_points_back_afterwards() -> None:
    world = a_world()
    world.now += timedelta(days=1)
    world.give(100)
    world.give(8, "stamps")
    wish = rewards.Wish(client_id=world.fresh(), reward=world.rewards[2])
    prize = claiming.redeem(source=world.till, member=world.anna, wish=wish, shop=None, waits=True, by=BY, at=world.now)
    privacy.erase(member=world.anna, why=Erasure.Why.ASKED, by=BY, at=world.now)
    rewards.cancel_prize(redemption=prize, reason="Nobody comes", by=BY, at=world.now)
    assert {each.balance for each in balances.balances(world.anna, at=world.now)} == {0}
    with pytest.raises(Refused, match="not_waiting"):
        rewards.hand_out(redemption=prize, shop=None, by=BY, at=world.now)
    assert list(verify(programme=world.bakery)) == []


def test_who_of_the_staff_a_forgotten_member_was_is_forgotten_too(cast: Cast) -> None:
    cards.name_own(staff=cast.piotr, member=cast.anna, by=BY, at=AT)
    ewa = members.enrol(programme=cast.bakery, first_name="Ewa", by=BY, at=AT)
    kept = cards.name_own(staff=cast.maria, member=ewa, by=BY, at=AT)
    privacy.erase(member=cast.anna, why=Erasure.Why.ASKED, by=BY, at=AT)
    assert list(OwnCard.objects.of(cast.bakery)) == [kept]


def a_lead(cast: Cast) -> tuple[Staff, Client, Member]:
    """A manager of the market square, who is a member as well and has named their card."""
    login = programmes.create_login(email="zofia@example.org", password=PASSWORD)
    zofia = programmes.hire(programme=cast.bakery, login=login, role=Role.MANAGER, shop=cast.rynek, by=BY, at=AT)
    own = members.enrol(programme=cast.bakery, first_name="Zofia", by=BY, at=AT)
    cards.name_own(staff=zofia, member=own, by=BY, at=AT)
    return zofia, signed_in(login), own


def test_nobody_gives_themselves_a_prize(cast: Cast) -> None:
    _zofia, client, own = a_lead(cast)
    ledger.adjust(member=own, unit="points", points=50, reason="x", by=BY, at=AT)
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "free_product", "products": {"products": ["bread"]}}}
    reward = rewards.create_reward(
        programme=cast.bakery, name="Chleb", definition=gives, effective_from=AT, by=BY, at=AT
    )
    page = f"/office/members/{own.public_id}/prize"
    typed = {"reward": str(reward.public_id), "way": "now", "entry": str(uuid.uuid4())}
    answer = client.post(page, typed)
    assert answer.status_code == 422
    assert Redemption.objects.count() == 0
    assert signed_in(cast.maria.login).post(page, {**typed, "way": "waits"}).status_code == 302
    prize = Redemption.objects.get()
    client.post(f"/office/handovers/{prize.public_id}/out", {"at": "rynek"})
    prize.refresh_from_db()
    assert prize.handing == Redemption.Handing.WAITING, "a colleague hands it over"


def test_nobody_joins_a_strangers_points_to_their_own_card(cast: Cast) -> None:
    zofia, client, own = a_lead(cast)
    ledger.adjust(member=cast.anna, unit="points", points=500, reason="x", by=BY, at=AT)
    for kept, gone in ((own, cast.anna), (cast.anna, own)):
        page = f"/office/members/{kept.public_id}/merge?with={gone.public_id}"
        client.post(page, {"reason": "One person", "first_name": "kept", "last_name": "kept"})
        with pytest.raises(Refused, match="own_card"):
            purchases.merge(gone=gone, kept=kept, choices=dict.fromkeys(TOLD, "kept"), by=f"staff:{zofia.pk}", at=AT)
    assert Merge.objects.count() == 0


def test_nobody_gives_themselves_a_level_nor_somebody_who_was_forgotten(cast: Cast) -> None:
    _zofia, client, own = a_lead(cast)
    typed = {"tier": "gold", "until": "", "reason": "Stała klientka"}
    assert client.post(f"/office/members/{own.public_id}/level", typed).status_code == 422
    assert client.post(f"/office/members/{cast.anna.public_id}/level", typed).status_code == 302
    privacy.erase(member=cast.anna, why=Erasure.Why.ASKED, by=BY, at=AT)
    assert client.post(f"/office/members/{cast.anna.public_id}/level", typed).status_code == 404


def test_parting_two_records_takes_no_card_from_somebody_who_was_given_it_meanwhile(cast: Cast) -> None:
    """The card came by an import, went with the merge, was blank again after the undo, and is another member's now."""
    cards.make_blank(programme=cast.bakery, numbers=["2900077"], by=BY, at=AT)
    upload = applied(cast, a_list("2900077;Anna;Świętek;600 100 200;anna@example.org;;;;"))
    ewa = members.enrol(programme=cast.bakery, first_name="Ewa", by=BY, at=AT)
    ola = members.enrol(programme=cast.bakery, first_name="Ola", by=BY, at=AT)
    merge = purchases.merge(gone=cast.anna, kept=ewa, choices=dict.fromkeys(TOLD, "kept"), by=BY, at=LATER)
    undone(upload)
    card = Card.objects.get(number="2900077")
    assert card.state == Card.State.BLANK
    cards.bind(card=card, member=ola, by=BY, at=LATER)
    purchases.unmerge(row=merge, by=BY, at=LATER)
    card.refresh_from_db()
    assert card.member == ola
    cast.card.refresh_from_db()
    assert cast.card.member == cast.anna, "her own card is hers again"

"""Points become a prize at the counter: given at once, or waiting in a shop until somebody hands it over or cancels it."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from passage.ledger import actions as ledger
from passage.ledger import queries as balances
from passage.members import actions as members
from passage.products import actions as products
from passage.rewards import actions
from passage.rewards.models import Redemption
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
SHELF = "/office/handovers"
SHOPS = ("rynek", "dworzec")


@pytest.fixture
def cast():
    cast = a_bakery()
    products.put(programme=cast.bakery, code="basket", name="Kosz", price=30_000, by=BY, at=AT)
    ledger.adjust(member=cast.anna, unit="points", points=1000, reason="A gift", by=BY, at=AT)
    return cast


@pytest.fixture
def counter(cast):
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.piotr.login)
    return client


def a_prize(cast, name="Kosz", cost=300, *, worth=25_000, **terms):
    gives = {"kind": "free_product", "products": {"products": ["basket"]}}
    definition = {"unit": "points", "cost": cost, "gives": gives, **terms}
    reward = actions.create_reward(
        programme=cast.bakery, name=name, definition=definition, effective_from=AT, stock=5, by=BY, at=AT
    )
    return actions.set_particulars(reward=reward, particulars=actions.Particulars(worth=worth), by=BY, at=AT)


@pytest.fixture
def kosz(cast):
    return a_prize(cast)


def page(cast):
    return f"/office/members/{cast.anna.public_id}/prize"


def exchange(client, cast, reward, *, shop="rynek", **more):
    typed = {"reward": str(reward.public_id), "way": "waits", "entry": str(uuid.uuid4()), **more}
    return client.post(f"{page(cast)}?shop={shop}", typed)


def points(cast):
    return balances.balances(cast.anna, at=timezone.now())[0].available


def the_prize(cast):
    return Redemption.objects.of(cast.bakery).get()


def test_a_clerk_exchanges_points_and_hands_the_prize_over_later(counter, cast, kosz):
    assert page(cast) in counter.get(f"/office/members/{cast.anna.public_id}").text
    assert exchange(counter, cast, kosz).status_code == 302
    assert points(cast) == 700
    assert SHELF in counter.get("/office/members").text
    shown = counter.get(SHELF).text
    assert "Kosz" in shown
    assert "Anna Świętek" in shown
    prize = the_prize(cast)
    counter.post(f"{SHELF}/{prize.public_id}/out")
    prize.refresh_from_db()
    assert (prize.handing, prize.handed_by, prize.shop) == ("handed_over", f"staff:{cast.piotr.pk}", cast.rynek)
    listed = counter.get(SHELF).context
    assert (listed["rows"], [each.row for each in listed["done"]]) == ([], [prize])


def test_what_waits_is_told_to_its_member_and_to_whoever_opens_their_page_until_it_is_given(counter, cast, kosz):
    pages = (signed_in(cast.anna.login), "/me/"), (counter, f"/office/members/{cast.anna.public_id}")
    exchange(counter, cast, kosz)
    waiting = [list(client.get(address).context["waiting"]) for client, address in pages]
    assert waiting == [[the_prize(cast)]] * 2
    assert all("Rynek" in client.get(address).text for client, address in pages)
    counter.post(f"{SHELF}/{the_prize(cast).public_id}/out")
    assert [list(client.get(address).context["waiting"]) for client, address in pages] == [[], []]


def test_a_prize_given_at_once_does_not_wait(counter, cast, kosz):
    exchange(counter, cast, kosz, way="now")
    assert the_prize(cast).handing == "handed_over"
    assert counter.get(SHELF).context["rows"] == []


def test_the_button_pressed_twice_takes_the_points_once(counter, cast, kosz):
    entry = str(uuid.uuid4())
    for _ in range(2):
        exchange(counter, cast, kosz, entry=entry)
    assert (points(cast), Redemption.objects.count()) == (700, 1)


def test_a_cancelled_prize_gives_the_points_back_and_tells_why_in_the_log(counter, cast, kosz):
    exchange(counter, cast, kosz)
    cancel = f"{SHELF}/{the_prize(cast).public_id}/cancel"
    assert "tone-error" in counter.post(cancel, {"reason": " "}, follow=True).text
    assert points(cast) == 700
    counter.post(cancel, {"reason": "Never came"})
    assert (points(cast), the_prize(cast).handing) == (1000, "cancelled")
    log = signed_in(cast.maria.login).get("/office/log").text
    assert "Never came" in log
    assert "Kosz" in log


def test_what_cannot_be_had_is_not_offered_and_says_why(counter, cast, kosz):
    dear = a_prize(cast, "Rower", 5000)
    a_prize(cast, "Złoty kubek", 10, when={"tiers": ["gold"]})
    a_prize(cast, "Za zakupy", 10, when={"minimum": 10_000})
    context = counter.get(page(cast)).context
    assert [value for value, _said in context["form"]["reward"].field.choices] == [str(kosz.public_id)]
    why = {each.reward.name: each.why_not.replace("\u00a0", " ") for each in context["refused"]}
    assert why == {
        "Rower": "Rower: 4,000 points missing.",
        "Złoty kubek": "Złoty kubek: only for these levels: gold.",
        "Za zakupy": "Za zakupy: the minimum of PLN100.00 is not reached: PLN0.00 counted.",
    }
    assert exchange(counter, cast, dear).status_code == 422
    assert points(cast) == 1000


def test_a_prize_of_one_shop_is_offered_there_only(cast):
    a_prize(cast, "Tylko na rynku", 10, when={"shops": ["rynek"]})
    manager = signed_in(cast.maria.login)
    had = [len(manager.get(f"{page(cast)}?shop={shop}").context["form"]["reward"].field.choices) for shop in SHOPS]
    assert had == [1, 0]


def test_a_prize_that_ran_out_meanwhile_is_refused_at_its_field(counter, cast, kosz, monkeypatch):
    actions.restock(reward=kosz, pieces=-4, reason="Sold", by=BY, at=AT)
    real = actions.redeem

    def somebody_was_faster(**asked):
        actions.restock(reward=kosz, pieces=-1, reason="The last one", by=BY, at=AT)
        return real(**asked)

    monkeypatch.setattr(actions, "redeem", somebody_was_faster)
    answer = exchange(counter, cast, kosz)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reward"])
    assert points(cast) == 1000


def test_a_clerk_of_one_shop_neither_gives_nor_hands_over_in_another(counter, cast, kosz):
    exchange(counter, cast, kosz, shop="dworzec")
    assert the_prize(cast).shop == cast.rynek
    actions.hand_out(redemption=the_prize(cast), shop=cast.rynek, by=BY, at=AT)
    exchange(signed_in(cast.maria.login), cast, kosz, shop="dworzec")
    prize = Redemption.objects.of(cast.bakery).get(handing="waiting")
    assert counter.get(SHELF).context["rows"] == []
    assert counter.post(f"{SHELF}/{prize.public_id}/out").status_code == 403
    assert counter.post(f"{SHELF}/{prize.public_id}/cancel", {"reason": "x"}).status_code == 403
    manager = signed_in(cast.maria.login)
    assert [len(manager.get(f"{SHELF}?shop={shop}").context["rows"]) for shop in ("dworzec", "rynek", "")] == [1, 0, 1]


def test_a_blocked_member_is_offered_nothing(counter, cast, kosz):
    members.block(member=cast.anna, reason="Lent the card", by=BY, at=AT)
    answer = counter.get(page(cast))
    assert (answer.status_code, answer.context["form"]["reward"].field.choices, answer.context["refused"]) == (
        200,
        [],
        [],
    )


def test_a_prize_worth_more_than_the_threshold_is_warned_of_at_every_step(counter, cast):
    bike = a_prize(cast, "Rower", 900, worth=200_001)
    said = "worth PLN2,000.01, above the threshold for prizes"
    office = Client(headers={"accept-language": "en"})
    office.force_login(cast.maria.login)
    plain = [
        office.get(address).text.replace("\u00a0", "")
        for address in ("/office/rewards", f"/office/rewards/{bike.public_id}")
    ]
    assert [said in text.replace("Worth", "worth") for text in plain] == [True, True]
    assert said in counter.get(page(cast)).text.replace("\u00a0", "")
    exchange(counter, cast, bike)
    assert said in counter.get(SHELF).text.replace("\u00a0", "").replace("Worth", "worth")


def test_a_stranger_sees_and_gives_nothing_of_ours(counter, cast, kosz):
    exchange(counter, cast, kosz)
    stranger = signed_in(cast.stranger.login)
    assert stranger.get(page(cast)).status_code == 404
    assert stranger.get(SHELF).context["rows"] == []
    assert stranger.post(f"{SHELF}/{the_prize(cast).public_id}/out").status_code == 404
    assert the_prize(cast).handing == "waiting"

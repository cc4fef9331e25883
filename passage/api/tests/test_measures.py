"""What is sold by weight or measure is one piece, whatever it comes to, by whichever writing it is told."""

import pytest

from passage.api.schemas.baskets import LineRequest
from passage.api.tests.world import NOON, a_sale
from passage.earning import actions as earning
from passage.engine.tests.world import vectors
from passage.rewards import actions as rewards
from tests.cast import AT, BY

CHEESE = {"products": ["cheese"]}


def line(quantity, amount=4000, **more):
    return {"id": "1", "amount": amount, "quantity": quantity, "product": "cheese", **more}


@pytest.mark.parametrize("case", vectors("quantities", "cases"), ids=lambda case: case["why"])
def test_a_quantity_says_by_its_writing_whether_it_is_a_measure(case):
    told = LineRequest.model_validate(line(case["written"])).value()
    assert (told.quantity, told.measured, told.units) == (case["thousandths"], case["measured"], case["units"])


@pytest.mark.parametrize(
    ("asked", "units"),
    [
        ({"quantity": 2, "measured": True}, 1),
        ({"quantity": "2", "measured": True}, 1),
        ({"quantity": "2.000", "measured": False}, 2),
        ({"quantity": "2", "measured": None}, 2),
        ({"quantity": "2.5", "measured": False}, 1),
        ({}, 1),
    ],
)
def test_what_a_line_says_of_itself_wins_over_its_writing(asked, units):
    assert LineRequest.model_validate({"id": "1", "amount": 100, **asked}).value().units == units


@pytest.mark.django_db
def test_2_000_kg_earn_and_are_worth_what_1_999_kg_are(till, ours):
    rule = {"unit": "points", "earns": {"kind": "per_unit", "points": 5}, "only": CHEESE}
    earning.create_rule(programme=ours.programme, name="Cheese", definition=rule, effective_from=AT, by=BY, at=AT)
    gift = {"unit": "points", "cost": 1, "gives": {"kind": "free_product", "products": CHEESE}}
    free = rewards.create_reward(
        programme=ours.programme, name="Free cheese", definition=gift, effective_from=AT, by=BY, at=AT
    )
    given, worth = [], []
    for quantity, amount in (("1.999", 3998), ("2.000", 4000), (2, 4000)):
        lines = [line(quantity, amount)]
        told = till.post("/sales", a_sale(f"s-{quantity}", lines=lines))
        assert told.status_code == 201, told.content
        rules = {each["rule"]: each["points"] for each in told.json()["settlement"]["earned"][0]["rules"]}
        given.append(rules["Cheese"])
        asked = {"occurred_at": NOON, "currency": "PLN", "member": {"id": str(ours.member.public_id)}, "lines": lines}
        quoted = till.post("/quotes", {**asked, "wishes": [{"reward": str(free.public_id)}]})
        assert quoted.status_code == 200, quoted.content
        worth.append(quoted.json()["settlement"]["rewards"][0]["value"])
    assert given == [5, 5, 10]
    assert worth == [3998, 4000, 2000]


@pytest.mark.django_db
def test_what_was_weighed_comes_back_by_its_weight(till):
    sale = till.post("/sales", a_sale(lines=[line("2.000")])).json()
    back = {"client_id": "r", "occurred_at": NOON, "lines": [{"id": "1", "quantity": "0.345"}]}
    returned = till.post(f"/sales/{sale['id']}/returns", back)
    assert (returned.status_code, returned.json()["refund"]) == (201, 690)


@pytest.mark.django_db
def test_a_measured_sale_sent_again_is_the_same_sale(till):
    first = till.post("/sales", a_sale(lines=[line("2.000")]))
    again = till.post("/sales", a_sale(lines=[line("2.000")]))
    assert (first.status_code, again.status_code) == (201, 200)

"""A basket is tried for a member at a moment, by the rules that hold then; nothing is written."""

import pytest
from django.test import Client

from passage.earning import actions as earning
from passage.earning.models import RuleUsage
from passage.members import actions as members
from passage.products import actions as products
from passage.purchases.models import Purchase
from tests.cast import AT, BY, CARD, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    cast = a_bakery()
    products.put(programme=cast.bakery, code="bread", name="Chleb", price=1290, category="pieczywo", by=BY, at=AT)
    return cast


@pytest.fixture
def office(cast):
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.maria.login)
    return client


def tried(office, **asked):
    return office.get("/office/promotions/try", asked)


def test_a_basket_of_products_and_an_amount_is_tried(office, cast):
    page = tried(office, goods="bread, bread", amount="80", member=CARD, shop="rynek", moment="2026-03-03T12:00")
    assert page.context["total"] == 2 * 1290 + 8000
    [earned] = page.context["earned"]
    assert earned["points"] == 220  # 105 and the 10 of a large purchase... doubled base on the market square
    assert not Purchase.objects.exists()
    assert not RuleUsage.objects.exists()


def test_what_did_not_apply_says_why(office):
    page = tried(office, amount="12", shop="dworzec", member=CARD).content.decode()
    assert "the minimum of" in page
    assert "What did not apply" in page


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("goods", {"goods": "nothing"}),
        ("goods", {"amount": ""}),
        ("amount", {"amount": "x"}),
        ("member", {"amount": "1", "member": "nobody@example.org"}),
        ("moment", {"amount": "1", "moment": "yesterday"}),
    ],
)
def test_what_cannot_be_tried_says_so_at_its_field(office, field, asked):
    page = tried(office, **{"goods": "", **asked})
    assert page.status_code == 422
    assert field in page.context["form"].errors


def test_a_birthday_bonus_is_seen_on_a_day_that_is_chosen_and_not_on_another(office, cast):
    definition = {"unit": "points", "earns": {"kind": "fixed", "points": 33}, "when": {"birthday_days": 3}}
    earning.create_rule(programme=cast.bakery, name="Birthday", definition=definition, effective_from=AT, by=BY, at=AT)
    members.edit(member=cast.anna, by=BY, at=AT, birthday="08-20")
    near = tried(office, amount="5", member=CARD, shop="dworzec", moment="2027-08-23T12:00")
    far = tried(office, amount="5", member=CARD, shop="dworzec", moment="2027-08-24T12:00")
    assert [page.context["earned"][0]["points"] for page in (near, far)] == [38, 5]
    assert "only around the member" in far.content.decode()

"""A quote says what recording would say, and writes nothing."""

from datetime import timedelta

import pytest
from django.apps import apps

from passage.api.tests.world import a_sale
from passage.earning import actions as earning
from passage.earning.models import Rule
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db


def counts():
    return {model.__name__: model._base_manager.count() for model in apps.get_models() if "passage" in model.__module__}


def test_a_quote_writes_nothing_and_a_sale_then_says_the_same(till):
    before = counts()
    quote = till.post("/quotes", a_sale())
    assert quote.status_code == 200, quote.content
    assert counts() == before
    assert till.post("/sales", a_sale()).json()["settlement"] == quote.json()["settlement"]
    assert quote.json()["balance_after"] == {"points": 90 + 38}


def test_wishes_become_instructions_for_the_ticket_in_minor_units(till, ours):
    lines = [
        {"id": "1", "amount": 1490, "vat_bp": 2300},
        {"id": "2", "amount": 1250, "vat_bp": 800},
        {"id": "3", "amount": 699, "vat_bp": 500},
    ]
    quote = till.post("/quotes", a_sale(lines=lines, wishes=[{"reward": ours.reward}])).json()
    assert [(each["line"], each["amount"], each["settlement"]) for each in quote["ticket"]] == [
        ("1", 217, "discount"),
        ("2", 182, "discount"),
        ("3", 101, "discount"),
    ]
    assert quote["settlement"]["payable"] == 3439 - 500
    assert set(quote["settlement"]["vat"]) == {"2300", "800", "500"}


def test_a_reward_out_of_reach_says_how_much_is_missing(till, ours):
    till.post("/sales", a_sale("back", 100))
    quote = till.post("/quotes", a_sale()).json()
    [offer] = quote["offers"]
    assert (offer["reward"], offer["points"], offer["value"], offer["why_not"]) == (ours.reward, 30, 500, None)
    for number in range(2):
        wish = {"client_id": f"held-{number}", "member": {"card": ours.card}, "reward": ours.reward}
        assert till.post("/redemptions", wish).status_code == 201
    [offer] = till.post("/quotes", a_sale()).json()["offers"]
    assert offer["missing"] == 29
    assert offer["why_not"]["code"] == "insufficient_points"
    assert "29" in offer["why_not"]["text"]


def test_why_nots_are_told_in_the_readers_language(till):
    for language, word in (("fr", "minimum"), ("pl", "minimum"), ("en", "minimum")):
        quote = till.post("/quotes", a_sale(), Accept_Language=language).json()
        reasons = {step["code"]: step["text"] for step in quote["settlement"]["why_not"]}
        assert word in reasons["minimum_not_reached"].lower()
    texts = {
        till.post("/quotes", a_sale(), Accept_Language=language).json()["settlement"]["why_not"][0]["text"]
        for language in ("fr", "pl", "en")
    }
    assert len(texts) == 3


def test_a_wish_for_an_unknown_reward_is_refused_by_its_place(till):
    unknown = "00000000-0000-4000-8000-000000000000"
    answer = till.post("/quotes", a_sale(wishes=[{"reward": unknown}]))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reward")
    assert answer.json()["field"] == "wishes.0.reward"


def test_a_quote_without_a_member_is_priced_and_earns_nothing(till):
    sale = a_sale()
    del sale["member"]
    quote = till.post("/quotes", sale).json()
    assert (quote["member"], quote["settlement"]["payable"], quote["settlement"]["earned"]) == (None, 3850, [])


def test_quoting_takes_a_constant_number_of_statements(till, django_assert_max_num_queries):
    many = [{"id": str(number), "amount": 100, "product": "roll"} for number in range(200)]
    with django_assert_max_num_queries(26) as few:
        till.post("/quotes", a_sale())
    with django_assert_max_num_queries(len(few)):
        till.post("/quotes", a_sale(lines=many))


def end_every_rule(programme):
    for rule in Rule.objects.of(programme):
        earning.end_rule(rule=rule, effective_from=AT + timedelta(days=20), by=BY, at=AT + timedelta(days=19))


def test_a_sale_that_would_give_less_than_was_quoted_waits_for_a_yes(till, ours):
    quote = till.post("/quotes", a_sale()).json()
    end_every_rule(ours.programme)
    before = counts()
    refused = till.post("/sales", a_sale(quote_id=quote["quote_id"]))
    assert (refused.status_code, refused.json()["code"]) == (409, "changed")
    assert refused.json()["params"] == {"fewer": {"points": 38}}
    assert counts() == before
    again = till.post("/quotes", a_sale()).json()
    assert till.post("/sales", a_sale(quote_id=again["quote_id"])).status_code == 201


def test_a_quote_binds_its_own_sale_and_a_replay_is_not_held_to_it(till):
    quote = till.post("/quotes", a_sale()).json()["quote_id"]
    other = till.post("/sales", a_sale("other", 100, quote_id=quote))
    assert (other.status_code, other.json()["code"]) == (409, "quote_other")
    assert till.post("/sales", a_sale(quote_id=quote)).status_code == 201
    assert till.post("/sales", a_sale(quote_id=quote)).status_code == 200
    unknown = till.post("/sales", a_sale("third", quote_id="nonsense"))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "quote_unknown")


def test_what_is_only_wished_for_is_not_promised(till, ours):
    assert till.post("/quotes", a_sale(wishes=[{"reward": ours.reward}])).json()["quote_id"] == ""

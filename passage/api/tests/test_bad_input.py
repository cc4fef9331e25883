"""Whatever is sent, the answer is a problem with a code, the field and a remedy, and not one row is changed."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.db import OperationalError

from passage.api.tests.world import NOON, a_sale
from passage.engine.basket import MAX_LINES
from passage.programme.models import AttemptCount

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "fr", "pl")


def counts():
    """How many rows each table has, but for the counts of who asked how often."""
    ours = (model for model in apps.get_models() if model.__module__.startswith("passage."))
    return {model.__name__: model._base_manager.count() for model in ours if model is not AttemptCount}


def line(**changes):
    return a_sale(lines=[{"id": "1", "amount": 100, **changes}])


def raw(text):
    """A sale whose amount is ``text`` as it stands, also where no JSON writer would write it."""
    return json.dumps(line(amount="AMOUNT")).replace('"AMOUNT"', text)


# What is sent, and the status, code and field of the answer.
SALES = [
    (line(amount=10**9 + 1), 422, "too_big", "lines.0.amount"),
    (line(amount=2**63), 422, "too_big", "lines.0.amount"),
    (line(amount=-(2**63)), 422, "too_small", "lines.0.amount"),
    (raw("1" * 5000), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("12.5"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("12.0"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("1e3"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("1e400"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("NaN"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("Infinity"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("-Infinity"), 422, "not_a_whole_number", "lines.0.amount"),
    (raw("٣٤"), 400, "not_json", ""),
    (raw("0x10"), 400, "not_json", ""),
    (raw("01"), 400, "not_json", ""),
    (line(amount="100"), 422, "not_a_whole_number", "lines.0.amount"),
    (line(amount="١٢٣"), 422, "not_a_whole_number", "lines.0.amount"),
    (line(amount=True), 422, "not_a_whole_number", "lines.0.amount"),
    (line(amount=None), 422, "not_a_whole_number", "lines.0.amount"),
    (line(amount=[100]), 422, "not_a_whole_number", "lines.0.amount"),
    (line(quantity="٢"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="0"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity=0), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity=-1), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="1_000"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="1,5"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="0.3455"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="1e3"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="NaN"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity="9999999"), 422, "not_a_quantity", "lines.0.quantity"),
    (line(quantity=0.345), 422, "not_a_quantity", "lines.0.quantity"),
    (line(vat_bp=10_001), 422, "too_big", "lines.0.vat_bp"),
    (line(vat_bp=-1), 422, "too_small", "lines.0.vat_bp"),
    (line(discounted="true"), 422, "not_true_or_false", "lines.0.discounted"),
    (line(discounted=1), 422, "not_true_or_false", "lines.0.discounted"),
    (line(kind="gold"), 422, "not_one_of", "lines.0.kind"),
    (line(name="x" * 81), 422, "too_long", "lines.0.name"),
    (line(name="a\u0000b"), 422, "control_character", "lines.0.name"),
    (line(name="a\u001bb"), 422, "control_character", "lines.0.name"),
    (line(name="\ud800"), 422, "control_character", "lines.0.name"),
    (line(price=5), 422, "unknown_field", "lines.0.price"),
    (a_sale(lines=[]), 422, "too_short", "lines"),
    (a_sale(lines=[{"id": str(each), "amount": 1} for each in range(MAX_LINES + 1)]), 422, "too_many", "lines"),
    (a_sale(lines=[{"id": "1", "amount": 1}] * 2), 422, "same_line_twice", ""),
    (a_sale(lines=[{"id": str(each), "amount": 10**9} for each in range(2)]), 422, "too_big", ""),
    (a_sale(lines={"0": {}}), 422, "not_a_list", "lines"),
    (a_sale(lines=["bread"]), 422, "not_an_object", "lines.0"),
    (a_sale(currency="EUR"), 422, "wrong_currency", "currency"),
    (a_sale(currency="pln"), 422, "not_a_currency", "currency"),
    (a_sale(currency="PŁN"), 422, "not_a_currency", "currency"),
    (a_sale(currency=985), 422, "not_text", "currency"),
    (a_sale(card="NOBODY"), 422, "card_unknown", "card"),
    (a_sale(card="☃"), 422, "card_unreadable", "card"),
    (a_sale(card="GRABOWSKA00100002"), 422, "card_typo", "card"),
    (a_sale(card=""), 422, "too_short", "member.card"),
    (a_sale(member={}), 422, "one_of_several", "member"),
    (a_sale(member={"card": "X", "external_id": "Y"}), 422, "one_of_several", "member"),
    (a_sale(member={"id": "1"}), 422, "not_an_id", "member.id"),
    (a_sale(member={"phone": "600100200"}), 422, "unknown_field", "member.phone"),
    (a_sale(member="GRABOWSKA00100001"), 422, "not_an_object", "member"),
    (a_sale(shop="nowhere"), 422, "unknown_shop", "shop"),
    (a_sale(shop="../etc"), 422, "not_a_code", "shop"),
    (a_sale(occurred_at="2099-01-01T12:00:00+01:00"), 422, "occurred_in_future", "occurred_at"),
    (a_sale(occurred_at="2026-03-02T12:00:00"), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at="2026-03-02"), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at="0001-01-01T00:00:00+14:00"), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at="2026-02-30T12:00:00Z"), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at="٢٠٢٦-03-02T12:00:00Z"), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at=1772449200), 422, "not_a_moment", "occurred_at"),
    (a_sale(occurred_at=None), 422, "not_a_moment", "occurred_at"),
    (a_sale(business_date="02/03/2026"), 422, "not_a_day", "business_date"),
    (a_sale("a b"), 422, "not_a_client_id", "client_id"),
    (a_sale(""), 422, "not_a_client_id", "client_id"),
    (a_sale("x" * 65), 422, "not_a_client_id", "client_id"),
    (a_sale("ż"), 422, "not_a_client_id", "client_id"),
    (a_sale("x\n"), 422, "control_character", "client_id"),
    (a_sale(covers=-1), 422, "too_small", "covers"),
    (a_sale(tenders=[{"kind": "shells", "amount": 5}]), 422, "not_one_of", "tenders.0.kind"),
    (a_sale(redemptions=["x"]), 422, "not_an_id", "redemptions.0"),
    (a_sale(redemptions=["00000000-0000-4000-8000-000000000000"]), 422, "unknown_redemption", "redemptions"),
    (a_sale(points=1000), 422, "unknown_field", "points"),
    (a_sale(programme="elsewhere"), 422, "unknown_field", "programme"),
    ({}, 422, "missing", "occurred_at"),
    ("", 400, "body_missing", ""),
    ("nonsense", 400, "not_json", ""),
    ("[]", 422, "not_an_object", ""),
    ("null", 422, "not_an_object", ""),
    ('"text"', 422, "not_an_object", ""),
    (b"\xff\xfe{}", 400, "not_json", ""),
    ('{"client_id": "a", "client_id": "b"}', 400, "duplicate_key", "client_id"),
    ("[" * 30_000, 400, "not_json", ""),
    ('{"a":' * 30 + "1" + "}" * 30, 400, "too_deep", ""),
    (line(name="x" * 70_000), 413, "body_too_large", ""),
    (json.dumps(line(name="x" * 5_000_000)), 413, "body_too_large", ""),
]


def is_a_problem(answer, status, code, field):
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field), problem
    assert problem["status"] == status
    assert problem["type"] == f"urn:passage:problem:{code}"
    assert problem["title"]
    assert problem["detail"].endswith(".")


def test_bad_sales_are_refused_by_code_and_field_and_change_nothing(till):
    before = counts()
    for sent, status, code, field in SALES:
        answer = till.post("/sales", sent)
        assert answer.status_code == status, (str(sent)[-300:], answer.content)
        is_a_problem(answer, status, code, field)
    assert counts() == before


def test_bad_sales_are_refused_in_a_batch_by_themselves(till):
    good = [{"type": "sale", **a_sale(f"good-{number}", 1000)} for number in range(2)]
    bad = [sent for sent, status, code, _ in SALES if status == 422 and isinstance(sent, dict) and code != "too_many"]
    for start in range(0, len(bad), 40):
        part = [{"type": "sale", **each} for each in bad[start : start + 40]]
        answer = till.post("/sync", {"operations": [good[0], *part, good[1]]})
        assert answer.status_code == 200, answer.content
        results = answer.json()["results"]
        first = "recorded" if start == 0 else "replayed"
        assert [results[0]["status"], results[-1]["status"]] == [first, first]
        assert {each["status"] for each in results[1:-1]} == {"refused"}
        assert all(each["problem"]["code"] and each["problem"]["detail"] for each in results[1:-1])


def test_several_faults_are_all_named(till):
    sale = a_sale(currency="zł", covers=-1, lines=[{"id": "1", "amount": 0.5}])
    problem = till.post("/sales", sale).json()
    assert {each["field"] for each in problem["errors"]} == {"currency", "covers", "lines.0.amount"}
    assert problem["code"] == problem["errors"][0]["code"]


def test_every_problem_is_told_in_the_readers_language(till):
    told = {}
    for language in LANGUAGES:
        problem = till.post("/sales", a_sale(currency="EUR"), Accept_Language=language).json()
        assert problem["params"] == {"currency": "PLN"}
        assert "PLN" in problem["detail"]
        told[language] = (problem["title"], problem["detail"])
    assert len(set(told.values())) == 3


def test_bad_requests_of_the_other_resources_change_nothing(till, ours):
    before = counts()
    wish = {"client_id": "w", "member": {"card": ours.card}, "reward": ours.reward}
    back = {"client_id": "r", "occurred_at": NOON}
    for method, path, sent, status, code, field in (
        ("POST", f"/sales/{ours.sale}/returns", {**back, "amount": 0}, 422, "too_small", "amount"),
        ("POST", f"/sales/{ours.sale}/returns", {**back, "amount": 9001}, 422, "too_much", "amount"),
        (
            "POST",
            f"/sales/{ours.sale}/returns",
            {**back, "lines": [{"id": "9", "quantity": 1}]},
            422,
            "too_much",
            "lines",
        ),
        (
            "POST",
            f"/sales/{ours.sale}/returns",
            {**back, "amount": 1, "lines": [{"id": "1", "quantity": 1}]},
            422,
            "amount_or_lines",
            "",
        ),
        ("POST", "/sales/1/returns", back, 404, "not_found", ""),
        ("POST", "/redemptions", {**wish, "amount": -5}, 422, "too_small", "amount"),
        ("POST", "/redemptions", {**wish, "reward": "x"}, 422, "not_an_id", "reward"),
        ("POST", f"/redemptions/{ours.redemption}/reverse", {}, 409, "not_captured", "redemption"),
        ("GET", "/members", None, 422, "missing", "identifier"),
        ("GET", "/members?identifier=", None, 422, "too_short", "identifier"),
        ("GET", "/members?identifier=%00", None, 422, "control_character", "identifier"),
        ("GET", "/cards/%00", None, 404, "not_found", ""),
        ("GET", "/members/%F0%9F%92%A9", None, 404, "not_found", ""),
        ("GET", "/nothing/here", None, 404, "not_found", ""),
        ("GET", "/members/", None, 404, "not_found", ""),
        ("POST", "/sync", {"operations": []}, 422, "too_short", "operations"),
        ("POST", "/sync", {"operations": [{}] * 51}, 422, "too_many", "operations"),
    ):
        is_a_problem(till.send(method, path, sent), status, code, field)
    assert counts() == before


def test_a_bad_idempotency_key_is_refused(till):
    is_a_problem(till.post("/members", {}, Idempotency_Key="a b"), 422, "bad_idempotency_key", "Idempotency-Key")


def test_a_till_may_send_more_at_once_than_others_and_not_without_end(till):
    operations = [
        {
            "type": "sale",
            **a_sale(f"s-{number}", lines=[{"id": str(n), "amount": 1, "name": "x" * 60} for n in range(40)]),
        }
        for number in range(40)
    ]
    answer = till.post("/sync", {"operations": operations})
    assert answer.status_code == 200
    assert len(answer.content) > 64 * 1024
    is_a_problem(till.post("/sync", "[" + " " * 1024 * 1024 + "]"), 413, "body_too_large", "")


def test_a_busy_database_asks_to_come_again(till, monkeypatch):
    def locked(**_):
        raise OperationalError("database is locked")

    monkeypatch.setattr("passage.api.routes.sales.record", locked)
    answer = till.post("/sales", a_sale())
    is_a_problem(answer, 503, "busy", "")
    assert answer.headers["Retry-After"] == "1"


def test_a_mistake_of_ours_tells_nothing_of_the_inside(till, monkeypatch):
    def broken(**_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("passage.api.routes.sales.record", broken)
    answer = till.post("/sales", a_sale())
    is_a_problem(answer, 500, "internal", "")
    assert b"secret" not in answer.content

"""What a member holds, over the API: balances, pages of entries, lots, and the explanation that adds up."""

import pytest

from passage.api.tests.world import a_sale
from passage.seals.actions import seal
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db


def test_an_account_says_what_is_there_held_and_expiring(till, ours):
    [account] = till.get(f"/members/{ours.member.public_id}/accounts").json()["accounts"]
    assert account["id"] == ours.account
    assert (account["balance"], account["reserved"], account["available"]) == (90, 30, 60)


def test_the_ledger_comes_in_pages_that_leave_nothing_out(till, ours):
    for number in range(5):
        till.post("/sales", a_sale(f"s-{number}", 1000))
    seen, cursor = [], ""
    while cursor is not None:
        page = till.get(f"/accounts/{ours.account}/ledger?limit=2&cursor={cursor}").json()
        seen += page["entries"]
        cursor = page["next"]
    assert [entry["points"] for entry in seen] == [10, 10, 10, 10, 10, 90]
    assert len({entry["id"] for entry in seen}) == 6
    assert seen[0]["because"][0]["text"].startswith("Punkty za zakupy")


def test_cursors_and_lots_tell_no_inner_number(till, ours):
    till.post("/sales", a_sale("s-1", 1000))
    till.post(f"/redemptions/{ours.redemption}/capture")
    page = till.get(f"/accounts/{ours.account}/ledger?limit=2").json()
    lots = till.get(f"/accounts/{ours.account}/lots").json()["lots"]
    for token in (page["next"], page["entries"][0]["id"], lots[0]["id"]):
        assert len(token) == 11
        assert not token.isdigit()
    assert page["entries"][0]["lots"][0]["lot"] in {lot["id"] for lot in lots}


def test_a_made_up_cursor_and_a_bad_limit_are_refused_by_name(till, ours):
    for query, code, field in (
        ("cursor=1", "bad_cursor", "cursor"),
        ("cursor=AAAAAAAAAAA", "bad_cursor", "cursor"),
        ("limit=0", "too_small", "limit"),
        ("limit=101", "too_big", "limit"),
        ("limit=%D9%A1", "not_a_whole_number", "limit"),
        ("limit=1_0", "not_a_whole_number", "limit"),
    ):
        answer = till.get(f"/accounts/{ours.account}/ledger?{query}")
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_the_explanation_adds_up_to_the_balance(till, ours):
    sale = till.post("/sales", a_sale("s-1", 5000, redemptions=[ours.redemption])).json()
    told = till.get(f"/accounts/{ours.account}/explain").json()
    assert sum(each["points"] for each in told["sums"]) == told["account"]["balance"]
    assert {each["kind"]: each["points"] for each in told["sums"]} == {"earn": 90 + 45, "spend": -30}
    assert sum(lot["left"] for lot in told["lots"]) == told["account"]["balance"]
    assert sale["id"] in {lot["cause"] for lot in told["lots"]}
    assert all(lot["because"] for lot in told["lots"])


def test_accounts_of_nobody_and_of_no_unit_are_not_found(till, ours):
    for account in ("x", "x.points", f"{ours.member.public_id}", f"{ours.member.public_id}.gold"):
        for what in ("ledger", "lots", "explain"):
            assert till.get(f"/accounts/{account}/{what}").status_code == 404


def test_the_seal_of_the_books_is_told_to_be_kept_elsewhere(till, ours):
    assert till.get("/seal").json() == {"number": 0, "head": "", "hash": "", "sealed_at": None}
    seal(programme=ours.programme, at=AT, by=BY)
    told = till.get("/seal").json()
    assert (told["number"], told["sealed_at"]) == (1, "2026-01-05T08:00:00Z")
    assert told["head"] == f"1-{told['hash'][:32]}"

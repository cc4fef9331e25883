"""`verify` names each state that parallel deeds or a slip could leave behind, planted one by one by SQL."""

from datetime import timedelta

import pytest
from django.db import connection

from passage.config.verification import verify
from tests.model.amounts import NEVER
from tests.model.bakery import BEGUN, START
from tests.model.bills import Line
from tests.model.product import Product
from tests.plugin import defences_asleep

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def a_lively_shop() -> Product:
    """Anna is gold by what she bought; a sale of Bela's moved to Celia; one came back in part; Dora became Anna."""
    shop = Product()
    goods = [Line("0", "bread", 3000, 2000), Line("1", "tea", 2000)]
    shop.sell("large", at=START, shop="rynek", lines=[Line("0", "cake", 40_000)], member="anna")
    shop.sell("moved", at=START, shop="rynek", lines=goods, member="bela")
    shop.sell("part", at=START, shop="dworzec", lines=goods, member="celia")
    shop.sell("nobody", at=START, shop="", lines=goods, member=None)
    shop.sell("dora", at=START, shop="rynek", lines=[Line("0", "bread", 2100)], member="dora")
    shop.now += DAY
    shop.move("move", sale="moved", to="celia")
    shop.give_back("back", sale="part", at=shop.now, quantities={"0": 1000})
    shop.give_back("whole", sale="nobody", at=shop.now)
    shop.now += 5 * DAY
    shop.reserve("wish", record="anna", reward="5 zl off")
    shop.merge(gone="dora", kept="anna")
    return shop


COLUMNS = (
    "programme_id, kind, source_id, fingerprint, shop_id, till, business_date, receipt, receipt_key, member_id, card_id,"
    " sale_id, currency, total, basket, context, settlement, reason, {by}, occurred_at, received_at, recorded_at"
)
# A row of a purchase once more, under another id.
AGAIN = (
    f"INSERT INTO purchases_purchase (public_id, client_id, {COLUMNS.format(by='by')})"
    f" SELECT '00000000000000000000000000000001', 'again', {COLUMNS.format(by='by')}"
    " FROM purchases_purchase WHERE client_id = '{}'"
).format


def member(name: str) -> str:
    return f"(SELECT id FROM members_member WHERE first_name = '{name}')"


def rule(name: str) -> str:
    return f"(SELECT id FROM earning_rule WHERE name = '{name}')"


ACCOUNT = "(SELECT id FROM ledger_account WHERE member_id = {} AND unit_id = (SELECT id FROM ledger_unit WHERE code = 'points'))"
LIMITED = rule("Five for cake, twice a day")
PLANTED = {
    "a refund too many": ("refunded_too_much", [AGAIN("whole")]),
    "more of a line came back than was sold": ("returned_too_much", [AGAIN("whole")]),
    "a sale counts for two members": (
        "purchase_counts_twice",
        [
            "DELETE FROM ledger_allocation WHERE entry_id IN (SELECT id FROM ledger_entry WHERE kind = 'clawback')",
            "DELETE FROM ledger_entry WHERE kind = 'clawback' AND cause = (SELECT public_id FROM purchases_purchase"
            " WHERE client_id = 'move')",
        ],
    ),
    "two moves of one sale count": (
        "purchase_counts_twice",
        [AGAIN("move"), f"UPDATE purchases_purchase SET member_id = {member('anna')} WHERE client_id = 'again'"],
    ),
    "points by a rule that had not begun": (
        "rule_not_in_force",
        [f"UPDATE earning_ruleversion SET effective_from = '2026-01-08 00:00:00+00:00' WHERE rule_id = {LIMITED}"],
    ),
    "points by a rule that had been replaced": (
        "rule_not_in_force",
        [
            "INSERT INTO earning_ruleversion (programme_id, rule_id, number, definition, effective_from, made_at, by)"
            f" SELECT programme_id, rule_id, 2, definition, '{START - DAY:%F %T}+00:00', '{START - DAY:%F %T}+00:00', by"
            f" FROM earning_ruleversion WHERE rule_id = {LIMITED}"
        ],
    ),
    "a negative remainder": ("remainder", ["UPDATE earning_tally SET carry = -1 WHERE carry > 0"]),
    "a remainder of more than a step": ("remainder", ["UPDATE earning_tally SET carry = 700 WHERE carry > 0"]),
    "a rule counted what no purchase explains": (
        "usage_unexplained",
        [f"UPDATE earning_tally SET times = times + 1 WHERE rule_id = {LIMITED}"],
    ),
    "a rule counted more points than its purchases gave": (
        "usage_unexplained",
        [f"UPDATE earning_tally SET points = points + 5 WHERE rule_id = {LIMITED}"],
    ),
    "an alias leads to an alias": (
        "alias_of_alias",
        [f"UPDATE members_member SET status = 'merged', merged_into_id = {member('celia')} WHERE first_name = 'anna'"],
    ),
    "an alias without a merge": (
        "alias_unexplained",
        [f"UPDATE members_member SET status = 'merged', merged_into_id = {member('celia')} WHERE first_name = 'bela'"],
    ),
    "a merge whose record is still somebody": (
        "merge_without_alias",
        ["UPDATE members_member SET status = 'active', merged_into_id = NULL WHERE first_name = 'dora'"],
    ),
    "a reservation on an alias": ("redemption_alias", [f"UPDATE rewards_redemption SET member_id = {member('dora')}"]),
    "a level reached with too few credits": (
        "tier_credits",
        ["UPDATE earning_tierchange SET credits = 99 WHERE why = 'reached'"],
    ),
    "a level that no credits explain": ("tier_unexplained", ["UPDATE ledger_entry SET credits = 1 WHERE credits > 90"]),
    "a standing purchase without the points that it says": (
        "purchase_points",
        [
            "UPDATE ledger_entry SET kind = 'adjust' WHERE cause = (SELECT public_id FROM purchases_purchase"
            " WHERE client_id = 'large')"
        ],
    ),
}


def plant(statements: list[str]) -> None:
    """Past the database's own defences: its triggers, and the checks of its tables."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE earning_tally DROP CONSTRAINT IF EXISTS rule_usage_carry")
        with defences_asleep():
            for statement in statements:
                cursor.execute(_in_the_words_of(connection.vendor, statement))
                assert cursor.rowcount > 0, "nothing was planted"
        if is_sqlite:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def _in_the_words_of(vendor: str, statement: str) -> str:
    return statement if vendor == "postgresql" else statement.replace("+00:00'", "'")


def kinds(shop: Product) -> set[str]:
    return {fault.kind for fault in verify(programme=shop.bakery)}


def test_the_books_of_a_lively_shop_are_right():
    shop = a_lively_shop()
    assert shop.faults() == []
    assert shop.tiers()["anna"] == "gold"
    assert BEGUN < START < NEVER


@pytest.mark.parametrize(("kind", "statements"), PLANTED.values(), ids=PLANTED)
def test_a_planted_state_is_named(kind, statements):
    shop = a_lively_shop()
    plant(statements)
    assert kind in kinds(shop)

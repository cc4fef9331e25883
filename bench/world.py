"""The programme of the benches: five rules, two units, tiers, many members with a card. Prints what the rest needs."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime, timedelta
from typing import Any

import django

CURRENCY, REGION = "PLN", "PL"
BY = "system:bench"
RULES: dict[str, dict[str, Any]] = {
    "A point for each zloty": {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}},
    "Three for each bread": {
        "unit": "points",
        "earns": {"kind": "per_unit", "points": 3},
        "only": {"products": ["bread"]},
    },
    "Fifty from 80 zl": {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"minimum": 8000}},
    "Double on Tuesdays": {"unit": "points", "earns": {"kind": "multiplier", "num": 2}, "when": {"weekdays": [2]}},
    "A stamp for each 20 zl": {
        "unit": "stamps",
        "earns": {"kind": "per_amount", "points": 1, "step": 2000, "carry": False},
    },
}
TIERS = [("silver", "Srebro", 1000), ("gold", "Złoto", 5000)]
SCOPES = ["sales.write", "members.read", "quotes"]
LINES = (("1", "bread", 900, 500), ("2", "coffee", 1450, 2300), ("3", "cake", 6200, 800))


def card(number: int) -> str:
    return f"BENCH{number:08d}"


def phone(number: int) -> str:
    return f"+4860{number:07d}"


def email(number: int) -> str:
    return f"member{number}@example.org"


def moment() -> datetime:
    """When the benches' sales happen: an hour ago, so that no clock is ahead of them."""
    from django.utils import timezone

    return timezone.now() - timedelta(hours=1)


def make(members: int) -> dict[str, Any]:
    from passage.earning import actions as earning
    from passage.engine.expiry import Expiry, ExpiryKind
    from passage.engine.tiers import TierPolicy, Window
    from passage.ledger import actions as ledger
    from passage.programme import actions as programmes

    since = moment() - timedelta(days=400)
    shop = programmes.create_programme(
        name="Bench",
        slug="bench",
        currency=CURRENCY,
        zone="Europe/Warsaw",
        language="pl",
        region=REGION,
        at=since,
        by=BY,
    )
    programmes.open_shop(programme=shop, code="rynek", name="Rynek", city="Kraków")
    ledger.set_up_unit(
        programme=shop, code="points", name="Punkty", qualifies=True, expiry=Expiry(ExpiryKind.DAYS, 365)
    )
    ledger.set_up_unit(programme=shop, code="stamps", name="Pieczątki", kind="stamps")
    for name, definition in RULES.items():
        earning.create_rule(programme=shop, name=name, definition=definition, effective_from=since, by=BY, at=since)
    policy = TierPolicy(window=Window.ROLLING_MONTHS, months=12)
    earning.set_tiers(programme=shop, tiers=TIERS, policy=policy, by=BY, at=since)
    till = programmes.add_source(programme=shop, code="till", name="Till", by=BY, at=since)
    _, secret = programmes.issue_key(source=till, scopes=SCOPES, by=BY, at=since)
    enrol(shop.pk, members, since)
    return {
        "programme": shop.pk,
        "source": till.pk,
        "key": secret,
        "members": members,
        "at": moment().isoformat(),
        "kept": kept_of_one_sale(shop, till),
    }


def enrol(programme: int, members: int, since: datetime) -> None:
    """Members and their cards by two statements: a hundred thousand are there in seconds."""
    from django.db import connection

    series = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %s)"
    blank = "external_id, first_name, last_name, name_key, turned_key, birthday, name_day, language"
    is_sqlite = connection.vendor == "sqlite"
    zeros = "printf('{}', n)" if is_sqlite else "lpad(n::text, {}, '0')"
    seven, eight = (zeros.format(f"%0{width}d" if is_sqlite else width) for width in (7, 8))
    public = f"'be' || {eight} || '{'0' * 22}'" if is_sqlite else f"('be' || {eight} || '{'0' * 22}')::uuid"
    # A per cent sign is the driver's own.
    seven, eight, public = (text.replace("%", "%%") for text in (seven, eight, public))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO members_member (programme_id, public_id, {blank}, email, email_key, phone, tags, status, joined_at) "
            f"{series} SELECT %s, {public}, '', '', '', '', '', '', '', '', "
            f"'member' || n || '@example.org', 'member' || n || '@example.org', '+4860' || {seven}, '[]', 'active', %s "
            "FROM series",
            [members, programme, since],
        )
        cursor.execute(
            "INSERT INTO cards_card (programme_id, number, state, member_id, reason, made_at, changed_at) "
            f"{series} SELECT %s, 'BENCH' || {eight}, 'active', (SELECT min(id) FROM members_member) + n - 1, '', %s, %s "
            "FROM series",
            [members, programme, since, since],
        )
        if not is_sqlite:
            cursor.execute("ANALYZE")


def a_sale(client_id: str, number: int, at: datetime) -> Any:
    from passage.engine.basket import Basket, Line
    from passage.purchases.values import MemberRef, Sale

    lines = tuple(Line(id=i, amount=amount, product=product, vat_bp=vat) for i, product, amount, vat in LINES)
    return Sale(
        client_id=client_id, occurred_at=at, basket=Basket(CURRENCY, lines), member=MemberRef(card=card(number))
    )


def kept_of_one_sale(shop: Any, till: Any) -> str:
    """What a purchase keeps beside its columns, as one JSON text: the raw arm keeps the same."""
    from passage.purchases import actions
    from passage.purchases.models import Purchase

    client_id = f"first-{uuid.uuid4().hex}"
    actions.record(programme=shop, source=till, batch=[a_sale(client_id, 1, moment())], by=BY, at=moment())
    row = Purchase.objects.of(shop).get(client_id=client_id)
    return json.dumps([row.basket, row.context, row.settlement])


if __name__ == "__main__":
    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))

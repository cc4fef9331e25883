"""A programme with everything in play, for the tests of what must always hold: rules, limits, rewards, tiers, expiry."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from passage.cards import actions as cards
from passage.earning import actions as earning
from passage.earning import queries as earning_queries
from passage.earning.models import RuleUsage
from passage.engine.basket import Basket, Line
from passage.engine.expiry import Expiry, ExpiryKind
from passage.engine.tiers import TierPolicy, Window
from passage.ledger import actions as ledger
from passage.ledger import queries as ledger_queries
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Programme, Source
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.purchases.values import Answer, MemberRef, Return, Sale, SaleRef
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from tests.cast import AT, BY

START = AT + timedelta(days=1)

# None of these depends on the order of arrival: what limits or first purchases give does, and is tested by itself.
RULES = {
    "A point for each zloty": {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}},
    "Three for each bread": {
        "unit": "points",
        "earns": {"kind": "per_unit", "points": 3},
        "only": {"products": ["bread"]},
    },
    "Fifty from 80 zl": {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"minimum": 8000}},
    "Twenty, in proportion": {
        "unit": "points",
        "earns": {"kind": "fixed", "points": 20},
        "when": {"minimum": 3000},
        "on_return": "proportional",
    },
    "Double on Tuesdays": {
        "unit": "points",
        "earns": {"kind": "multiplier", "num": 2},
        "when": {"weekdays": [2]},
    },
    "A stamp for each 20 zl": {
        "unit": "stamps",
        "earns": {"kind": "per_amount", "points": 1, "step": 2000, "carry": False},
    },
}
REWARDS = {
    "5 zl off": {"unit": "points", "cost": 20, "gives": {"kind": "value_off", "amount": 500}},
    "Ten percent": {"unit": "points", "cost": 15, "gives": {"kind": "percent_off", "percent_bp": 1000}},
    "A free bread": {
        "unit": "stamps",
        "cost": 2,
        "gives": {"kind": "free_product", "products": {"products": ["bread"]}},
    },
    "Pay with points": {
        "unit": "points",
        "cost": 0,
        "settlement": "tender",
        "gives": {"kind": "cashback", "worth": 5},
    },
}


@dataclass
class World:
    bakery: Programme
    till: Source
    anna: Member
    rewards: list[Reward]
    now: datetime = START
    number: "count[int]" = field(default_factory=count)

    def fresh(self) -> str:
        return f"op-{next(self.number)}"

    def sale(
        self, amounts: dict[str, int], *, at: datetime | None = None, redeem: tuple[UUID, ...] = (), **more: object
    ) -> Sale:
        """``amounts`` by product; bread goes three to a line."""
        lines = tuple(
            Line(str(i), amount, product=product, quantity=3000 if product == "bread" else 1000, vat_bp=2300)
            for i, (product, amount) in enumerate(amounts.items())
        )
        return Sale(
            client_id=str(more.get("client_id") or self.fresh()),
            occurred_at=at or self.now,
            basket=Basket("PLN", lines),
            member=MemberRef(card="ANNA1"),
            redemptions=redeem,
        )

    def back(self, sale: Sale, **what: object) -> Return:
        return Return(client_id=self.fresh(), occurred_at=self.now, sale=SaleRef(client_id=sale.client_id), **what)  # type: ignore[arg-type]

    def record(self, *batch: Sale | Return) -> list[Answer]:
        return purchases.record(programme=self.bakery, source=self.till, batch=batch, by=BY, at=self.now)

    def reserve(self, reward: Reward, amount: int | None = None) -> Redemption:
        wish = rewards.Wish(client_id=self.fresh(), reward=reward, amount=amount)
        return claiming.reserve(source=self.till, member=self.anna, wish=wish, by=BY, at=self.now)[0]

    def give(self, points: int, unit: str = "points") -> None:
        ledger.adjust(member=self.anna, unit=unit, points=points, reason="a gift", by=BY, at=self.now)

    def upkeep(self) -> None:
        rewards.end_reservations(programme=self.bakery, at=self.now)
        ledger.expire_points(programme=self.bakery, at=self.now)
        earning.review_tiers(programme=self.bakery, at=self.now)

    def state(self) -> dict[str, object]:
        """What a member would notice: balances, tier, and the remainders that wait."""
        held = ledger_queries.balances(self.anna, at=self.now)
        tier_history = earning_queries.tier_history(self.bakery, members=[self.anna.pk], at=self.now)
        waiting = (
            RuleUsage.objects.of(self.bakery)
            .filter(member=self.anna, span="ever")
            .select_related("rule")
            .order_by("rule_id")
        )
        return {
            "balances": [(each.unit, each.balance, each.available, each.pending, each.debt) for each in held],
            "tier": tier_history.now(self.anna.pk, at=self.now),
            "counters": [(row.rule.name, row.points, row.carry) for row in waiting if row.points or row.carry],
            "stock": sorted(Reward.objects.of(self.bakery).values_list("name", "stock")),
        }


def a_world() -> World:
    bakery = programmes.create_programme(
        name="Piekarnia",
        slug="piekarnia",
        currency="PLN",
        zone="Europe/Warsaw",
        language="pl",
        region="PL",
        at=AT,
        by=BY,
    )
    points = Expiry(ExpiryKind.DAYS, 60)
    ledger.set_up_unit(programme=bakery, code="points", name="Punkty", qualifies=True, expiry=points, pending_days=2)
    ledger.set_up_unit(programme=bakery, code="stamps", name="Pieczątki", kind="stamps")
    for name, definition in RULES.items():
        earning.create_rule(programme=bakery, name=name, definition=definition, effective_from=AT, by=BY, at=AT)
    policy = TierPolicy(window=Window.ROLLING_MONTHS, months=3)
    earning.set_tiers(
        programme=bakery, tiers=[("silver", "Srebro", 100), ("gold", "Złoto", 300)], policy=policy, by=BY, at=AT
    )
    catalogue = [
        rewards.create_reward(
            programme=bakery, name=name, definition=definition, effective_from=AT, stock=5, by=BY, at=AT
        )
        for name, definition in REWARDS.items()
    ]
    anna = members.enrol(programme=bakery, by=BY, at=AT, first_name="Anna")
    cards.issue(programme=bakery, member=anna, number="ANNA1", by=BY, at=AT)
    return World(bakery, programmes.add_source(programme=bakery, code="till", name="Till"), anna, catalogue)

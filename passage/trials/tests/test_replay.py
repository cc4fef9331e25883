"""What a trial says is what would have been recorded: the same sales in a fresh programme give the same points."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from passage.earning import actions as earning
from passage.earning.models import Rule
from passage.engine.basket import Basket, Line
from passage.ledger import actions as ledger
from passage.ledger import queries as books
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Programme, Source
from passage.purchases import actions as purchases
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from passage.trials import actions
from passage.trials.models import Trial
from tests.cast import AT, BY

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = AT + timedelta(days=40)
PEOPLE = 4
BASE = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 700}}
BREAD = {"unit": "points", "earns": {"kind": "per_unit", "points": 3}, "only": {"products": ["bread"]}}
LARGE = {"unit": "points", "earns": {"kind": "fixed", "points": 9}, "when": {"minimum": 5000}, "group": "bonus"}
STAMPS = {"unit": "stamps", "earns": {"kind": "per_amount", "points": 1, "step": 2000, "carry": False}}
RULES = {"Base": BASE, "Bread": BREAD, "Large": LARGE, "Stamps": STAMPS}


@dataclass
class House:
    programme: Programme
    till: Source
    people: list[Member]

    def record(self, plan: list[dict[str, Any]]) -> None:
        for step in plan:
            [answer] = purchases.record(
                programme=self.programme, source=self.till, batch=[self.item(step)], by=BY, at=step["at"]
            )
            assert answer.status == "recorded", answer

    def item(self, step: dict[str, Any]) -> Sale | Return:
        if "of" in step:
            return Return(
                client_id=step["id"],
                occurred_at=step["at"],
                sale=SaleRef(client_id=step["of"]),
                quantities=step["quantities"],
            )
        lines = tuple(
            Line(str(place), amount, product=product) for place, (product, amount) in enumerate(step["goods"])
        )
        member = MemberRef(public_id=self.people[step["who"]].public_id)
        return Sale(
            client_id=step["id"], occurred_at=step["at"], basket=Basket("PLN", lines), member=member, shop=step["shop"]
        )

    def points(self) -> list[int]:
        return [books.balances(person, at=NOW)[0].balance for person in self.people]

    def rule(self, name: str) -> Rule:
        found: Rule = Rule.objects.of(self.programme).get(name=name)
        return found


def a_house(slug: str, rules: dict[str, dict[str, Any]]) -> House:
    made = programmes.create_programme(
        name=slug, slug=slug, currency="PLN", zone="Europe/Warsaw", language="pl", region="PL", at=AT, by=BY
    )
    for code in ("rynek", "dworzec"):
        programmes.open_shop(programme=made, code=code, name=code.title())
    ledger.set_up_unit(programme=made, code="points", name="Punkty")
    ledger.set_up_unit(programme=made, code="stamps", name="Pieczątki", kind="stamps")
    for name, definition in rules.items():
        earning.create_rule(programme=made, name=name, definition=definition, effective_from=AT, by=BY, at=AT)
    people = [
        members.enrol(programme=made, by=BY, at=AT, first_name=f"M{number}", birthday=f"01-{10 + number}")
        for number in range(PEOPLE)
    ]
    return House(made, programmes.add_source(programme=made, code="till", name="Till"), people)


def a_plan(seed: int, *, sales: int = 60) -> list[dict[str, Any]]:
    """Sales of several members in two shops, some within minutes of each other, a third of them returned in part."""
    chance = random.Random(seed)
    plan: list[dict[str, Any]] = []
    at = AT + timedelta(days=1)
    for number in range(sales):
        at += timedelta(minutes=chance.choice([3, 50, 400, 1500]))
        goods = [(chance.choice(["bread", "cake", "coffee"]), chance.randrange(150, 6000)) for _ in range(2)]
        shop = chance.choice(["rynek", "dworzec"])
        plan.append({"id": f"s{number}", "at": at, "who": chance.randrange(PEOPLE), "goods": goods, "shop": shop})
        if chance.random() < 0.34:
            back = {"0": 1000} if chance.random() < 0.5 else {"0": 1000, "1": 1000}
            at += timedelta(minutes=20)
            plan.append({"id": f"r{number}", "at": at, "of": f"s{number}", "quantities": back})
    return plan


def tried(house: House, *, rule: str | None, name: str = "Draft", definition: dict[str, Any], weeks: int = 8) -> Trial:
    row = actions.begin(
        programme=house.programme,
        rule=house.rule(rule) if rule else None,
        wish=actions.Wish(name, definition, weeks),
        by=BY,
        at=NOW,
    )
    while not row.done_at:
        assert actions.advance(trial=row, at=NOW)
    return row


DRAFTS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "a finer step": ("Base", {**BASE, "earns": {"kind": "per_amount", "points": 2, "step": 300}}),
    "a limit a day": ("Base", {**BASE, "limits": {"day": 12}}),
    "a limit for ever": ("Bread", {**BREAD, "limits": {"member": 12, "times_member": 3}}),
    "double in one shop": (None, {"unit": "points", "earns": {"kind": "multiplier", "num": 2}, "when": {"shops": ["rynek"]}}),
    "a rival in a group": (None, {"unit": "points", "earns": {"kind": "fixed", "points": 11}, "when": {"minimum": 3000}, "group": "bonus"}),
    "the first purchase": (None, {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"first_purchase": True}}),
    "a visit": (None, {"unit": "points", "earns": {"kind": "per_visit", "points": 4, "minutes_between": 60}}),
    "a birthday": (None, {"unit": "points", "earns": {"kind": "fixed", "points": 30}, "when": {"birthday_days": 7}}),
    "in proportion": ("Large", {**LARGE, "when": {"minimum": 2000}, "on_return": "proportional"}),
}  # fmt: skip


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_the_same_sales_under_the_draft_give_what_the_trial_said(draft: str, seed: int) -> None:
    rule, definition = DRAFTS[draft]
    plan = a_plan(seed)
    before = a_house("before", RULES)
    before.record(plan)
    found = tried(before, rule=rule, definition=definition).found
    fresh = a_house("fresh", {**RULES, rule or "Draft": definition})
    fresh.record(plan)

    assert found["points"] == [sum(before.points()), sum(fresh.points())]
    changes = {
        index: after - was for index, (was, after) in enumerate(zip(before.points(), fresh.points(), strict=True))
    }
    ranked = {member: difference for difference, member, _, _ in [*found["winners"], *found["losers"]]}
    assert ranked == {before.people[index].pk: change for index, change in changes.items() if change}
    assert found["points"][0] != found["points"][1], "the draft changes something, or this proves nothing"

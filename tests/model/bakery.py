"""One bakery twice: its rules, rewards and people as plain terms, for the product and for the reference alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.books import Unit
from tests.model.earning import Facts
from tests.model.reference import Reference
from tests.model.tiers import Scheme

ZONE = "Europe/Warsaw"
BEGUN = datetime(2026, 1, 5, 8, tzinfo=UTC)
START = BEGUN + timedelta(days=1)  # a Tuesday
BY = "system:test"
SHOPS = ("rynek", "dworzec")
PRODUCTS = ("bread", "cake", "tea")

UNITS = {"points": Unit(days=60, pending=2, qualifies=True), "stamps": Unit(), "coins": Unit(idle=45)}
PEOPLE = {
    "anna": Facts(birthday=(1, 20)),
    "bela": Facts(tags=("vip",)),
    "celia": Facts(birthday=(2, 29)),
    "dora": Facts(),
}
TIERS = {"silver": 100, "gold": 300}


def points(earns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"unit": "points", "earns": earns, **more}


# The kinds of rules: by money with and without a remainder, by piece, fixed, visits, first purchases, limits, feasts.
RULES = {
    "A point for each zloty": points({"kind": "per_amount", "points": 1, "step": 100}),
    "Three for each bread": points({"kind": "per_unit", "points": 3}, only={"products": ["bread"]}),
    "Fifty from 80 zl": points({"kind": "fixed", "points": 50}, when={"minimum": 8000}),
    "Twenty, in proportion": points({"kind": "fixed", "points": 20}, when={"minimum": 3000}, on_return="proportional"),
    "Double on Tuesdays": points({"kind": "multiplier", "num": 2}, when={"weekdays": [2]}),
    "Half more for gold": points({"kind": "multiplier", "num": 3, "den": 2}, when={"tiers": ["gold"]}),
    "Thirty for the first": points({"kind": "fixed", "points": 30}, when={"first_purchase": True}),
    "Forty on a birthday": points({"kind": "fixed", "points": 40}, when={"birthday_days": 5}),
    "Four for tea, ten a day": points(
        {"kind": "per_unit", "points": 4}, only={"products": ["tea"]}, limits={"day": 10, "member": 60}
    ),
    "Five for cake, twice a day": points(
        {"kind": "fixed", "points": 5},
        when={"any_of": {"products": ["cake"]}},
        limits={"times_day": 2, "times_member": 7},
    ),
    "A stamp for each 20 zl": {
        "unit": "stamps",
        "earns": {"kind": "per_amount", "points": 1, "step": 2000, "carry": False},
    },
    "A stamp for a visit": {"unit": "stamps", "earns": {"kind": "per_visit", "points": 1, "minutes_between": 90}},
    "A coin a day": {"unit": "coins", "earns": {"kind": "per_visit", "points": 1, "minutes_between": 1440}},
    "A coin for each 7 zl": {"unit": "coins", "earns": {"kind": "per_amount", "points": 3, "step": 700}},
}
# What the owner changes while the shop is open; the second terms have the same scale or convert exactly.
CHANGES = {
    "Three for each bread": points({"kind": "per_unit", "points": 5}, only={"products": ["bread"]}),
    "Fifty from 80 zl": points({"kind": "fixed", "points": 60}, when={"minimum": 6000}),
    "A stamp for a visit": {"unit": "stamps", "earns": {"kind": "per_visit", "points": 1, "minutes_between": 600}},
    "A point for each zloty": points({"kind": "per_amount", "points": 1, "step": 100}, when={"minimum": 500}),
}
REWARDS: dict[str, tuple[dict[str, Any], int | None]] = {
    "5 zl off": ({"unit": "points", "cost": 20, "gives": {"kind": "value_off", "amount": 500}}, None),
    "Ten percent": ({"unit": "points", "cost": 15, "gives": {"kind": "percent_off", "percent_bp": 1000}}, 5),
    "A free bread": (
        {
            "unit": "stamps",
            "cost": 2,
            "gives": {"kind": "free_product", "products": {"products": ["bread"]}},
            "per_member": 3,
        },
        4,
    ),
    "Pay with points": (
        {"unit": "points", "cost": 0, "settlement": "tender", "gives": {"kind": "cashback", "worth": 5}},
        None,
    ),
    "For vips": (
        {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}, "when": {"tags": ["vip"]}},
        None,
    ),
    "For silver and gold": (
        {
            "unit": "points",
            "cost": 5,
            "gives": {"kind": "value_off", "amount": 200},
            "when": {"tiers": ["silver", "gold"]},
        },
        None,
    ),
    "From 40 zl": (
        {"unit": "coins", "cost": 2, "gives": {"kind": "value_off", "amount": 300}, "when": {"minimum": 4000}},
        None,
    ),
}
# What depends on earlier purchases, or on how rewards are judged: left out where hunting is to begin narrow.
OF_HISTORY = (
    "Thirty for the first",
    "Forty on a birthday",
    "Four for tea, ten a day",
    "Five for cake, twice a day",
    "A stamp for a visit",
    "A coin a day",
    "Half more for gold",
)
JUDGED_REWARDS = ("For vips", "For silver and gold", "From 40 zl")


def narrow() -> None:
    """Leave out what depends on history."""
    for name in OF_HISTORY:
        del RULES[name]
        CHANGES.pop(name, None)
    for name in JUDGED_REWARDS:
        del REWARDS[name]


def a_reference() -> Reference:
    scheme = Scheme(TIERS, window="rolling_months", months=3)
    model = Reference(zone=ZONE, units=UNITS, rewards=REWARDS, scheme=scheme)
    model.now = START
    for name, terms in RULES.items():
        model.publish(name, terms, since=BEGUN)
    for name, facts in PEOPLE.items():
        model.enrol(name, facts)
    return model

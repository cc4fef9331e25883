"""The chain before its first sale: shops, people at the counter, what is counted, rules, tiers and rewards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from passage.cards import actions as cards
from passage.config.demo.drawings import PICTURES, drawn
from passage.config.demo.goods import SHELF
from passage.config.demo.people import card_number, phone_number
from passage.earning import actions as earning
from passage.engine.expiry import Expiry, ExpiryKind
from passage.engine.tiers import TierPolicy, Window
from passage.ledger import actions as ledger
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.access import SCOPES
from passage.programme.models import Login, Programme, Role, Shop, Source
from passage.rewards import actions as rewards
from passage.rewards.models import Reward

SLUG, EMPTY_SLUG = "trzy-bochny", "boulangerie-du-pont"
BY = "system:demo"
# Known to whoever reads this: the demo listens on its own machine only.
PASSWORD = "fresh bread at six"  # noqa: S105
SHOPS = {"kazimierz": "Kazimierz", "podgorze": "Rynek Podgórski", "nowa-huta": "Nowa Huta"}
TILLS = ("1", "2")
BLANK_CARDS = 20
DAYS_OF_POINTS, DAYS_OF_STAMPS = 365, 180
PENDING_DAYS = 2


@dataclass(frozen=True, slots=True)
class Account:
    """A log-in that the demo prints; with ``pin`` it also works at the tills."""

    email: str
    name: str
    language: str
    role: str
    shop: str = ""
    pin: str = ""


OWNER = Account("maria@example.org", "Maria Piekarska", "pl", Role.OWNER, pin="7402")
MANAGER = Account("jadwiga@example.org", "Jadwiga Makowska", "en", Role.MANAGER, pin="5193")
SHOP_MANAGER = Account("tomasz@example.org", "Tomasz Żytni", "pl", Role.MANAGER, "podgorze", "6271")
AUDITOR = Account("irena@example.org", "Irena Król", "pl", Role.AUDITOR)
DEVELOPER = Account("kacper@example.org", "Kacper Bąk", "en", Role.DEVELOPER)
CLERK = Account("piotr@example.org", "Piotr Młynarz", "pl", Role.CLERK, "kazimierz", "2846")
STAFF = (
    OWNER,
    MANAGER,
    SHOP_MANAGER,
    AUDITOR,
    DEVELOPER,
    CLERK,
    Account("zofia@example.org", "Zofia Gołąb", "pl", Role.CLERK, "podgorze", "3957"),
    Account("marek@example.org", "Marek Żak", "pl", Role.CLERK, "nowa-huta", "4068"),
)
OTHER_OWNER = Account("lucie@example.org", "Lucie Perrin", "fr", Role.OWNER)

COFFEE = {"categories": ["kawa"]}
RULES: dict[str, dict[str, Any]] = {
    "Punkt za każdą złotówkę": {
        "unit": "points",
        "earns": {"kind": "per_amount", "points": 1, "step": 100},
        "exclude": {"categories": ["torby"]},
    },
    "Podwójne punkty we wtorki, 14–18": {
        "unit": "points",
        "earns": {"kind": "multiplier", "num": 2},
        "when": {"weekdays": [2], "hours": [[14 * 60, 18 * 60]]},
        "group": "mnożnik",
    },
    "Studencka środa": {
        "unit": "points",
        "earns": {"kind": "multiplier", "num": 3, "den": 2},
        "when": {"weekdays": [3], "tags": ["student"]},
        "group": "mnożnik",
    },
    "Bochen: o jedną czwartą więcej": {
        "unit": "points",
        "earns": {"kind": "multiplier", "num": 5, "den": 4},
        "when": {"tiers": ["bochen"]},
        "group": "mnożnik",
    },
    "Pierwsze zakupy": {
        "unit": "points",
        "earns": {"kind": "fixed", "points": 30},
        "when": {"first_purchase": True},
    },
    "Urodzinowy prezent": {
        "unit": "points",
        "earns": {"kind": "fixed", "points": 50},
        "when": {"birthday_days": 3, "minimum": 1000},
    },
    "Na imieniny": {
        "unit": "points",
        "earns": {"kind": "fixed", "points": 20},
        "when": {"name_day_days": 1, "minimum": 1000},
    },
    "Pieczątka za kawę": {
        "unit": "stamps",
        "earns": {"kind": "per_unit", "points": 1},
        "only": COFFEE,
        "limits": {"day": 4},
    },
}
# This one was changed once, so that there is a rule with two versions to look at.
THRESHOLD = "Duży koszyk"
THRESHOLD_CHANGED = timedelta(days=150)
THRESHOLD_BEFORE, THRESHOLD_AFTER = (
    {"unit": "points", "earns": {"kind": "fixed", "points": 50}, "when": {"minimum": minimum}}
    for minimum in (10_000, 8_000)
)
TIERS = [("kajzerka", "Kajzerka", 150), ("chalka", "Chałka", 600), ("bochen", "Bochen", 2000)]
# Name: definition, stock.
REWARDS: dict[str, tuple[dict[str, Any], int | None]] = {
    "Drożdżówka gratis": (
        {
            "unit": "points",
            "cost": 120,
            "gives": {"kind": "free_product", "products": {"products": ["drozdzowka"]}},
        },
        None,
    ),
    "10 zł mniej": ({"unit": "points", "cost": 180, "gives": {"kind": "value_off", "amount": 1000}}, None),
    "10% taniej": (
        {"unit": "points", "cost": 150, "gives": {"kind": "percent_off", "percent_bp": 1000, "cap": 2000}},
        None,
    ),
    "Ciasto o jedną piątą taniej": (
        {
            "unit": "points",
            "cost": 200,
            "gives": {
                "kind": "product_discount",
                "products": {"categories": ["ciasta", "torty"]},
                "percent_bp": 2000,
            },
        },
        None,
    ),
    "Płacę punktami": (
        {
            "unit": "points",
            "cost": 0,
            "settlement": "tender",
            "gives": {"kind": "cashback", "worth": 4, "least": 400},
        },
        None,
    ),
    "Kubek Trzech Bochnów": (
        {
            "unit": "points",
            "cost": 450,
            "gives": {"kind": "free_product", "products": {"products": ["kubek"]}},
            "when": {"tiers": ["chalka", "bochen"]},
            "per_member": 1,
        },
        60,
    ),
    "Dziesiąta kawa gratis": (
        {"unit": "stamps", "cost": 9, "gives": {"kind": "free_product", "products": COFFEE}},
        None,
    ),
}
# What a hand gives and no bill: nobody asks for it at a till.
APRON = "Fartuch piekarza"
PRIZES: dict[str, tuple[dict[str, Any], int | None]] = {
    APRON: (
        {
            "unit": "points",
            "cost": 250,
            "gives": {"kind": "free_product", "products": {"products": ["fartuch"]}},
            "per_member": 1,
        },
        12,
    ),
}
# What one costs the bakery, and at how many it is running out.
PARTICULARS = {
    "Drożdżówka gratis": rewards.Particulars(worth=280),
    "Dziesiąta kawa gratis": rewards.Particulars(worth=350),
    "Kubek Trzech Bochnów": rewards.Particulars(worth=1900, low_at=15),
    APRON: rewards.Particulars(worth=4600, low_at=10),
}
ALONE = 200  # points: more than these need a second person


@dataclass(frozen=True, slots=True)
class Chain:
    """What the year needs of the chain; ``secret`` is the only time its key's text is seen.

    ``staff`` is who did something, as logs write it, by e-mail.
    """

    programme: Programme
    source: Source
    key: str
    secret: str
    rewards: dict[str, Reward]
    shops: dict[str, Shop]
    staff: dict[str, str]


def found_chain(*, opened: datetime, now: datetime, members: int) -> Chain:
    """Trzy Bochny on the evening before its programme began, ``opened``."""
    bakery = programmes.create_programme(
        name="Trzy Bochny",
        slug=SLUG,
        currency="PLN",
        zone="Europe/Warsaw",
        language="pl",
        region="PL",
        support_email="pomoc@example.org",
        support_phone=phone_number(0),
        at=opened,
        by=BY,
    )
    shops = {code: _open(bakery, code, name) for code, name in SHOPS.items()}
    staff = {each.email: _hire(bakery, each, shop=shops.get(each.shop), at=opened) for each in STAFF}
    programmes.set_control(programme=bakery, alone=ALONE, by=staff[OWNER.email], at=opened)
    _count_things(bakery)
    _make_rules(bakery, opened=opened, now=now)
    _fill_shelf(bakery, at=opened)
    numbers = [card_number(number) for number in range(1, members + BLANK_CARDS + 1)]
    for start in range(0, len(numbers), 1000):
        cards.make_blank(programme=bakery, numbers=numbers[start : start + 1000], at=opened, by=BY)
    source = programmes.add_source(programme=bakery, code="kasy", name="Kasy w sklepach", by=BY, at=opened)
    key, secret = programmes.issue_key(source=source, scopes=SCOPES, by=BY, at=opened)
    return Chain(bakery, source, f"key:{key.pk}", secret, _make_rewards(bakery, opened), shops, staff)


def found_empty(*, now: datetime) -> Programme:
    """A programme that somebody created a moment ago: an owner, and nothing else."""
    bakery = programmes.create_programme(
        name="Boulangerie du Pont",
        slug=EMPTY_SLUG,
        currency="EUR",
        zone="Europe/Paris",
        language="fr",
        region="FR",
        at=now,
        by=BY,
    )
    _hire(bakery, OTHER_OWNER, shop=None, at=now)
    return bakery


def let_in(account: Account) -> Login:
    return programmes.create_login(email=account.email, password=PASSWORD, name=account.name, language=account.language)


def _open(bakery: Programme, code: str, name: str) -> Shop:
    shop = programmes.open_shop(programme=bakery, code=code, name=name, city="Kraków", by=BY)
    for till in TILLS:
        programmes.add_till(shop=shop, code=till, by=BY)
    return shop


def _hire(bakery: Programme, account: Account, *, shop: Shop | None, at: datetime) -> str:
    staff = programmes.hire(programme=bakery, login=let_in(account), role=account.role, shop=shop, by=BY, at=at)
    if account.pin:
        programmes.set_pin(staff=staff, pin=account.pin, by=BY, at=at)
    return f"staff:{staff.pk}"


def _count_things(bakery: Programme) -> None:
    ledger.set_up_unit(
        programme=bakery,
        code="points",
        name="Punkty",
        qualifies=True,
        expiry=Expiry(ExpiryKind.DAYS, DAYS_OF_POINTS),
        pending_days=PENDING_DAYS,
    )
    stamps = Expiry(ExpiryKind.DAYS, DAYS_OF_STAMPS)
    ledger.set_up_unit(programme=bakery, code="stamps", name="Kawowe pieczątki", kind="stamps", expiry=stamps)


def _fill_shelf(bakery: Programme, *, at: datetime) -> None:
    for position, good in enumerate(SHELF):
        products.put(
            programme=bakery,
            code=good.code,
            name=good.name,
            category=good.category,
            price=good.price,
            vat_bp=good.vat_bp,
            deposit=good.deposit,
            weighed=good.grams is not None,
            position=position,
            by=BY,
            at=at,
        )


def _make_rules(bakery: Programme, *, opened: datetime, now: datetime) -> None:
    for name, definition in RULES.items():
        earning.create_rule(programme=bakery, name=name, definition=definition, effective_from=opened, by=BY, at=opened)
    threshold = earning.create_rule(
        programme=bakery, name=THRESHOLD, definition=THRESHOLD_BEFORE, effective_from=opened, by=BY, at=opened
    )
    changed = max(now - THRESHOLD_CHANGED, opened)
    earning.change_rule(rule=threshold, definition=THRESHOLD_AFTER, effective_from=changed, by=BY, at=changed)
    policy = TierPolicy(window=Window.ROLLING_MONTHS, months=12)
    earning.set_tiers(programme=bakery, tiers=TIERS, policy=policy, by=BY, at=opened)


def _make_rewards(bakery: Programme, opened: datetime) -> dict[str, Reward]:
    made = {}
    for name, (definition, stock) in {**REWARDS, **PRIZES}.items():
        reward = rewards.create_reward(
            programme=bakery, name=name, definition=definition, stock=stock, effective_from=opened, by=BY, at=opened
        )
        if particulars := PARTICULARS.get(name):
            reward = rewards.set_particulars(reward=reward, particulars=particulars, by=BY, at=opened)
        if picture := PICTURES.get(name):
            rewards.put_picture(reward=reward, picture=drawn(picture), by=BY, at=opened)
        made[name] = reward
    return made

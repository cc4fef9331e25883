"""What one basket earns by itself (E-02, E-04, E-26, E-38), and what a person's purchases earn in their order.

The second half is the rule of everything that depends on history (E-03, E-39, E-40, E-41): purchases that stand,
sorted by when they happened, each judged by those before it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.model.amounts import half_up
from tests.model.bills import OUTSIDE, Line, Terms, is_whole, money_gone


@dataclass
class Facts:
    """What was known of the member when the purchase was recorded for them: no retroactive multiplier (E-40)."""

    tier: str = ""
    tags: tuple[str, ...] = ()
    birthday: tuple[int, int] | None = None
    name_day: tuple[int, int] | None = None


@dataclass
class Purchase:
    """A sale as it stands. ``owner`` is the record it counts for now; ``rules`` were in force when it happened."""

    id: str
    at: datetime
    shop: str
    lines: list[Line]
    owner: str | None
    facts: Facts = field(default_factory=Facts)
    rules: dict[str, Terms] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        return not is_whole(self.lines)


@dataclass
class Given:
    """``points`` of one rule; ``worth`` instead, exact, where the remainder waits for the next sale (E-03)."""

    points: int = 0
    base: int = 0  # what multipliers count
    worth: Fraction = Fraction(0)

    def __bool__(self) -> bool:
        return bool(self.points or self.worth)


@dataclass
class Before:
    """What the purchases before this one have come to, by rule."""

    is_first: bool = True
    visits: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    ever: dict[str, list[int]] = field(default_factory=dict)  # [points, times]
    days: dict[tuple[str, date], list[int]] = field(default_factory=dict)
    feasts: dict[tuple[str, int], int] = field(default_factory=dict)


# -- whether a rule applies --------------------------------------------------------------------------


def feast_year(day: tuple[int, int], on: date, within: int) -> int | None:
    """The year whose feast lies within so many days; the 29th of February is kept on the 28th (E-41)."""
    for year in (on.year - 1, on.year, on.year + 1):
        try:
            feast = date(year, *day)
        except ValueError:
            feast = date(year, 2, 28)
        if abs((feast - on).days) <= within:
            return year
    return None


def failing(when: Terms, lines: list[Line], amount: int, purchase: Purchase, is_first: bool, zone: ZoneInfo) -> str:
    """The first condition that does not hold, by its code; empty when all do."""
    local = purchase.at.astimezone(zone)
    facts = purchase.facts
    bought = [line.product for line in lines if line.amount >= 0]
    minute = local.hour * 60 + local.minute
    feasts = {"birthday": facts.birthday, "name_day": facts.name_day}
    near = {
        name: day is not None and feast_year(day, local.date(), when.get(f"{name}_days") or 0) is not None
        for name, day in feasts.items()
    }
    checks = (
        ("not_yet", "starts" in when and local.date().isoformat() < when["starts"]),
        ("over", "ends" in when and local.date().isoformat() > when["ends"]),
        ("wrong_day", "weekdays" in when and local.isoweekday() not in when["weekdays"]),
        ("wrong_hour", "hours" in when and not any(a <= minute < b for a, b in when["hours"])),
        ("wrong_shop", "shops" in when and purchase.shop not in when["shops"]),
        ("wrong_tier", "tiers" in when and facts.tier not in when["tiers"]),
        ("wrong_tag", "tags" in when and not set(when["tags"]) & set(facts.tags)),
        ("not_first_purchase", when.get("first_purchase", False) and not is_first),
        ("not_birthday", when.get("birthday_days") is not None and not near["birthday"]),
        ("not_name_day", when.get("name_day_days") is not None and not near["name_day"]),
        ("minimum_not_reached", amount < when.get("minimum", 0)),
        ("product_missing", "any_of" in when and not set(when["any_of"]["products"]) & set(bought)),
    )
    return next((code for code, fails in checks if fails), "")


def celebrated(terms: Terms, purchase: Purchase, zone: ZoneInfo) -> int | None:
    """The year whose feast the rule keeps with this purchase; None for rules that keep none."""
    when = terms.get("when", {})
    for name, day in (("birthday", purchase.facts.birthday), ("name_day", purchase.facts.name_day)):
        within = when.get(f"{name}_days")
        if within is not None and day is not None:
            return feast_year(day, purchase.at.astimezone(zone).date(), within)
    return None


# -- one basket --------------------------------------------------------------------------------------


def counted(lines: list[Line], *, whole: bool) -> list[tuple[Line, int, int]]:
    """(line, money, pieces) that earn: nothing for deposits, for what points paid, for what came back (E-04)."""
    found = []
    for line in lines:
        gone = Fraction(0) if whole else line.gone
        if line.kind in OUTSIDE or gone >= 1:
            continue
        money = line.paid - half_up(line.paid * gone)
        pieces = 0 if line.amount < 0 else line.pieces * (1 - gone)
        found.append((line, money, -int(-pieces // 1)))  # a piece counts until all of it came back
    return found


def basket(purchase: Purchase, before: Before, zone: ZoneInfo, *, whole: bool) -> dict[str, Given]:
    """What each rule gives for the purchase, all of it or what is left of it."""
    goods = counted(purchase.lines, whole=whole)
    amount = sum(money for _, money, _ in goods)
    if not goods or amount < 0:  # more was taken back in exchange than bought (E-46)
        return {}
    lines = [line for line, _, _ in goods]
    given: dict[str, Given] = {}
    for name, terms in purchase.rules.items():
        failed = failing(terms.get("when", {}), lines, amount, purchase, before.is_first, zone)
        mine = [each for each in goods if _is_for(terms, each[0])]
        if mine and not failed and not _times_are_up(name, terms, purchase, before, zone):
            given[name] = _alone(name, terms, mine, purchase, before)
    for name, each in given.items():
        if purchase.rules[name]["earns"]["kind"] == "multiplier":
            each.points = _multiplied(purchase.rules[name], given, purchase, goods)
    for name, each in given.items():
        each.points = _capped(name, purchase, each.points, before, zone)
    return {name: each for name, each in given.items() if each}


def _is_for(terms: Terms, line: Line) -> bool:
    only, exclude = terms.get("only", {}).get("products"), terms.get("exclude", {}).get("products", [])
    return line.product not in exclude and (only is None or line.product in only)


def _alone(name: str, terms: Terms, goods: list[tuple[Line, int, int]], purchase: Purchase, before: Before) -> Given:
    """The arithmetic of one rule, before multipliers and limits."""
    earns = terms["earns"]
    money = max(sum(money for _, money, _ in goods), 0)
    given = Given()  # a multiplier, and a visit too soon after another
    if earns["kind"] == "fixed":
        given = Given(earns["points"])
    elif earns["kind"] == "per_unit":
        points = earns["points"] * sum(pieces for _, _, pieces in goods)
        given = Given(points, points)
    elif earns["kind"] == "per_visit":
        gap = timedelta(minutes=earns.get("minutes_between", 10))
        if not any(shop == purchase.shop and purchase.at - when < gap for shop, when in before.visits.get(name, [])):
            given = Given(earns["points"], earns["points"])
    elif earns["kind"] == "per_amount":
        alone = per_amount(earns, money)
        given = Given(0, alone, worth_of(earns, money)) if earns.get("carry", True) else Given(alone, alone)
    return given


def worth_of(earns: Terms, money: int) -> Fraction:
    """Points, exact, or whole steps: nothing is rounded before the remainders of all sales are together (E-03)."""
    return Fraction(money if earns.get("whole_steps") else money * earns["points"], earns["step"])


def paid_out(earns: Terms, worth: Fraction) -> int:
    """What all that has gathered comes to; the rest is the remainder that waits."""
    return int(worth // 1) * (earns["points"] if earns.get("whole_steps") else 1)


def per_amount(earns: Terms, money: int) -> int:
    """Once per sale, down unless said otherwise (E-02). A remainder that waits is always rounded down."""
    exact = worth_of(earns, money)
    if earns.get("whole_steps"):
        return paid_out(earns, exact)
    if not earns.get("carry", True) and earns.get("rounding") == "ceil":
        return -int(-exact // 1)
    if not earns.get("carry", True) and earns.get("rounding") == "half_up":
        return half_up(exact)
    return int(exact)


def _multiplied(terms: Terms, given: dict[str, Given], purchase: Purchase, goods: list[tuple[Line, int, int]]) -> int:
    """A factor of the base points of the same unit, not of other bonuses (E-38)."""
    base = 0
    for name, each in given.items():
        other = purchase.rules[name]
        if other["unit"] != terms["unit"] or other["earns"]["kind"] == "multiplier":
            continue
        share = each.base
        if ("only" in terms or "exclude" in terms) and other["earns"]["kind"] in ("per_amount", "per_unit"):
            both = [one for one in goods if _is_for(terms, one[0]) and _is_for(other, one[0])]
            share = min(share, _alone(name, other, both, purchase, Before()).base)
        base += share
    num, den = terms["earns"]["num"], terms["earns"].get("den", 1)
    return base * (num - den) // den


def _times_are_up(name: str, terms: Terms, purchase: Purchase, before: Before, zone: ZoneInfo) -> bool:
    limits = terms.get("limits", {})
    day = purchase.at.astimezone(zone).date()
    today, ever = before.days.get((name, day), [0, 0])[1], before.ever.get(name, [0, 0])[1]
    year = celebrated(terms, purchase, zone)
    return (
        today >= limits.get("times_day", today + 1)
        or ever >= limits.get("times_member", ever + 1)
        or (year is not None and before.feasts.get((name, year), 0) >= 1)
    )


def _capped(name: str, purchase: Purchase, points: int, before: Before, zone: ZoneInfo) -> int:
    """Limits come last: per sale, per local day, per member."""
    limits = purchase.rules[name].get("limits", {})
    day = purchase.at.astimezone(zone).date()
    had = {"sale": 0, "day": before.days.get((name, day), [0, 0])[0], "member": before.ever.get(name, [0, 0])[0]}
    for cap, already in had.items():
        if cap in limits:
            points = min(points, max(limits[cap] - already, 0))
    return points


def left_of(purchase: Purchase, before: Before, zone: ZoneInfo) -> dict[str, Given]:
    """What the purchase still deserves after what came back of it (E-25, E-26).

    Rules that recompute count as if only the rest had been bought; proportional ones keep their share of the money.
    """
    all_of_it = basket(purchase, before, zone, whole=True)
    rest = basket(purchase, before, zone, whole=False)
    gone = money_gone(purchase.lines)
    kept = {}
    for name, terms in purchase.rules.items():
        if terms.get("on_return") == "proportional":
            whole = all_of_it.get(name, Given()).points
            kept[name] = Given(whole - half_up(whole * gone))
        else:
            kept[name] = rest.get(name, Given())
    return {name: each for name, each in kept.items() if each}


# -- a person's purchases ----------------------------------------------------------------------------


def judged(purchases: list[Purchase], zone: ZoneInfo) -> dict[str, dict[str, Given]]:
    """What each of a person's standing purchases deserves, by rule, in the order in which they happened."""
    before, found = Before(), {}
    for purchase in sorted(purchases, key=lambda each: (each.at, each.id)):
        if not purchase.stands:
            continue
        kept = left_of(purchase, before, zone)
        found[purchase.id] = kept
        before.is_first = False
        for name, each in kept.items():
            _remember(before, name, each, purchase, zone)
    return found


def _remember(before: Before, name: str, each: Given, purchase: Purchase, zone: ZoneInfo) -> None:
    day = purchase.at.astimezone(zone).date()
    for counter in (before.ever.setdefault(name, [0, 0]), before.days.setdefault((name, day), [0, 0])):
        counter[0] += each.points
        counter[1] += 1
    year = celebrated(purchase.rules[name], purchase, zone)
    if year is not None:
        before.feasts[name, year] = before.feasts.get((name, year), 0) + 1
    if purchase.rules[name]["earns"]["kind"] == "per_visit":
        before.visits.setdefault(name, []).append((purchase.shop, purchase.at))

"""The same deeds by real parallel transactions: each round must end as some order of the deeds, one after the other, would.

No deed may fail otherwise than by a refusal that this order gives, and the books must be right.
"""

import copy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, permutations
from time import monotonic_ns
from typing import Any

from passage.earning import actions as earning
from tests.model.bakery import BY, START, a_reference
from tests.model.bills import Line
from tests.model.compared import answers
from tests.model.earning import Facts
from tests.model.product import Product, outcome
from tests.model.reference import Reference
from tests.races.test_races import at_once

Deed = tuple[str, dict[str, Any]]
ANSWERS = ("balances", "lots", "remainders", "usage", "visits", "exchanged")
HOUR = timedelta(hours=1)
rounds = count(1)
BEGAN = monotonic_ns()
FIVE = {"kind": "fixed", "points": 5}


class NoOrder(AssertionError):
    """No order of the deeds leads to what the product came to."""


@dataclass
class Round:
    """One round's people and ids, and short words for its deeds. ``at`` is its moment."""

    number: int

    def name(self, who: str) -> str:
        return f"{who}{self.number}"

    def id(self, word: str) -> str:
        return f"{word}-{self.number}"

    def sale(self, word: str, who: str | None, amount: int = 2000, **more: Any) -> Deed:
        lines = [Line("0", "bread", amount, 2000), Line("1", "tea", 1000)]
        member = self.name(who) if who else None
        how = {"id": self.id(word), "at": START, "shop": "rynek", "lines": lines, "member": member, **more}
        return ("sell", how)

    def back(self, word: str, sale: str, **what: Any) -> Deed:
        return ("give_back", {"id": self.id(word), "sale": self.id(sale), "at": START + HOUR, **what})

    def move(self, word: str, sale: str, to: str | None) -> Deed:
        return ("move", {"id": self.id(word), "sale": self.id(sale), "to": self.name(to) if to else None})

    def merge(self, gone: str, kept: str) -> Deed:
        return ("merge", {"gone": self.name(gone), "kept": self.name(kept)})

    def wish(self, word: str, who: str) -> Deed:
        return ("reserve", {"id": self.id(word), "record": self.name(who), "reward": "5 zl off"})

    def gift(self, who: str, points: int = 50) -> Deed:
        return ("adjust", {"record": self.name(who), "unit": "points", "points": points})


Scenario = Callable[[Round], tuple[list[Deed], list[Deed]]]  # what was before, and what happens at once


def _of(before: Callable[[Round], list[Deed]], *deeds: Callable[[Round], Deed]) -> Scenario:
    return lambda here: (before(here), [deed(here) for deed in deeds])


def sold(who: str | None) -> Callable[[Round], list[Deed]]:
    return lambda here: [here.sale("sale", who)]


def sold_and_held(here: Round) -> list[Deed]:
    return [here.gift("anna"), here.wish("wish", "anna"), here.sale("sale", "anna")]


def joined(here: Round) -> list[Deed]:
    return [here.sale("sale", "anna"), here.merge("anna", "bela")]


def scenarios() -> dict[str, Scenario]:
    found: dict[str, Scenario] = {}
    for who, of in (("anna", "of a member"), (None, "of nobody")):
        found |= {
            f"return x return {of}": _of(sold(who), lambda r: r.back("one", "sale"), lambda r: r.back("two", "sale")),
            f"part x part {of}": _of(
                sold(who),
                lambda r: r.back("one", "sale", quantities={"0": 2000}),
                lambda r: r.back("two", "sale", quantities={"0": 1000}),
            ),
            f"money x return {of}": _of(
                sold(who), lambda r: r.back("one", "sale", amount=1500), lambda r: r.back("two", "sale")
            ),
            f"move x move {of}": _of(
                sold(who), lambda r: r.move("one", "sale", "bela"), lambda r: r.move("two", "sale", "celia")
            ),
            f"void x return x move {of}": _of(
                sold(who),
                lambda r: r.back("void", "sale", void=True),
                lambda r: r.back("back", "sale"),
                lambda r: r.move("move", "sale", "bela"),
            ),
            f"merge x move {of}": _of(
                sold(who), lambda r: r.merge("anna", "bela"), lambda r: r.move("move", "sale", "celia")
            ),
            f"merge x move to who is merged {of}": _of(
                sold(who), lambda r: r.merge("celia", "bela"), lambda r: r.move("move", "sale", "celia")
            ),
        }
    return found | _with_merges()


def _with_merges() -> dict[str, Scenario]:
    """A merge of Anna into Bela beside everything else."""

    def merge(here: Round) -> Deed:
        return here.merge("anna", "bela")

    return {
        "merge x sale": _of(sold("anna"), merge, lambda r: r.sale("late", "anna", 700)),
        "merge x sale of the other": _of(sold("anna"), merge, lambda r: r.sale("late", "bela", 700)),
        "merge x return": _of(sold("anna"), merge, lambda r: r.back("back", "sale")),
        "merge x part": _of(sold("anna"), merge, lambda r: r.back("back", "sale", quantities={"0": 1000})),
        "merge x capture": _of(sold_and_held, merge, lambda r: ("capture", {"id": r.id("wish")})),
        "merge x release": _of(sold_and_held, merge, lambda r: ("release", {"id": r.id("wish")})),
        "merge x sale with a reward": _of(
            sold_and_held, merge, lambda r: r.sale("late", "anna", 700, exchanges=(r.id("wish"),))
        ),
        "merge x reserve": _of(lambda r: [r.gift("anna")], merge, lambda r: r.wish("wish", "anna")),
        "merge x gift": _of(sold("anna"), merge, lambda r: r.gift("anna", 7)),
        "merge x merge": _of(sold("anna"), merge, lambda r: r.merge("bela", "celia")),
        "merge x merge back": _of(sold("anna"), merge, lambda r: r.merge("bela", "anna")),
        "merge x unmerge": _of(joined, lambda r: r.merge("bela", "celia"), lambda r: ("unmerge", {"number": 1})),
        "unmerge x sale": _of(joined, lambda r: ("unmerge", {"number": 1}), lambda r: r.sale("late", "anna", 700)),
        "unmerge x return": _of(joined, lambda r: ("unmerge", {"number": 1}), lambda r: r.back("back", "sale")),
        "unmerge x unmerge": _of(joined, *[lambda r: ("unmerge", {"number": 1})] * 2),
        "sale x sale": _of(sold("anna"), lambda r: r.sale("one", "anna", 700), lambda r: r.sale("two", "anna", 800)),
    }


class Shop:
    """One programme for many rounds, each with its own people."""

    def __init__(self) -> None:
        self.product = Product()
        self.product.now = START + 2 * HOUR

    def play(self, scenario: Scenario) -> str:
        """One round; what was wrong with it, or nothing."""
        here = Round(next(rounds))
        people = [here.name(who) for who in ("anna", "bela", "celia")]
        model = _a_model(people)
        model.now = self.product.now
        self.product.with_people(*people)
        before, deeds = scenario(here)
        for what, how in before:
            self.product.now = model.now
            told = _said(self.product, what, how), _said(model, what, how)
            if told[0] != told[1]:
                return f"before: {what} {how}: the product says {told[0]}, right is {told[1]}"
        said = at_once(*[lambda deed=deed: _safely(self.product, *deed) for deed in deeds])
        if broken := [each for each in said if each.startswith("500")]:
            return broken[0]
        return self._explained(model, deeds, said)

    def _explained(self, model: Reference, deeds: list[Deed], said: list[str]) -> str:
        """Nothing where some order of the deeds gives these answers and this end."""
        found = {name: getattr(self.product, name)() for name in ANSWERS}
        near = ""
        for order in permutations(range(len(deeds))):
            other = copy.deepcopy(model)
            told = {number: _follows(other, *deeds[number], said[number]) for number in order}
            ended = {name: each for name, each in answers(other).items() if name in ANSWERS}
            if [told[number] for number in range(len(deeds))] == said:
                wrong = [name for name in ANSWERS if ended[name] != found[name]]
                if not wrong:
                    return ""
                near = near or f"{wrong[0]}: {found[wrong[0]]}, in this order right is {ended[wrong[0]]}"
        return f"answers {said}: {near or 'of no order'}"

    def publish_beside_sales(self, *, sales: int = 3) -> str:
        """A rule "from now on" beside sales: each is judged by the rules of its own moment, whoever was first."""
        here = Round(next(rounds))
        people = [here.name(f"anna{each}x") for each in range(sales)]
        self.product.with_people(*people)
        model = _a_model(people)
        terms = {"unit": "stamps", "earns": {**FIVE, "points": here.number}}

        def publish() -> Any:
            name = here.id("rule")
            how = {"definition": terms, "effective_from": None, "by": BY}
            made = earning.publish(programme=self.product.bakery, rule=None, name=name, **how, at=_clock)
            return made.effective_from

        def sell(who: str) -> Any:
            product = copy.copy(self.product)
            product.now = _clock()
            what, how = Round(here.number).sale(f"sale-{who}", None)
            return product.now, _safely(product, what, {**how, "member": who, "at": product.now})

        told = at_once(publish, *[lambda who=who: sell(who) for who in people])
        for who, (at, answer) in zip(people, told[1:], strict=True):
            if answer != "recorded":
                return answer
            _, how = here.sale(f"sale-{who}", None)
            model.now = at
            model.publish("new", terms, since=told[0]) if who == people[0] else None
            model.sell(**{**how, "member": who, "at": at})
        found = self.product.balances()
        right = answers(model)["balances"]
        earning.stop(rule=self._rule(here.id("rule")), by=BY, now=_clock)
        return "" if found == right else f"balances {found}, right is {right} (published at {told[0]})"

    def _rule(self, name: str) -> Any:
        from passage.earning.models import Rule

        return Rule.objects.of(self.product.bakery).get(name=name)


def _clock() -> Any:
    """A clock that runs, and is later than the rounds."""
    return START + 4 * HOUR + timedelta(microseconds=(monotonic_ns() - BEGAN) // 1000)


def _a_model(people: list[str]) -> Reference:
    model = a_reference()
    model.records.clear()
    model.accounts.clear()
    for name in people:
        model.enrol(name, Facts())
    return model


def _said(who: Any, what: str, how: dict[str, Any]) -> str:
    answer = outcome(lambda: getattr(who, what)(**how))
    return "done" if answer.isdecimal() else answer


def _follows(model: Reference, what: str, how: dict[str, Any], said: str) -> str:
    """The reference's answer; where only the product can say whether it may be done, its own."""
    return said if what == "unmerge" and said == "merge_in_use" else _said(model, what, how)


def _safely(product: Product, what: str, how: dict[str, Any]) -> str:
    try:
        return _said(product, what, how)
    except Exception as error:  # noqa: BLE001 - what a door would answer with 500
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"500 {type(error).__name__}: {error} at {where.filename.rpartition('/')[2]}:{where.lineno}"


def run(*, rounds: int, only: str = "") -> int:
    """Every scenario so many times; what was found, by scenario. Answers how many kinds went wrong."""
    shop, wrong = Shop(), 0
    plays: dict[str, Callable[[], str]] = {
        name: lambda scenario=scenario: shop.play(scenario)  # type: ignore[misc]
        for name, scenario in scenarios().items()
    }
    plays["publish x sale"] = shop.publish_beside_sales
    for name, play in plays.items():
        if only in name:
            found = [each for each in (play() for _ in range(rounds)) if each]
            faults = shop.product.faults()
            wrong += bool(found or faults)
            print(f"{name}: {len(found)} of {rounds} wrong, verify finds {len(faults)}", flush=True)
            for each in [*dict.fromkeys(found)][:3] + faults[:3]:
                print(f"    {each[:600]}", flush=True)
    return wrong

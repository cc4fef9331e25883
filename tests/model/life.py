"""A life: deeds drawn by number, done by the product and by the reference, and compared after each."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tests.model.amounts import half_up
from tests.model.bakery import CHANGES, PEOPLE, PRODUCTS, REWARDS, RULES, SHOPS, UNITS, a_reference
from tests.model.bills import Line
from tests.model.compared import COMPARISONS, differences
from tests.model.product import Product, outcome

Deed = tuple[str, int]  # its kind, and a number that all its choices are read from
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATE = (0 * MINUTE, 3 * MINUTE, 50 * MINUTE, 7 * HOUR, DAY, 2 * DAY, 3 * DAY, 12 * HOUR, 40 * DAY)
BIGGEST = 2**48

# The kinds of deeds and how often each is drawn. Hunting begins with few of them and widens.
KINDS = {
    "buy": 10,
    "buy_with_rewards": 4,
    "return_a_part": 4,
    "return_money": 3,
    "return_all": 2,
    "void": 2,
    "return_early": 1,
    "arrive": 1,
    "move": 3,
    "merge": 2,
    "unmerge": 2,
    "reserve": 5,
    "capture": 1,
    "let_go": 1,
    "reverse": 1,
    "adjust": 1,
    "change_a_rule": 1,
    "restock": 1,
    "time_passes": 3,
    "erase": 1,
    "again": 3,
    "contradict": 1,
}
# What only the product can say; the reference follows.
ITS_WORD = {"unmerge": {"merge_in_use", "done"}}


class Differs(AssertionError):
    """The product and the reference do not agree."""


class Dice:
    """Choices out of one number: small numbers choose the first of everything."""

    def __init__(self, number: int) -> None:
        self.number = number

    def pick(self, options: Sequence[Any]) -> Any:
        self.number, chosen = divmod(self.number, len(options))
        return options[chosen]

    def upto(self, most: int) -> int:
        self.number, chosen = divmod(self.number, most + 1)
        return chosen


class Life:
    """``every``: after how many deeds all answers are compared; each deed's own answer always is."""

    def __init__(
        self, *, comparisons: tuple[str, ...] = COMPARISONS, every: int = 1, make: Callable[[], Any] = Product
    ) -> None:
        self.every, self.steps = every, 0
        self.product, self.model = make(), a_reference()
        self.comparisons = comparisons
        self.done: list[tuple[str, dict[str, Any]]] = []  # what was said, to say it again
        self.promised: list[str] = []  # sales that something came back of before they came
        self.number = 0
        self.told: dict[str, int] = {}  # answers by kind: what a life was made of

    @property
    def now(self) -> Any:
        return self.model.now

    def step(self, deed: Deed) -> None:
        kind, number = deed
        self._clock(MINUTE)
        getattr(self, kind)(Dice(number))
        self.steps += 1
        if self.steps % self.every == 0:
            self.compare()

    def compare(self) -> None:
        if found := differences(self.product, self.model, comparisons=self.comparisons):
            raise Differs("\n".join(found))

    def end(self) -> None:
        self.compare()
        if faults := self.product.faults():
            raise Differs("\n".join(faults))

    def say(self, what: str, **how: Any) -> str:
        """The same deed to both; the same answer from both."""
        theirs = outcome(lambda: getattr(self.product, what)(**how))
        if what in ITS_WORD and theirs != "done":
            if theirs not in ITS_WORD[what]:
                raise Differs(f"{what} {how}: the product says {theirs}")
            return theirs
        ours = outcome(lambda: getattr(self.model, what)(**how))
        if theirs != ours:
            raise Differs(f"{what} {how}: the product says {theirs}, right is {ours}")
        self.told[f"{what}: {ours}"] = self.told.get(f"{what}: {ours}", 0) + 1
        return ours

    def tell(self, dice: Dice, what: str, **how: Any) -> str:
        """Say it, remember it, and one time in eight say it twice at once."""
        answer = self.say(what, **how)
        self.done.append((what, how))
        if dice.upto(7) == 7:
            self.say(what, **how)
        return answer

    def _clock(self, step: timedelta) -> None:
        before = self.now.astimezone(self.model.zone).date()
        self.model.now = self.product.now = self.now + step
        if self.now.astimezone(self.model.zone).date() != before:
            self.say("upkeep")

    def _fresh(self, word: str) -> str:
        self.number += 1
        return f"{word}-{self.number:04}"

    # -- buying and giving back ---------------------------------------------------------------------------

    def buy(self, dice: Dice) -> None:
        self._buy(dice, self._fresh("sale"), [])

    def buy_with_rewards(self, dice: Dice) -> None:
        held = [each for each in self.model.exchanges.values() if each.state in ("reserved", "expired")]
        if not held:
            return
        chosen = dice.pick(held)
        others = [each.id for each in held if each.record == chosen.record and each is not chosen]
        used = [chosen.id, *([dice.pick(others)] if others and dice.upto(2) == 2 else [])]
        self._buy(dice, self._fresh("sale"), used, who=chosen.record if dice.upto(9) else None)

    def arrive(self, dice: Dice) -> None:
        if self.promised:
            self._buy(dice, self.promised.pop(), [])

    def _buy(self, dice: Dice, name: str, used: list[str], who: str | None = "") -> None:
        lines = []
        for number, product in enumerate(PRODUCTS[: dice.pick((1, 2, 3))]):
            pieces = dice.pick((1, 2, 3))
            lines.append(Line(str(number), product, 1 + dice.upto(4000), 1000 * pieces))
        at = self.now - dice.pick(LATE[:4] * 3 + LATE)
        member = dice.pick((*PEOPLE, None)) if who == "" else who
        shop = dice.pick((*SHOPS, SHOPS[0], ""))
        self.tell(dice, "sell", id=name, at=at, shop=shop, lines=lines, member=member, exchanges=tuple(used))

    def _sale(self, dice: Dice) -> Any:
        """One of the last ones, mostly."""
        sales = list(self.model.sales.values())
        return dice.pick(sales[-8:]) if sales and dice.upto(3) else dice.pick(sales) if sales else None

    def return_a_part(self, dice: Dice) -> None:
        if sale := self._sale(dice):
            line = dice.pick(sale.lines)
            quantity = dice.pick((1000, line.quantity, line.quantity // 2, 333))
            self._back(dice, sale.id, quantities={line.id: quantity})

    def return_money(self, dice: Dice) -> None:
        if sale := self._sale(dice):
            whole = max(sum(line.paid - half_up(line.paid * line.gone) for line in sale.lines), 1)
            self._back(dice, sale.id, amount=dice.pick((1 + dice.upto(3000), max(whole // 2, 1), whole)))

    def return_all(self, dice: Dice) -> None:
        if sale := self._sale(dice):
            self._back(dice, sale.id)

    def void(self, dice: Dice) -> None:
        if sale := self._sale(dice):
            self._back(dice, sale.id, void=True)

    def return_early(self, dice: Dice) -> None:
        name = dice.pick(self.promised) if self.promised and dice.upto(1) else self._fresh("sale")
        if name not in self.promised:
            self.promised.append(name)
        what = dice.pick(({}, {"quantities": {"0": 1000}}, {"amount": 1 + dice.upto(500)}, {"void": True}))
        self._back(dice, name, **what)

    def _back(self, dice: Dice, sale: str, **what: Any) -> None:
        at = self.now - dice.pick((0 * MINUTE, 2 * MINUTE, HOUR))
        self.tell(dice, "give_back", id=self._fresh("back"), sale=sale, at=at, **what)

    def move(self, dice: Dice) -> None:
        if sale := self._sale(dice):
            self.tell(dice, "move", id=self._fresh("move"), sale=sale.id, to=dice.pick((*self._present(), None)))

    # -- people -------------------------------------------------------------------------------------------

    def _present(self) -> list[str]:
        return [name for name in self.model.everybody() if not self.model.records[name].erased]

    def merge(self, dice: Dice) -> None:
        present = self._present()
        if len(present) > 1:
            gone = dice.pick(present)
            self.say("merge", gone=gone, kept=dice.pick([name for name in present if name != gone]))

    def unmerge(self, dice: Dice) -> None:
        standing = [number for number, row in enumerate(self.model.merges, 1) if not row["undone"]]
        if standing:
            self.say("unmerge", number=standing[-1] if dice.upto(2) else dice.pick(standing))

    def erase(self, dice: Dice) -> None:
        present = self._present()
        if len(present) > 2 and dice.upto(5) == 0:
            self.say("erase", record=dice.pick(present))

    # -- rewards ------------------------------------------------------------------------------------------

    def reserve(self, dice: Dice) -> None:
        reward = dice.pick(tuple(REWARDS))
        amount = 1 + dice.upto(800) if reward == "Pay with points" and dice.upto(3) else None
        who = dice.pick(self._present() or tuple(PEOPLE))
        self.tell(dice, "reserve", id=self._fresh("wish"), record=who, reward=reward, amount=amount)

    def _exchange(self, dice: Dice) -> str:
        return str(dice.pick(tuple(self.model.exchanges))) if self.model.exchanges else ""

    def capture(self, dice: Dice) -> None:
        if name := self._exchange(dice):
            self.tell(dice, "capture", id=name)

    def let_go(self, dice: Dice) -> None:
        if name := self._exchange(dice):
            self.tell(dice, "release", id=name)

    def reverse(self, dice: Dice) -> None:
        if name := self._exchange(dice):
            self.say("reverse", id=name, points=dice.pick((None, 1 + dice.upto(20))))

    def restock(self, dice: Dice) -> None:
        self.say("restock", reward=dice.pick(tuple(REWARDS)), pieces=1 + dice.upto(3))

    # -- the office, and time --------------------------------------------------------------------------------

    def adjust(self, dice: Dice) -> None:
        who = dice.pick(self._present() or tuple(PEOPLE))
        self.say("adjust", record=who, unit=dice.pick(tuple(UNITS)), points=dice.pick((1, 30, 5, -1, -10)))

    def change_a_rule(self, dice: Dice) -> None:
        name = dice.pick(tuple(CHANGES))
        self.say("publish", name=name, terms=dice.pick((CHANGES[name], RULES[name], None)), since=self.now)

    def time_passes(self, dice: Dice) -> None:
        self._clock(dice.pick((HOUR, 4 * HOUR, DAY, 3 * DAY, 8 * DAY, 20 * DAY, 40 * DAY)))
        self.say("upkeep")
        self.end()

    def again(self, dice: Dice) -> None:
        if self.done:
            what, how = dice.pick(self.done)
            self.say(what, **how)

    def contradict(self, dice: Dice) -> None:
        """An id that is known, with other content: refused, and nothing written."""
        known = [how for what, how in self.done if what == "sell" and how["id"] in self.model.sales]
        if known:
            how = dict(dice.pick(known))
            how["lines"] = [*how["lines"], Line("more", "tea", 1 + dice.upto(500))]
            self.say("sell", **how)


def drawn(seed: int, steps: int) -> list[Deed]:
    """A life's deeds by a seed."""
    chance = random.Random(seed)
    kinds = chance.choices(list(KINDS), weights=list(KINDS.values()), k=steps)
    return [(kind, chance.randrange(BIGGEST)) for kind in kinds]

"""Faults put back one by one, to see that they are caught: python -m tests.model.planted [--steps 1500] [--only NAME]

Each stands for a fault that was found by use, and has a short story (`tests.model.stories`) that the test lives. The
command looks how long lives that are drawn take to catch it.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any

from tests.model import stories
from tests.model.longer import DEEDS, a_database, live


@dataclass(frozen=True)
class Planted:
    """``where`` is "module:name" or "module:Class.name"; ``put`` makes the faulty one out of the honest one.

    ``of`` is the script or line that told of it.
    """

    of: str
    story: str
    where: str
    put: Callable[[Any], Any]

    @contextlib.contextmanager
    def back(self) -> Iterator[None]:
        """The fault is in the product, as long as this lasts."""
        module, _, path = self.where.partition(":")
        owner: Any = import_module(module)
        *outer, name = path.split(".")
        for each in outer:
            owner = getattr(owner, each)
        honest = owner.__dict__.get(name)  # None: one of Python's own, by its name in that module
        setattr(owner, name, self.put(honest))
        try:
            yield
        finally:
            if honest is None:
                delattr(owner, name)
            else:
                setattr(owner, name, honest)


def _sales_only(honest: Any) -> Any:
    return lambda self: self.filter(kind="sale").exclude(followers__settlement__whole=True)


def _even_returned(honest: Any) -> Any:
    def standing(self: Any) -> Any:
        moved = self.model.objects.filter(kind__in=("move", "judged")).values("sale_id")
        return self.filter(kind__in=("sale", "move", "judged")).exclude(kind="sale", id__in=moved)

    return standing


def _any_visit(honest: Any) -> Any:
    """A visit that earned nothing starts a gap too."""

    def minutes_since_visit(self: Any, person: int, rule: Any, *, shop: str, order: Any) -> int | None:
        for each in reversed(self.entries.get(person, ())):
            if each.order < order and (each.sale.shop.code if each.sale.shop else "") == shop:
                return int((order[0] - each.order[0]).total_seconds()) // 60
        return None

    return minutes_since_visit


def _answers(value: Any) -> Callable[[Any], Any]:
    return lambda honest: lambda *args, **more: value


def _themselves_alone(honest: Any) -> Any:
    return lambda programme, *, people: {each: each for each in people}


def _not_for_returns(honest: Any) -> Any:
    return lambda *args, **more: None if more["why"] == "returned" else honest(*args, **more)


def _not_if_late(honest: Any) -> Any:
    """What a review has judged, a late sale does not change."""

    def judge_tiers(state: Any, effects: Any, member_id: int, **more: Any) -> None:
        reviews = [each for each in state.tier_history.changes.get(member_id, ()) if each.why == "reviewed"]
        if not any(each.at > more["since"] for each in reviews):
            honest(state, effects, member_id, **more)

    return judge_tiers


def _always_put_back(honest: Any) -> Any:
    def move_stock(row: Any) -> None:
        row.took_stock = row.took_stock or row.stock_moves > 0
        honest(row)

    return move_stock


HISTORY, ACTIONS = "passage.purchases.history", "passage.purchases.actions"
LOTS = "passage.ledger.actions.account_rows:AccountRows"
STANDING = "passage.purchases.models:PurchaseQuerySet.standing"
PLANTED = {
    "standing purchases ignore moves": Planted("f01", "a_moved_sale", STANDING, _sales_only),
    "standing purchases ignore returns": Planted("f01", "a_voided_sale", STANDING, _even_returned),
    "a record is a person": Planted("f01", "a_merged_record", "passage.members.queries:records", _themselves_alone),
    "a visit that earned nothing starts a gap": Planted(
        "f02", "three_visits", f"{HISTORY}:History.minutes_since_visit", _any_visit
    ),
    "visits are looked for within twelve hours": Planted(
        "f02", "a_visit_after_thirteen_hours", f"{HISTORY}:widest_gap", _answers(timedelta(hours=12))
    ),
    "nothing is judged again after a late sale": Planted(
        "f02", "a_late_sale", f"{ACTIONS}.selling:judge_again", _answers([])
    ),
    "nothing is judged again after a return": Planted(
        "f01", "a_returned_first_purchase", f"{ACTIONS}.returning:judge_again", _answers([])
    ),
    "nothing is judged again after a merge": Planted(
        "f01", "two_first_purchases", f"{ACTIONS}.merging:judge_again", _answers([])
    ),
    "a reward's conditions are not judged when it is set aside": Planted(
        "f04", "a_reward_for_others", "passage.rewards.actions.redeeming:check_reserving", _answers(None)
    ),
    "limits of rewards are counted by record": Planted(
        "f01", "a_reward_of_two_records", "passage.members.queries:records", _themselves_alone
    ),
    "the idle date does not move": Planted("f06", "idle_weeks", f"{LOTS}.keep_alive", _answers(None)),
    "a late sale changes no review": Planted(
        "f07", "a_late_sale_after_the_review", f"{ACTIONS}.selling:judge_tiers", _not_if_late
    ),
    "a return takes no level": Planted("f08", "a_returned_level", f"{ACTIONS}.returning:judge_tiers", _not_for_returns),
    "a resumed rule keeps the number and not the worth": Planted(
        "f09", "a_resumed_rule", "passage.earning.drafts:in_scale", lambda honest: lambda before, after: after
    ),
    "other lots never get back what they lent": Planted(
        "the very lots", "a_bonus_lost_and_found", f"{LOTS}._put_right", _answers(None)
    ),
    "a merge leaves whole steps in the remainder": Planted(
        "remainders", "two_remainders", f"{ACTIONS}.judging:normalised", lambda honest: lambda rest, earns: (0, rest)
    ),
    "a piece is always put back on the shelf": Planted(
        "f17", "a_counted_shelf", "passage.rewards.actions.writing:_move_stock", _always_put_back
    ),
    "who was erased gets points back": Planted(
        "f18", "an_erased_member", f"{ACTIONS}.returning:_close_if_erased", _answers(None)
    ),
    "what waited is applied as it came": Planted(
        "f19",
        "returns_before_their_sale",
        f"{ACTIONS}.recording:sorted",
        lambda honest: lambda each, key: list(each),
    ),
}


def told(name: str, *, planted: bool) -> str:
    """How the story of this fault ends, with the fault in or without: what differed, or nothing."""
    frame = PLANTED[name].back() if planted else contextlib.nullcontext()
    with frame:
        return live([], story=getattr(stories, PLANTED[name].story))


def steps_until_caught(name: str, *, most: int) -> int | None:
    """How many deeds that are drawn it takes; lives that differ without the fault are left out."""
    from tests.model.life import drawn

    for seed in range(most // DEEDS):
        deeds = drawn(seed, DEEDS)
        if live(deeds):
            continue
        with PLANTED[name].back():
            if live(deeds):
                return (seed + 1) * DEEDS
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model.planted", description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--only", default="")
    parser.add_argument("--pg", action="store_true")
    arguments = parser.parse_args()
    missed = 0
    with a_database(on_postgres=arguments.pg):
        for name in PLANTED:
            if arguments.only in name:
                took = steps_until_caught(name, most=arguments.steps)
                missed += took is None
                print(f"{PLANTED[name].of}, {name}: {f'within {took}' if took else 'not in'} steps", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

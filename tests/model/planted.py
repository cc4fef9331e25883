"""Faults put back one by one, to see that lives catch them: python -m tests.model.planted [--steps 1500] [--only NAME]

Each stands for a fault that was found by use. A life that catches it is made short and printed; the short ones are kept
in `stories.json`, which the test lives again. ``--keep`` writes that file anew.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.model.longer import DEEDS, a_database, live

STORIES = Path(__file__).with_name("stories.json")


@dataclass(frozen=True)
class Planted:
    """``where`` is "module:name" or "module:Class.name"; ``put`` makes the faulty one out of the honest one."""

    of: str
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
    def standing(self: Any) -> Any:
        return self.filter(kind="sale").exclude(followers__settlement__whole=True)

    return standing


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


def _themselves_alone(honest: Any) -> Any:
    def records(programme: Any, *, people: Any) -> dict[int, int]:
        return {each: each for each in people}

    return records


def _never(honest: Any) -> Any:
    def nothing(*args: Any, **more: Any) -> None:
        return None

    return nothing


def _nothing_changed(honest: Any) -> Any:
    def nothing(*args: Any, **more: Any) -> list[Any]:
        return []

    return nothing


def _not_for_returns(honest: Any) -> Any:
    def judge_tiers(*args: Any, **more: Any) -> None:
        if more["why"] != "returned":
            honest(*args, **more)

    return judge_tiers


def _not_if_late(honest: Any) -> Any:
    """What a review has judged, a late sale does not change."""

    def judge_tiers(state: Any, effects: Any, member_id: int, **more: Any) -> None:
        reviews = [each for each in state.tier_history.changes.get(member_id, ()) if each.why == "reviewed"]
        if not any(each.at > more["since"] for each in reviews):
            honest(state, effects, member_id, **more)

    return judge_tiers


def _not_normalised(honest: Any) -> Any:
    return lambda remainder, earns: (0, remainder)


def _as_it_came(honest: Any) -> Any:
    return lambda each, key: list(each)


def _new_scale_as_it_is(honest: Any) -> Any:
    """Remainders counted in the old steps are read in the new ones."""
    return lambda before, after: after


PLANTED = {
    "standing purchases ignore moves": Planted(
        "f01", "passage.purchases.models:PurchaseQuerySet.standing", _sales_only
    ),
    "standing purchases ignore returns": Planted(
        "f01", "passage.purchases.models:PurchaseQuerySet.standing", _even_returned
    ),
    "a record is a person": Planted("f01", "passage.members.queries:records", _themselves_alone),
    "a visit that earned nothing starts a gap": Planted(
        "f02", "passage.purchases.history:History.minutes_since_visit", _any_visit
    ),
    "visits are looked for within twelve hours": Planted(
        "f02", "passage.purchases.history:widest_gap", lambda honest: lambda rules: timedelta(hours=12)
    ),
    "later purchases are not judged again after a sale": Planted(
        "f02", "passage.purchases.actions.selling:judge_again", _nothing_changed
    ),
    "later purchases are not judged again after a return": Planted(
        "f01", "passage.purchases.actions.returning:judge_again", _nothing_changed
    ),
    "a merge judges nothing again": Planted("f01", "passage.purchases.actions.merging:judge_again", _nothing_changed),
    "the idle date does not move": Planted("f06", "passage.ledger.actions.account_rows:AccountRows.keep_alive", _never),
    "a late sale changes no review": Planted("f07", "passage.purchases.actions.selling:judge_tiers", _not_if_late),
    "a return takes no tier": Planted("f08", "passage.purchases.actions.returning:judge_tiers", _not_for_returns),
    "other lots never get back what they lent": Planted(
        "B-05", "passage.ledger.actions.account_rows:AccountRows._put_right", _never
    ),
    "a merge leaves whole steps in the remainder": Planted(
        "negative remainders", "passage.purchases.actions.judging:normalised", _not_normalised
    ),
    "a resumed rule keeps the number and not the worth": Planted(
        "f09", "passage.earning.drafts:in_scale", _new_scale_as_it_is
    ),
    "an erased member gets points back": Planted("f18", "passage.purchases.actions.returning:_close_if_erased", _never),
    "what waited is applied as it came": Planted("f19", "passage.purchases.actions.recording:sorted", _as_it_came),
}


def caught(name: str, deeds: list[tuple[str, int]]) -> str:
    """How these deeds fail with the fault in; nothing where they do not notice it."""
    with PLANTED[name].back():
        return live(deeds)


def search(name: str, *, steps: int) -> tuple[int, str, list[tuple[str, int]]]:
    """How many steps it took, how it failed, and the life in short; no deeds where nothing was found."""
    from tests.model.life import drawn
    from tests.model.shrinking import shortened

    for seed in range(steps // DEEDS):
        deeds = drawn(seed, DEEDS)
        if caught(name, deeds):
            short = shortened(deeds, lambda fewer: caught(name, fewer))
            return (seed + 1) * DEEDS, caught(name, short), short
    return steps, "", []


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model.planted", description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--only", default="")
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write stories.json anew")
    arguments = parser.parse_args()
    stories = json.loads(STORIES.read_text()) if STORIES.exists() else {}
    missed = 0
    with a_database(on_postgres=arguments.pg):
        for name in PLANTED:
            if arguments.only in name:
                took, failed, short = search(name, steps=arguments.steps)
                missed += not failed
                print(f"{name} ({PLANTED[name].of}): {f'within {took}' if failed else 'missed in'} steps")
                print(f"    {failed.splitlines()[0] if failed else ''}\n    {short}", flush=True)
                if arguments.keep and short:
                    stories[name] = short
                    STORIES.write_text(json.dumps(stories, indent=1) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

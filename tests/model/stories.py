"""A short life for each fault that was found by use: deeds that agree, and no longer do when the fault is put back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.model.bakery import REWARDS
from tests.model.bills import Line
from tests.model.life import DAY, HOUR, MINUTE, Life

Story = Callable[[Life], None]


def buys(life: Life, name: str, who: str | None = "anna", amount: int = 160, *, ago: timedelta = 0 * MINUTE) -> None:
    lines = [Line("0", "bread", amount)]
    how: dict[str, Any] = {"shop": "rynek", "member": who, "exchanges": ()}
    life.say("sell", id=name, at=life.now - ago, lines=lines, **how)


def returns(life: Life, name: str, **what: Any) -> None:
    life.say("give_back", id=f"back-{name}", sale=name, at=life.now, **what)


def takes(life: Life, reward: str) -> None:
    """A reward without a sale."""
    life.say("reserve", id="wish", record="anna", reward=reward)
    life.say("capture", id="wish")


def later(life: Life, *steps: timedelta) -> None:
    for step in steps:
        life._clock(step)
        life.say("upkeep")


def a_moved_sale(life: Life) -> None:
    buys(life, "one")
    life.say("move", id="move", sale="one", to="bela")
    life._clock(5 * MINUTE)
    buys(life, "two")
    buys(life, "three", "bela")


def a_voided_sale(life: Life) -> None:
    buys(life, "one")
    returns(life, "one", void=True)
    life._clock(2 * MINUTE)
    buys(life, "two")


def a_merged_record(life: Life) -> None:
    buys(life, "one")
    life.say("merge", gone="anna", kept="bela")
    life._clock(5 * MINUTE)
    buys(life, "two", "bela")


def three_visits(life: Life) -> None:
    for name, step in (("one", 0), ("two", 60), ("three", 45)):
        life._clock(step * MINUTE)
        buys(life, name)


def a_visit_after_thirteen_hours(life: Life) -> None:
    buys(life, "one")
    life._clock(13 * HOUR)
    buys(life, "two")


def a_late_sale(life: Life) -> None:
    buys(life, "two")
    buys(life, "one", ago=5 * MINUTE)


def a_returned_first_purchase(life: Life) -> None:
    buys(life, "one")
    life._clock(5 * MINUTE)
    buys(life, "two")
    returns(life, "one")


def two_first_purchases(life: Life) -> None:
    buys(life, "one")
    life._clock(5 * MINUTE)
    buys(life, "two", "bela")
    life.say("merge", gone="anna", kept="bela")


def idle_weeks(life: Life) -> None:
    buys(life, "one")
    later(life, 40 * DAY)
    life.say("adjust", record="anna", unit="coins", points=5)
    later(life, 10 * DAY)
    life.compare()
    later(life, 40 * DAY)


def a_late_sale_after_the_review(life: Life) -> None:
    buys(life, "one", amount=10_100)
    later(life, 91 * DAY, 91 * DAY, DAY)
    buys(life, "late", amount=10_100, ago=8 * DAY)


def a_returned_level(life: Life) -> None:
    buys(life, "one", amount=30_100)
    returns(life, "one")


def a_bonus_lost_and_found(life: Life) -> None:
    """What one purchase gave was spent, then taken out of another one's points, and deserved again."""
    buys(life, "two", amount=50)
    later(life, DAY, DAY, DAY)
    buys(life, "three", amount=6100)
    later(life, DAY, DAY, DAY)
    takes(life, "5 zl off")
    buys(life, "first", amount=50, ago=8 * DAY)
    life.compare()
    returns(life, "first")


def two_remainders(life: Life) -> None:
    buys(life, "one", amount=460)
    buys(life, "two", "bela", amount=460)
    life.say("merge", gone="anna", kept="bela")


def a_resumed_rule(life: Life) -> None:
    buys(life, "one", amount=460)
    name = "A coin for each 7 zl"
    life._clock(MINUTE)
    life.say("publish", name=name, terms=None, since=life.now)
    earns = {"kind": "per_amount", "points": 300, "step": 70_000}
    life.say("publish", name=name, terms={"unit": "coins", "earns": earns}, since=life.now)
    life._clock(2 * MINUTE)
    buys(life, "two", amount=10_000)


def an_erased_member(life: Life) -> None:
    life.say("adjust", record="anna", unit="points", points=50)
    life.say("reserve", id="wish", record="anna", reward="5 zl off")
    lines = [Line("0", "bread", 5000)]
    life.say("sell", id="one", at=life.now, shop="rynek", lines=lines, member="anna", exchanges=("wish",))
    life.say("erase", record="anna")
    returns(life, "one")


def returns_before_their_sale(life: Life) -> None:
    life.say("give_back", id="void", sale="one", at=life.now + 2 * MINUTE, void=True)
    part = {"id": "part", "sale": "one", "at": life.now + MINUTE, "amount": 50}
    life.say("give_back", **part)
    life._clock(3 * MINUTE)
    buys(life, "one", ago=4 * MINUTE)
    life.say("give_back", **part)


def a_counted_shelf(life: Life) -> None:
    life.say("adjust", record="anna", unit="points", points=50)
    life.say("reserve", id="wish", record="anna", reward="5 zl off")
    life.say("restock", reward="5 zl off", pieces=5)
    life.say("release", id="wish")
    assert "5 zl off" in REWARDS


def a_reward_for_others(life: Life) -> None:
    life.say("adjust", record="anna", unit="points", points=50)
    life.say("reserve", id="wish", record="anna", reward="For vips")


def a_reward_of_two_records(life: Life) -> None:
    life.say("adjust", record="anna", unit="stamps", points=20)
    life.say("adjust", record="bela", unit="stamps", points=20)
    for number, who in enumerate(("anna", "anna", "bela")):
        life.say("reserve", id=f"wish-{number}", record=who, reward="A free bread")
        life.say("capture", id=f"wish-{number}")
    life.say("merge", gone="anna", kept="bela")
    life.say("reserve", id="one more", record="bela", reward="A free bread")


# -- what lives that were drawn found first --------------------------------------------------------


def a_visit_won_by_a_merge(life: Life) -> None:
    """Joined, the middle visit falls to the one before it, and the last one, too soon after the middle, is won."""
    buys(life, "one", "bela")
    life._clock(60 * MINUTE)
    buys(life, "two")
    life._clock(75 * MINUTE)
    buys(life, "three")
    life.say("merge", gone="anna", kept="bela")
    life.compare()
    life.say("unmerge", number=1)


def an_answer_repeated_after_the_end(life: Life) -> None:
    """What was set aside is answered as before, also when the person was erased or joined meanwhile."""
    for who in ("anna", "bela"):
        life.say("adjust", record=who, unit="points", points=50)
        life.say("reserve", id=f"wish-{who}", record=who, reward="5 zl off")
    life.say("erase", record="anna")
    life.say("merge", gone="bela", kept="celia")
    for who in ("anna", "bela"):
        life.say("reserve", id=f"wish-{who}", record=who, reward="5 zl off")
        life.say("reserve", id=f"more-{who}", record=who, reward="5 zl off")


def two_who_are_forgotten_with_one_sale(life: Life) -> None:
    """The sale names both, one after the other; so do its move and its return, which have less to empty."""
    buys(life, "one")
    life.say("move", id="move", sale="one", to="bela")
    returns(life, "one")
    life.say("erase", record="anna")
    life.say("erase", record="bela")


def a_return_of_points_that_were_held(life: Life) -> None:
    """What it owes is paid by its own lot as soon as it can be, and not by an older one that comes with a merge."""
    buys(life, "other", "bela", 1500)
    life._clock(HOUR)
    buys(life, "one", amount=1500)
    later(life, DAY, DAY, DAY)
    life.say("reserve", id="wish", record="anna", reward="Ten percent")
    returns(life, "one", void=True)
    life.say("merge", gone="bela", kept="anna")


def points_that_were_lent_on(life: Life) -> None:
    """The first sale's points were spent, so its return took the second one's, and that one's return the third one's."""
    for name in ("one", "two", "three"):
        buys(life, name, amount=2000)
        life._clock(HOUR)
    later(life, DAY, DAY, DAY)
    takes(life, "5 zl off")
    returns(life, "one")
    returns(life, "two")
    life.compare()
    life.say("reverse", id="wish")


def a_bonus_lost_by_a_merge(life: Life) -> None:
    """It was spent: the joined record's own other lots pay for it, not those of who is kept."""
    buys(life, "early", "bela", 9000)
    life._clock(HOUR)
    buys(life, "one", amount=50)
    later(life, DAY, DAY, DAY)
    takes(life, "5 zl off")
    buys(life, "two", amount=9000)
    life.say("merge", gone="anna", kept="bela")
    life.compare()
    life.say("reverse", id="wish")


def remainders_parted_one_by_one(life: Life) -> None:
    """What two remainders came to together is taken back from that very lot."""
    for who in ("anna", "bela", "celia", "dora"):
        buys(life, who, who, amount=60)
    for gone in ("anna", "celia", "dora"):
        later(life, DAY)
        life.say("merge", gone=gone, kept="bela")
    for number in (3, 2, 1):
        later(life, DAY)
        life.say("unmerge", number=number)
        life.compare()


def a_sale_moved_there_and_back(life: Life) -> None:
    """What had ended before it went is not counted again when what it earned anew is taken back."""
    buys(life, "one", amount=2000)
    later(life, 20 * DAY, 20 * DAY, 20 * DAY, 20 * DAY)
    life.say("move", id="there", sale="one", to="bela")
    life.say("move", id="back", sale="one", to="anna")
    life.compare()
    returns(life, "one")


def a_bonus_that_ended_before_a_merge(life: Life) -> None:
    """A late sale takes the first-purchase bonus from another one; it had ended in the account that was joined."""
    buys(life, "one", "bela", amount=50)
    later(life, 20 * DAY, 20 * DAY, 20 * DAY, 20 * DAY)
    life.say("merge", gone="bela", kept="anna")
    buys(life, "two", amount=5000)
    buys(life, "late", amount=50, ago=81 * DAY)


def a_debt_while_its_points_were_held(life: Life) -> None:
    """A gift pays it, and is paid back when the reservation ends."""
    buys(life, "one", amount=1500)
    later(life, DAY, DAY, DAY)
    life.say("reserve", id="wish", record="anna", reward="Ten percent")
    returns(life, "one", void=True)
    life.say("adjust", record="anna", unit="points", points=30)
    life.compare()
    life.say("release", id="wish")


def more_held_than_used(life: Life) -> None:
    """What a sale leaves of a reservation is free, as if the reservation had ended."""
    buys(life, "one", amount=9000)
    later(life, DAY, DAY, DAY)
    life.say("reserve", id="wish", record="anna", reward="Pay with points", amount=700)
    returns(life, "one", void=True)
    life.say("adjust", record="anna", unit="points", points=30)
    lines = [Line("0", "bread", 100)]
    life.say("sell", id="two", at=life.now, shop="rynek", lines=lines, member="anna", exchanges=("wish",))


def more_there_than_was_reserved(life: Life) -> None:
    """A cashback used after its time costs no more than was reserved for it."""
    buys(life, "one", amount=1500)
    later(life, DAY, DAY, DAY)
    life.say("reserve", id="wish", record="anna", reward="Pay with points")
    later(life, HOUR)
    life.say("adjust", record="anna", unit="points", points=500)
    lines = [Line("0", "bread", 4000)]
    life.say("sell", id="two", at=life.now, shop="rynek", lines=lines, member="anna", exchanges=("wish",))


def a_sale_taken_from_who_was_forgotten(life: Life) -> None:
    """Another sale is the first one then; its bonus is nobody's."""
    buys(life, "one")
    life._clock(HOUR)
    buys(life, "two")
    life.say("erase", record="anna")
    life.say("move", id="move", sale="one", to=None)


def a_purchase_while_two_were_one(life: Life) -> None:
    """It keeps the accounts of both from being idle, after they were parted too."""
    buys(life, "one", amount=1400)
    life.say("merge", gone="anna", kept="bela")
    later(life, 20 * DAY)
    buys(life, "two", "bela", amount=1400)
    life.say("unmerge", number=1)
    later(life, 20 * DAY, 10 * DAY)
    life.compare()


def a_coin_out_of_two_remainders(life: Life) -> None:
    """Whole steps that come together in a merge are points of today: they keep the account from being idle."""
    for who in ("anna", "bela"):
        buys(life, who, who, amount=650)
    later(life, 30 * DAY)
    life.say("merge", gone="anna", kept="bela")
    later(life, 20 * DAY)
    life.compare()


def points_of_both_set_aside(life: Life) -> None:
    """While a reward holds what came with a merge, the two are not parted."""
    for who in ("anna", "bela"):
        buys(life, who, who, amount=1500)
    later(life, DAY, DAY, DAY)
    life.say("merge", gone="anna", kept="bela")
    life.say("reserve", id="wish", record="bela", reward="Pay with points")
    assert life.say("unmerge", number=1) == "merge_in_use"
    life.end()


FOUND: tuple[Story, ...] = (
    a_visit_won_by_a_merge,
    an_answer_repeated_after_the_end,
    two_who_are_forgotten_with_one_sale,
    a_return_of_points_that_were_held,
    points_that_were_lent_on,
    a_bonus_lost_by_a_merge,
    remainders_parted_one_by_one,
    a_sale_moved_there_and_back,
    a_bonus_that_ended_before_a_merge,
    a_debt_while_its_points_were_held,
    more_held_than_used,
    more_there_than_was_reserved,
    a_sale_taken_from_who_was_forgotten,
    a_purchase_while_two_were_one,
    a_coin_out_of_two_remainders,
    points_of_both_set_aside,
)

"""What the harness of kills asks of the books, in a process of its own: python -m tests.faults.books reserve|audit START.

`reserve` holds rewards whose time is over already, a few for each line it reads, so that the worker always has
something to end; it tells each by its id once the database has it. `audit` prints what is in the books.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import DatabaseError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.world import BY, CURRENCY, card  # noqa: E402
from passage.cards.models import Card  # noqa: E402
from passage.config.verification import verify  # noqa: E402
from passage.engine.basket import Basket, Line  # noqa: E402
from passage.programme.models import Programme, Source  # noqa: E402
from passage.purchases import actions as purchases  # noqa: E402
from passage.purchases.actions import claiming  # noqa: E402
from passage.purchases.models import Purchase  # noqa: E402
from passage.purchases.values import MemberRef, Sale  # noqa: E402
from passage.rewards import actions as rewards  # noqa: E402
from passage.rewards.models import Redemption, Reward  # noqa: E402

STOCK, AT_ONCE, PATIENCE = 1_000_000, 5, 60
LONG_AGO = timedelta(hours=2)


def reserve() -> None:
    [programme] = Programme.objects.all()
    [till] = Source.objects.of(programme)
    at = timezone.now() - LONG_AGO
    worth = {"unit": "points", "cost": 1, "gives": {"kind": "value_off", "amount": 1}}
    reward = rewards.create_reward(
        programme=programme, name="A crumb", definition=worth, effective_from=at, by=BY, at=at, stock=STOCK
    )
    rich = Sale(
        client_id="rich",
        occurred_at=at,
        basket=Basket(CURRENCY, (Line(id="1", amount=50_000_000),)),
        member=MemberRef(card=card(1)),
    )
    purchases.record(programme=programme, source=till, batch=[rich], by=BY, at=at)
    member = Card.objects.of(programme).get(number=card(1)).member
    numbers = itertools.count()
    for _ in sys.stdin:
        for number in itertools.islice(numbers, AT_ONCE):
            wish = rewards.Wish(client_id=f"crumb-{number}", reward=reward)
            until_it_is_there(lambda wish=wish: claiming.reserve(source=till, member=member, wish=wish, by=BY, at=at))
            print(wish.client_id, flush=True)


def until_it_is_there(act) -> None:
    """A client as it should be: what it does not know the end of it asks again, under the same id."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            act()
            return
        except DatabaseError:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def audit(start: str) -> None:
    """What the books hold of operations whose id starts so, what is held, and what `verify` finds."""
    [programme] = Programme.objects.all()
    rows = Purchase.objects.of(programme).filter(client_id__startswith=start)
    held = Redemption.objects.of(programme).values_list("client_id", "state")
    told = {
        "kept": [[client_id, str(public)] for client_id, public in rows.values_list("client_id", "public_id")],
        "held": dict(held),
        "stock_gone": STOCK - Reward.objects.of(programme).get().stock,
        "faults": [str(fault) for fault in verify(programme=programme)],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    {"reserve": reserve, "audit": audit}[sys.argv[1]](*sys.argv[2:])

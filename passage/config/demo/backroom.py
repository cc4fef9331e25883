"""What waits in the back office when somebody first looks: a correction, a prize on the shelf, a list from before."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from passage.config.demo.chain import APRON, CLERK, OWNER, SHOP_MANAGER, Chain
from passage.config.demo.people import phone_number
from passage.config.demo.year import Regular
from passage.imports import actions as imports
from passage.imports.models import Import
from passage.ledger import actions as ledger
from passage.ledger.queries import balances
from passage.members.models import Member
from passage.office.once import SOURCE
from passage.programme import actions as programmes
from passage.purchases.actions import claiming
from passage.rewards import actions as rewards

ASKED, WHY = 300, "Tort zamówiony przez telefon, paragon zaginął"
OLD_LIST = "karty-sprzed-programu.csv"
# Old paper cards, with telephones that cannot ring; the third one's address is none.
HEADINGS = ("Nr karty", "Imię", "Nazwisko", "Telefon", "E-mail")
COLUMNS = ["card", "first_name", "last_name", "phone", "email"]
PEOPLE = (
    ("Bogumiła", "Pszenna", "bogumila.pszenna@example.com"),
    ("Ryszard", "Orkisz", "ryszard.orkisz@example.com"),
    ("Danuta", "Owsiana", "danuta.owsiana(at)example.com"),
    ("Zbigniew", "Słodowy", "zbigniew.slodowy@example.com"),
    ("Krystyna", "Drożdż", ""),
)
FIRST_PHONE = 900_001


def set_out(chain: Chain, regulars: Sequence[Regular], *, now: datetime) -> None:
    """Each through its action, done by whoever does it in such a shop. Anna's page stays as her story tells it."""
    _anna, *others = (each.member for each in regulars if each.member is not None and each.member.full_name)
    _put_on_shelf(chain, others, now)
    _ask_for_correction(chain, others, now)
    _bring_list(chain, now)


def _put_on_shelf(chain: Chain, others: Sequence[Member], now: datetime) -> None:
    """One apron waits in Kazimierz, another was handed over; none where nobody has the points yet."""
    source = programmes.add_source(programme=chain.programme, code=SOURCE, name="Back office", at=now)
    reward, shop, by = chain.rewards[APRON], chain.shops[CLERK.shop], chain.staff[CLERK.email]
    cost = reward.versions.get().definition["cost"]
    rich = (each for each in others if _points(each, now) >= cost)
    for number, member in enumerate(islice(rich, 2), 1):
        wish = rewards.Wish(client_id=f"fartuch-{number}", reward=reward)
        waits = number == 1
        claiming.redeem(source=source, member=member, wish=wish, shop=shop, waits=waits, by=by, at=now)


def _points(member: Member, now: datetime) -> int:
    return next(each.available for each in balances(member, at=now) if each.unit == "points")


def _ask_for_correction(chain: Chain, others: Sequence[Member], now: datetime) -> None:
    """More than one person may correct alone: it waits for somebody else."""
    by = chain.staff[SHOP_MANAGER.email]
    ledger.correct(member=others[-1], unit="points", points=ASKED, reason=WHY, by=by, at=now)


def _bring_list(chain: Chain, now: datetime) -> None:
    """Looked through already, and nothing of it taken in."""
    by = chain.staff[OWNER.email]
    rows = [
        (f"TB-{number:04}", first, last, phone_number(FIRST_PHONE + number), email)
        for number, (first, last, email) in enumerate(PEOPLE, 1)
    ]
    text = "".join(f"{';'.join(row)}\n" for row in (HEADINGS, *rows))
    file = io.BytesIO(text.encode())
    upload = imports.receive(programme=chain.programme, name=OLD_LIST, file=file, by=by, at=now)
    reading = {"encoding": upload.encoding, "separator": upload.separator}
    upload = imports.check(upload=upload, has_headings=True, columns=COLUMNS, by=by, at=now, **reading)
    while upload.state == Import.State.CHECKING:
        # As the worker does it, which in a demo begins only after the world is there.
        imports.work(programme=chain.programme, payload={"upload": upload.pk, "turn": upload.turn, "by": by}, at=now)
        upload.refresh_from_db()

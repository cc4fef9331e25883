"""What a programme still lacks before its tills can earn and redeem, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from passage.cards import queries as cards
from passage.earning import queries as earning
from passage.ledger import queries as ledger
from passage.members import queries as members
from passage.products import queries as products
from passage.programme import queries as programmes
from passage.programme.models import Till
from passage.rewards import queries as rewards


@dataclass(frozen=True, slots=True)
class Point:
    """``text`` says what there is to be, ``remedy`` where it is done; both may be shown as they are."""

    code: str
    is_met: bool
    text: str | Promise
    remedy: str | Promise


def readiness(till: Till, /, *, at: datetime) -> list[Point]:
    """Every point of the list, met or not, in the order in which a new shop would see to them."""
    programme = till.programme
    return [
        Point(
            "has_unit",
            bool(ledger.units(programme)),
            _("Points, stamps or a purse are set up."),
            _("Set up what your members collect."),
        ),
        Point(
            "has_rule",
            bool(earning.rule_set(programme).at(at)),
            _("A rule says what a purchase earns."),
            _("Define a rule under Promotions; until then purchases earn nothing."),
        ),
        Point(
            "has_reward",
            bool(rewards.catalogue(programme, at=at)),
            _("There is something to get for points."),
            _("Add a reward; until then points can only be collected."),
        ),
        Point(
            "has_products",
            bool(products.on_sale(programme=programme)),
            _("Products are on sale."),
            _("Add products in the back office; until then ring up amounts by hand."),
        ),
        Point(
            "has_pin",
            any(each.pin_hash for each in programmes.counter_staff(till=till)),
            _("Somebody can sign in at this till by PIN."),
            _("Give your staff a PIN in the back office, under Staff."),
        ),
        Point(
            "has_members",
            members.any_member(programme) or cards.any_blank(programme),
            _("There are members, or blank cards for new ones."),
            _("Add your first member at the till, or make a batch of cards."),
        ),
    ]

"""The fixed cast in a small bakery: Anna is a member, Piotr a clerk, Maria the manager, the stranger owns another programme."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.test import Client

from passage.cards import actions as cards
from passage.cards.models import Card
from passage.earning import actions as earning
from passage.engine.expiry import Expiry, ExpiryKind
from passage.engine.tiers import TierPolicy
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Login, Programme, Role, Shop, Staff

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
BY = "system:test"
PASSWORD = "seventeen warm rolls"
CARD = "GRABOWSKA00100001"


@dataclass(frozen=True)
class Cast:
    bakery: Programme
    rynek: Shop
    dworzec: Shop
    piotr: Staff
    maria: Staff
    stranger: Staff
    anna: Member
    card: Card


def a_bakery() -> Cast:
    """One point for every whole zloty, double on the market square, 10 more from 100 zl; levels at 100 and 500."""
    bakery = programmes.create_programme(
        name="Piekarnia Grabowska",
        slug="grabowska",
        currency="PLN",
        zone="Europe/Warsaw",
        language="pl",
        region="PL",
        at=AT,
        by=BY,
    )
    rynek = programmes.open_shop(programme=bakery, code="rynek", name="Rynek", city="Kraków")
    dworzec = programmes.open_shop(programme=bakery, code="dworzec", name="Dworzec", city="Kraków")
    ledger.set_up_unit(
        programme=bakery, code="points", name="Punkty", qualifies=True, expiry=Expiry(ExpiryKind.END_OF_YEAR, 1)
    )
    _rules(bakery)
    tiers = [("silver", "Srebrny", 100), ("gold", "Złoty", 500)]
    earning.set_tiers(programme=bakery, tiers=tiers, policy=TierPolicy(), by=BY, at=AT)
    anna = members.enrol(
        programme=bakery,
        by=BY,
        at=AT,
        first_name="Anna",
        last_name="Świętek",
        email="anna@example.org",
        phone="600 100 200",
    )
    anna = members.attach_login(member=anna, login=_login("anna"), by=BY, at=AT)
    elsewhere = programmes.create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT, by=BY)
    return Cast(
        bakery=bakery,
        rynek=rynek,
        dworzec=dworzec,
        piotr=programmes.hire(programme=bakery, login=_login("piotr"), role=Role.CLERK, shop=rynek, by=BY, at=AT),
        maria=programmes.hire(programme=bakery, login=_login("maria"), role=Role.MANAGER, by=BY, at=AT),
        stranger=programmes.hire(programme=elsewhere, login=_login("stranger"), role=Role.OWNER, by=BY, at=AT),
        anna=anna,
        card=cards.issue(programme=bakery, member=anna, number=CARD, by=BY, at=AT),
    )


def _rules(bakery: Programme) -> None:
    since = AT - timedelta(days=1)
    per_zloty = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
    large = {"unit": "points", "earns": {"kind": "fixed", "points": 10}, "when": {"minimum": 10_000}}
    double = {"unit": "points", "earns": {"kind": "multiplier", "num": 2}, "when": {"shops": ["rynek"]}}
    for name, definition in (("Punkty za zakupy", per_zloty), ("Duże zakupy", large), ("Rynek razy dwa", double)):
        earning.create_rule(programme=bakery, name=name, definition=definition, effective_from=since, by=BY, at=AT)


def _login(name: str) -> Login:
    return programmes.create_login(email=f"{name}@example.org", password=PASSWORD, name=name.title())


def signed_in(login: Login) -> Client:
    """As the log-in is now: who left meanwhile has a new era, and a session of the one before is over."""
    client = Client()
    client.force_login(Login.objects.get(pk=login.pk))
    return client

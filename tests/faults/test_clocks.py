"""Nights that are an hour short or long, the end of the year, and clocks wrong by a day: every sale falls on its day.

What is expected is computed from the offsets of those nights, written down here, and not from the product's calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from passage.api.tests.world import Till, a_world
from passage.cards import actions as cards
from passage.config.verification import verify
from passage.earning import actions as earning
from passage.engine.expiry import Expiry, ExpiryKind
from passage.ledger import actions as ledger
from passage.ledger.models import Account, Lot
from passage.members import actions as members
from passage.members.models import Member
from passage.programme import actions as programmes
from passage.programme.models import Programme
from passage.purchases.models import Purchase
from tests.cast import BY, CARD, PASSWORD

pytestmark = pytest.mark.django_db
SINCE = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
# Both zones change at one in the morning of UTC, from one hour ahead to two and back.
SUMMER = datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
NIGHTS = {
    "an hour is missing": datetime(2026, 3, 28, 21, 30, tzinfo=UTC),
    "an hour comes twice": datetime(2026, 10, 24, 20, 30, tzinfo=UTC),
    "the year ends": datetime(2026, 12, 31, 21, 30, tzinfo=UTC),
}
HOUR, SALES = timedelta(hours=1), 28  # through the whole day that follows the midnight, and past its end
PLACES = {"Europe/Warsaw": ("PLN", "PL", "pl"), "Europe/Paris": ("EUR", "FR", "fr")}
DAY = timedelta(days=1)


def ahead(at: datetime) -> timedelta:
    """How far the shops' clocks are ahead of UTC."""
    return timedelta(hours=2 if SUMMER[0] <= at < SUMMER[1] else 1)


def day_of(at: datetime) -> date:
    return (at + ahead(at)).date()


def midnight(day: date) -> datetime:
    """The first instant of that day at the shops. No change of the clock lies between it and the offset it is found by."""
    winter = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
    return winter - timedelta(hours=1) if ahead(winter) == timedelta(hours=2) else winter


@dataclass
class Clock:
    """What the server reads."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The server's clock. Doors ask Django's, commands and jobs are told by them."""
    hands = Clock(SINCE)
    monkeypatch.setattr(timezone, "now", hands)
    return hands


@dataclass
class Shop:
    programme: Programme
    member: Member
    till: Till
    currency: str

    def sell(self, name: str, at: datetime) -> dict[str, Any]:
        local = (at + ahead(at)).replace(tzinfo=None).isoformat()
        body = {
            "client_id": name,
            "occurred_at": f"{local}+{ahead(at).seconds // 3600:02}:00",
            "currency": self.currency,
            "member": {"card": "CLOCK00000001"},
            "lines": [{"id": "1", "amount": 1000}],
        }
        answer = self.till.post("/sales", body)
        assert answer.status_code == 201, answer.content
        told: dict[str, Any] = answer.json()
        return {each["unit"]: each for each in told["settlement"]["earned"]}

    def balances(self) -> dict[str, int]:
        return dict(Account.objects.of(self.programme).values_list("unit__code", "balance"))


def a_shop(zone: str) -> Shop:
    """Ten points for each sale until the end of the year after; one stamp a day, good for three days."""
    currency, region, language = PLACES[zone]
    programme = programmes.create_programme(
        name="Clocks", slug="clocks", currency=currency, zone=zone, language=language, region=region, at=SINCE, by=BY
    )
    year, days = Expiry(ExpiryKind.END_OF_YEAR, 0), Expiry(ExpiryKind.DAYS, 3)
    ledger.set_up_unit(programme=programme, code="points", name="Points", expiry=year)
    ledger.set_up_unit(programme=programme, code="stamps", name="Stamps", kind="stamps", expiry=days)
    ten = {"unit": "points", "earns": {"kind": "fixed", "points": 10}}
    once = {"unit": "stamps", "earns": {"kind": "fixed", "points": 1}, "limits": {"times_day": 1}}
    for name, rule in (("Ten", ten), ("Once a day", once)):
        earning.create_rule(programme=programme, name=name, definition=rule, effective_from=SINCE, by=BY, at=SINCE)
    member = members.enrol(programme=programme, by=BY, at=SINCE, first_name="Zoé")
    cards.issue(programme=programme, member=member, number="CLOCK00000001", by=BY, at=SINCE)
    source = programmes.add_source(programme=programme, code="till", name="Till", by=BY, at=SINCE)
    _, secret = programmes.issue_key(source=source, scopes=["sales.write", "members.read"], by=BY, at=SINCE)
    return Shop(programme, member, Till(secret), currency)


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("zone", PLACES)
def test_each_sale_of_the_night_falls_on_its_day_with_its_limits_and_its_end(clock, zone, night):
    shop, begins = a_shop(zone), NIGHTS[night]
    moments = [begins + number * HOUR for number in range(SALES)]
    stamped: set[date] = set()
    for number, at in enumerate(moments):
        clock.at = at
        earned, day = shop.sell(f"s-{number}", at), day_of(at)
        sale = Purchase.objects.of(shop.programme).get(client_id=f"s-{number}")
        assert (sale.business_date, sale.occurred_at) == (day, at)
        assert earned["points"]["points"] == 10
        assert ended(earned["points"]) == midnight(date(day.year + 1, 1, 1))
        # Once on each day of the shops, whether it has 23 hours, 24 or 25.
        assert ("stamps" in earned) == (day not in stamped), at
        if "stamps" in earned:
            assert ended(earned["stamps"]) == midnight(day + 4 * DAY)
        stamped.add(day)
    assert len(stamped) == 3
    assert list(verify(programme=shop.programme)) == []


def ended(earned: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(earned["expires_at"]).astimezone(UTC)


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("zone", PLACES)
def test_points_of_the_night_end_at_the_shops_own_midnight_and_not_a_second_before(clock, zone, night):
    shop, begins = a_shop(zone), NIGHTS[night]
    for days in (0, 1):
        clock.at = begins - 3 * DAY + days * DAY
        shop.sell(f"s-{days}", clock.at)
    for days in (0, 1):
        end = midnight(day_of(begins - 3 * DAY + days * DAY) + 4 * DAY)
        assert Lot.objects.of(shop.programme).get(account__unit__code="stamps", expires_at=end).left == 1
        ledger.expire_points(programme=shop.programme, at=end - timedelta(seconds=1))
        # What was earned in the old year ends with it.
        points = 20 if day_of(end - timedelta(seconds=1)).year == begins.year else 0
        assert shop.balances() == {"stamps": 2 - days, "points": points}
        ledger.expire_points(programme=shop.programme, at=end)
        assert shop.balances() == {"stamps": 1 - days, "points": 20 if day_of(end).year == begins.year else 0}
    assert list(verify(programme=shop.programme)) == []


PAGES = ["/", "/sign-in", "/home", "/till/", "/me/", "/readyz"]
PAGES += [
    f"/office/{name}" for name in ("", "members", "promotions", "rewards", "visits", "log", "integrity", "prizes")
]


@pytest.mark.parametrize("days", [-1, 1, 0])
def test_a_server_whose_clock_is_a_day_off_breaks_nothing_and_goes_on_when_it_is_right_again(clock, days):
    clock.at = now = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
    world = a_world()
    browser = Client(raise_request_exception=False)
    assert browser.post("/sign-in", {"email": "maria@example.org", "password": PASSWORD}).status_code == 302
    seen = []
    for hour, off in enumerate([0, days, days, 0]):
        true = now + timedelta(hours=hour)
        clock.at = true + off * DAY
        seen += [(page, browser.get(page, follow=True).status_code) for page in PAGES]
        body = {
            "client_id": f"hour-{hour}",
            "occurred_at": true.isoformat(),
            "currency": "PLN",
            "shop": "dworzec",
            "member": {"card": CARD},
            "lines": [{"id": "1", "amount": 1000}],
        }
        seen.append((f"sale {hour}", world.ours.till.post("/sales", body).status_code))
        ledger.expire_points(programme=world.cast.bakery, at=clock.at)
    assert [each for each in seen if each[1] >= 500] == []
    assert dict(seen)["sale 0"] == dict(seen)["sale 3"] == 201
    assert list(verify(programme=world.cast.bakery)) == []

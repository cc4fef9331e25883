"""The year: who comes when, what they buy, bring back and ask for, and the evenings when the tills hand it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from passage.cards import actions as cards
from passage.config.demo import goods, wishes
from passage.config.demo.cast import Errand
from passage.config.demo.chain import BY, SHOPS, TILLS, Account, Chain, let_in
from passage.config.demo.people import Person
from passage.earning.actions import review_tiers
from passage.engine.basket import Basket, Line
from passage.ledger.actions import expire_points
from passage.members import actions as members
from passage.members.models import Member
from passage.purchases.actions import record
from passage.purchases.values import MemberRef, Return, Sale, SaleRef, Status
from passage.rewards.actions import end_reservations

OPENS, CLOSES = 6, 20
WEEK = (0.9, 0.9, 1.0, 1.0, 1.2, 1.5, 0.7)  # from Monday to Sunday
MONTHS = {1: 0.85, 2: 1.1, 7: 0.85, 8: 0.85, 12: 1.3}
TIER_FOR = timedelta(days=365)
HOURS = (3, 9, 11, 8, 6, 6, 5, 4, 5, 7, 8, 6, 3, 1)  # how many of the visits begin in each hour from OPENS on
# Every evening of late; before that on Wednesdays and Sundays, which makes the year quick to build.
LATELY, HAND_OVER = timedelta(days=30), (2, 6)
NIGHT = 3  # o'clock
ELSEWHERE = 0.12  # visits to another shop of the chain
BROUGHT_BACK = 0.012
AT_ONCE = 500  # sales in one batch
ASKS, ASKS_AFTER = 0.07, 5  # how often a regular wants a reward, and after how many visits first
WHY = ("Pomyłka przy kasie", "Nieświeże", "Dwa razy nabite", "Odwołane zamówienie")


@dataclass(slots=True)
class Regular:
    """A member to be, from the day they join."""

    person: Person
    joins: date
    account: Account | None = None
    errands: dict[date, Errand] = field(default_factory=dict)
    member: Member | None = None
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    regular: Regular
    at: datetime
    shop: str
    lines: tuple[Line, ...]
    wish: str = ""
    returned: str = ""


class Year:
    """Lived day by day up to ``now``; ``refused`` counts what the actions did not take, which should be nothing."""

    def __init__(self, *, chain: Chain, regulars: Sequence[Regular], rng: Random, now: datetime) -> None:
        self.chain, self.regulars, self.rng, self.now = chain, regulars, rng, now
        self.zone = ZoneInfo(chain.programme.zone)
        self.sales = self.returns = self.refused = 0
        self.first_review = min(regular.joins for regular in regulars) + TIER_FOR
        self._coming_back: dict[date, list[Return]] = {}
        self._waiting: list[Sale | Return] = []

    def live(self, day: date) -> None:
        """One day of the shops and the night before it."""
        self._night(day)
        self._join(day)
        closed = min(self._moment(day, CLOSES + 1), self.now)
        visits = sorted(self._visits(day), key=lambda visit: visit.at)
        sales = [self._sell(visit, number) for number, visit in enumerate(visits, 1)]
        self._waiting += [*self._coming_back.pop(day, []), *sales]
        if self.now - closed < LATELY or day.weekday() in HAND_OVER:
            self._hand_over(at=closed)
        if closed == self.now:
            self._hand_over(at=closed)
            self._upkeep(at=closed)
            review_tiers(programme=self.chain.programme, at=closed)

    def _night(self, day: date) -> None:
        """What the worker does each night is done once a week, and for tiers once a month, but each night of late.

        Not while the tills keep sales back: a reward that was given with one of them would be let go.
        """
        at = self._moment(day, NIGHT)
        is_monday = day.weekday() == 0
        if self._waiting or at > self.now or not (is_monday or self.now - at < LATELY):
            return
        self._upkeep(at=at)
        if is_monday and day >= self.first_review and day.day <= len(WEEK):
            review_tiers(programme=self.chain.programme, at=at)

    def _upkeep(self, *, at: datetime) -> None:
        end_reservations(programme=self.chain.programme, at=at)
        expire_points(programme=self.chain.programme, at=at)

    def _moment(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute, second), tzinfo=self.zone)

    def _join(self, day: date) -> None:
        at = self._moment(day, OPENS)
        if at > self.now:
            return
        for regular in self.regulars:
            if regular.joins == day:
                regular.member = self._enrol(regular, at)

    def _enrol(self, regular: Regular, at: datetime) -> Member:
        person = regular.person
        member = members.enrol(
            programme=self.chain.programme,
            by=BY,
            at=at,
            tags=person.tags,
            **person.details,
        )
        cards.issue(programme=self.chain.programme, member=member, number=person.card, by=BY, at=at)
        if regular.account is not None:
            member = members.attach_login(member=member, login=let_in(regular.account), by=BY, at=at)
        return member

    # -- who comes -----------------------------------------------------------------------------

    def _visits(self, day: date) -> list[Visit]:
        busy = WEEK[day.weekday()] * MONTHS.get(day.month, 1.0) / 7
        found = []
        for regular in self.regulars:
            if regular.member is None:
                continue
            visit = None
            if errand := regular.errands.get(day):
                visit = self._errand(regular, errand, day)
            elif self.rng.random() < regular.person.visits_a_week * busy:
                visit = self._visit(regular, regular.member, day)
            if visit is not None and visit.at <= self.now:
                found.append(visit)
        return found

    def _errand(self, regular: Regular, errand: Errand, day: date) -> Visit:
        lines = goods.ring_up(list(errand.goods))
        at = self._moment(day, errand.hour, 20)
        return Visit(regular, at, errand.shop, lines, errand.wish, errand.returned)

    def _visit(self, regular: Regular, member: Member, day: date) -> Visit:
        hour = self.rng.choices(range(OPENS, CLOSES), HOURS)[0]
        at = self._moment(day, hour, self.rng.randrange(60), self.rng.randrange(60))
        shop = self.rng.choice(list(SHOPS)) if self.rng.random() < ELSEWHERE else regular.person.shop
        wish = ""
        if regular.visits >= ASKS_AFTER and at <= self.now and self.rng.random() < ASKS:
            wish = wishes.choose(self.rng, chain=self.chain, member=member, at=at)
        extra = (wishes.WITH[wish],) if wish in wishes.WITH else ()
        lines = goods.fill(self.rng, hour=hour, extra=extra)
        returned = self.rng.choice(lines).id if self.rng.random() < BROUGHT_BACK else ""
        return Visit(regular, at, shop, lines, wish, returned)

    # -- what they do --------------------------------------------------------------------------

    def _sell(self, visit: Visit, number: int) -> Sale:
        assert visit.regular.member is not None  # only members visit
        till = self.rng.choice(TILLS)
        day = visit.at.date()
        client_id = f"{visit.shop}-{till}-{day:%Y%m%d}-{number}"
        held = None
        if visit.wish:
            held = wishes.hold(
                chain=self.chain,
                member=visit.regular.member,
                name=visit.wish,
                lines=visit.lines,
                order=client_id,
                at=visit.at,
            )
        sale = Sale(
            client_id=client_id,
            occurred_at=visit.at,
            basket=Basket("PLN", visit.lines),
            member=MemberRef(card=visit.regular.person.card),
            shop=visit.shop,
            till=till,
            receipt=str(number),
            business_date=day,
            redemptions=(held,) if held else (),
        )
        visit.regular.visits += 1
        if visit.returned:
            self._bring_back(sale, visit.returned)
        return sale

    def _bring_back(self, sale: Sale, line: str) -> None:
        """Tomorrow at the counter: one line as a rule, sometimes all of it, sometimes the sale was a slip."""
        day = sale.occurred_at.date() + timedelta(days=1)
        at = self._moment(day, OPENS, self.rng.randrange(1, 60))
        if at > self.now:
            return
        is_told = sale.member.card == self.regulars[0].person.card
        kind = "line" if is_told else self.rng.choices(["line", "all", "void"], [6, 3, 1])[0]
        whole = {each.id: each.quantity for each in sale.basket.lines if each.id == line}
        back = Return(
            client_id=f"zwrot-{sale.client_id}",
            occurred_at=at,
            sale=SaleRef(client_id=sale.client_id),
            quantities=whole if kind == "line" else {},
            void=kind == "void",
            reason=self.rng.choice(WHY),
            shop=sale.shop,
            till=sale.till,
        )
        self._coming_back.setdefault(day, []).append(back)

    def _hand_over(self, *, at: datetime) -> None:
        for start in range(0, len(self._waiting), AT_ONCE):
            part = self._waiting[start : start + AT_ONCE]
            answers = record(
                programme=self.chain.programme, source=self.chain.source, batch=part, by=self.chain.key, at=at
            )
            self.sales += sum(isinstance(item, Sale) for item in part)
            self.returns += sum(isinstance(item, Return) for item in part)
            self.refused += sum(answer.status is not Status.RECORDED for answer in answers)
        self._waiting.clear()

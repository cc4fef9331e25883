"""A bakery whose lists can be made longer by one, through the actions that make them longer in life."""

import io
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count

from passage.audit.actions import note
from passage.cards import actions as cards
from passage.config.worker import Worker
from passage.earning import actions as earning
from passage.earning.models import Rule
from passage.engine.basket import Basket, Line
from passage.engine.expiry import Expiry, ExpiryKind
from passage.imports import actions as imports
from passage.imports.models import Import
from passage.journal import actions as journal
from passage.journal.models import TillOperation
from passage.journal.tests.shop import Device, a_device
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.members.models import Member
from passage.outbox.actions.mailing import send_mail
from passage.privacy import actions as privacy
from passage.products import actions as products
from passage.programme import actions as programmes
from passage.programme.models import Role, Shop, Staff
from passage.purchases import actions as purchases
from passage.purchases.actions import claiming
from passage.purchases.cancelling import Cancellation, CancelledLine
from passage.purchases.models import Parked, Purchase
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption, Reward
from passage.rewards.pictures import drawn
from passage.rewards.tests.test_pictures import a_picture
from passage.trials import actions as trials
from passage.trials.models import Backdating, Trial
from tests.cast import AT, BY, CARD, PASSWORD, Cast, a_bakery

numbers = count(1)
PER_ZLOTY = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
ONE_MORE = {"unit": "points", "earns": {"kind": "fixed", "points": 1}}
ONE_ZLOTY = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
A_LOAF = {"unit": "points", "cost": 5, "gives": {"kind": "free_product", "products": {"products": ["bread"]}}}
RECEIPT = "7-77"


def now() -> datetime:
    """What pages show happened just before somebody looks."""
    return datetime.now(tz=UTC)  # noqa: TID251 - as the pages do


class World:
    """The bakery with a till, an owner, and one rule and one reward that pages are about."""

    levels = 0

    def __init__(self) -> None:
        self.cast: Cast = a_bakery()
        self.bakery = self.cast.bakery
        self.device: Device = a_device(self.cast)
        self.rule = Rule.objects.of(self.bakery).earliest("id")
        self.reward = rewards.create_reward(
            programme=self.bakery, name="1 zł", definition=ONE_ZLOTY, effective_from=AT, by=BY, at=AT
        )
        self.product()
        login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Zosia")
        self.owner = programmes.hire(programme=self.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
        self.hand = programmes.add_source(programme=self.bakery, code="hand", name="By hand", by=BY, at=AT)

    def member(self) -> Member:
        number = next(numbers)
        person = members.enrol(
            programme=self.bakery, first_name="Ewa", last_name=f"Nowak {number}", email=f"e{number}@x.org", by=BY, at=AT
        )
        cards.issue(programme=self.bakery, member=person, number=f"EWA{number:06}", by=BY, at=AT)
        ledger.adjust(member=person, unit="points", points=10, reason="hello", by=BY, at=AT)
        return person

    def sale(self) -> None:
        self.device.now += timedelta(hours=1)
        self.device.deliver(self.device.sale(1500, card=CARD))
        number = next(numbers)
        cards.issue(programme=self.bakery, member=self.cast.anna, number=f"ANNA{number:06}", by=BY, at=AT)

    def parked(self) -> None:
        """Goods that came back from no sale that is known."""
        self.cancel(number=f"K{next(numbers)}")

    def cancel(self, *, number: str) -> None:
        line = CancelledLine(product="cake", name="Cake", quantity=1000, price=Fraction(1, 2), amount=500)
        given = Cancellation(number=number, occurred_at=AT, named="77", member=self.cast.anna, lines=(line,))
        purchases.keep_cancellations(source=self.hand, cancellations=[given], by=BY, at=AT)

    def annas_sale(self) -> None:
        """One more that a return of hers may be about."""
        self.cancel(number="K")
        self.ring_up(by=BY, member=self.cast.anna)

    def aside(self) -> None:
        self.device.deliver(self.device.sale(1500, card="NOBODYS1"))

    def batch(self) -> None:
        number = next(numbers)
        at = AT + timedelta(minutes=number)
        cards.make_blank(programme=self.bakery, numbers=[f"BLANK{number:06}"], at=at, by=BY)

    def promotion(self) -> None:
        earning.create_rule(programme=self.bakery, name="More", definition=ONE_MORE, effective_from=AT, by=BY, at=AT)

    def version(self) -> None:
        since = AT + timedelta(days=next(numbers))
        earning.change_rule(rule=self.rule, definition=PER_ZLOTY, effective_from=since, by=BY, at=since)

    def gift(self) -> None:
        name = f"Gift {next(numbers)}"
        rewards.create_reward(programme=self.bakery, name=name, definition=ONE_ZLOTY, effective_from=AT, by=BY, at=AT)

    def price(self) -> None:
        since = AT + timedelta(days=next(numbers))
        dearer = {**ONE_ZLOTY, "cost": next(numbers)}
        rewards.change_reward(reward=self.reward, definition=dearer, effective_from=since, by=BY, at=since)

    def product(self) -> None:
        code = f"bread{next(numbers)}" if hasattr(self, "owner") else "bread"
        products.put(programme=self.bakery, code=code, name=code.title(), price=1290, by=BY, at=AT)

    def unit(self) -> None:
        ledger.set_up_unit(
            programme=self.bakery, code=f"unit{next(numbers)}", name="Stars", expiry=Expiry(ExpiryKind.NONE)
        )

    def shop(self) -> Shop:
        return programmes.open_shop(programme=self.bakery, code=f"shop{next(numbers)}", name="Kiosk", city="Kraków")

    def till(self) -> None:
        till = programmes.add_till(shop=self.shop(), code="1")
        programmes.pair_till(till=till, by=BY, at=AT)

    def person(self) -> Staff:
        login = programmes.create_login(email=f"p{next(numbers)}@example.org", password="", name="Clerk")
        staff = programmes.hire(programme=self.bakery, login=login, role=Role.CLERK, shop=self.shop(), by=BY, at=AT)
        return programmes.set_pin(staff=staff, pin="7381", by=BY, at=AT)

    def deed(self) -> None:
        """By another person, about another member, each time."""
        self.member()
        anna = f"member:{self.cast.anna.public_id}"
        note(programme=self.bakery, by=f"staff:{self.person().pk}", verb="member.edited", subject=anna, at=AT)

    # -- members ---------------------------------------------------------------------------------

    def twins(self) -> None:
        name = f"Nowak {next(numbers)}"
        for _ in range(2):
            members.enrol(programme=self.bakery, first_name="Ola", last_name=name, birthday="05-04", by=BY, at=AT)

    def joined(self) -> None:
        gone = members.enrol(programme=self.bakery, first_name="Anna", last_name="Świętek", by=BY, at=AT)
        cards.issue(programme=self.bakery, member=gone, number=f"TWIN{next(numbers):06}", by=BY, at=AT)
        purchases.merge(gone=gone, kept=self.cast.anna, choices={}, reason="The same phone", by=BY, at=now())

    def correction(self) -> None:
        """One that waits and one that was agreed to, of two members and by two people."""
        programmes.set_control(programme=self.bakery, alone=15, by=BY, at=AT)
        for is_agreed in (False, True):
            by = f"staff:{self.person().pk}"
            asked = ledger.correct(member=self.member(), unit="points", points=20, reason="Forgotten", by=by, at=now())
            if is_agreed:
                ledger.approve(correction=asked, by=f"staff:{self.owner.pk}", at=now())

    def absentee(self) -> None:
        """Somebody who is warned, and somebody who is forgotten."""
        privacy.set_retention(programme=self.bakery, months=1, notice_days=30, by=BY, at=AT)
        privacy.erase(member=self.member(), why="asked", by=BY, at=now())
        self.member()
        privacy.forget_absent(programme=self.bakery, at=now())

    def file(self) -> None:
        self.upload(rows=1)

    def row(self) -> None:
        """The newest file has one row more than the one before: a member, and a number that is none."""
        newest = Import.objects.of(self.bakery).order_by("-id").first()
        self.upload(rows=(newest.rows if newest else 0) + 2)

    def upload(self, *, rows: int) -> None:
        lines = [f"FILE{next(numbers):06};Ela;{'nobody' if row % 2 else ''}" for row in range(rows)]
        file = io.BytesIO("\n".join(["card;name;mail", *lines, ""]).encode())
        by = f"staff:{self.person().pk}"
        kept = imports.receive(programme=self.bakery, name="members.csv", file=file, by=by, at=now())
        reading = {"encoding": "utf-8", "separator": ";", "has_headings": True}
        imports.check(upload=kept, columns=["card", "first_name", "email"], by=by, at=now(), **reading)
        Worker(clock=now).run_once()

    # -- prizes ----------------------------------------------------------------------------------

    def prize(self) -> Reward:
        """With a picture, and worth more than the threshold."""
        name, by = f"Loaf {next(numbers)}", {"by": BY, "at": AT}
        made = rewards.create_reward(
            programme=self.bakery, name=name, definition=A_LOAF, stock=5, effective_from=AT, **by
        )
        rewards.put_picture(reward=made, picture=drawn(a_picture()), **by)
        return rewards.set_particulars(reward=made, particulars=rewards.Particulars(worth=90_000), **by)

    def on_the_shelf(self, member: Member | None = None) -> Redemption:
        wish = rewards.Wish(client_id=f"wish-{next(numbers)}", reward=self.prize())
        shop = self.shop()
        whose = member or self.member()
        return claiming.redeem(source=self.hand, member=whose, wish=wish, shop=shop, waits=True, by=BY, at=now())

    def annas_prize(self) -> None:
        ledger.adjust(member=self.cast.anna, unit="points", points=10, reason="hello", by=BY, at=AT)
        self.on_the_shelf(self.cast.anna)

    def handed_over(self) -> None:
        """One, and another that waits."""
        programmes.watch_prizes(programme=self.bakery, on=True, threshold=50_000, tax_bp=1000, by=BY, at=AT)
        self.on_the_shelf()
        rewards.hand_out(redemption=self.on_the_shelf(), shop=self.shop(), by=BY, at=now())

    # -- at the counter --------------------------------------------------------------------------

    def ring_up(
        self, *, by: str, member: Member | None = None, shop: Shop | None = None, hours: int = 0, receipt: str = ""
    ) -> Purchase:
        """A typed amount, some hours ago."""
        then = now() - timedelta(hours=hours)
        sale = Sale(
            client_id=f"rung-{next(numbers)}",
            occurred_at=then,
            basket=Basket("PLN", (Line("1", 1500),)),
            member=MemberRef(public_id=member.public_id) if member else MemberRef(),
            shop=(shop or self.cast.rynek).code,
            receipt=receipt or str(next(numbers)),
        )
        [answer] = purchases.record(programme=self.bakery, source=self.hand, batch=[sale], by=by, at=then)
        assert answer.receipt is not None
        return Purchase.objects.of(self.bakery).get(public_id=answer.receipt.public_id)

    def shift(self, person: Staff | None = None) -> None:
        """Everything that the integrity board counts, by Piotr or this person, once."""
        by = f"staff:{(person or self.cast.piotr).pk}"
        regular, friend = self.member(), self.member()
        late = self.ring_up(by=by, hours=5)
        *_, sale = [self.ring_up(by=by, member=regular, hours=4) for _ in range(4)]
        ledger.correct(member=regular, unit="points", points=20, reason="Forgotten", by=by, at=now())
        ledger.adjust(member=regular, unit="points", points=-130, reason="Spent", by=BY, at=now())
        journal.match_by_hand(sale=late, member=friend, by=by, at=now())
        back = Return(
            client_id=f"back-{next(numbers)}",
            occurred_at=now(),
            sale=SaleRef(public_id=sale.public_id),
            void=True,
            reason="A slip",
        )
        [answer] = purchases.record(programme=self.bakery, source=self.hand, batch=[back], by=by, at=now())
        assert answer.receipt is not None, answer.problem
        cards.name_own(staff=person or self.cast.piotr, member=regular, by=BY, at=now())

    def colleague(self) -> None:
        self.shift(self.person())

    def nobodys(self) -> None:
        self.ring_up(by=BY, shop=self.shop(), receipt=RECEIPT)

    # -- set-up ----------------------------------------------------------------------------------

    def scheme(self) -> None:
        """New levels, one more than before."""
        self.levels += 1
        tiers = [(f"t{each}", f"Level {each}", 100 * each) for each in range(1, self.levels + 1)]
        earning.set_tiers(programme=self.bakery, tiers=tiers, by=BY, at=AT + timedelta(days=self.levels))

    def terms(self) -> None:
        number = next(numbers)
        since = AT + timedelta(days=number)
        life = Expiry(ExpiryKind.DAYS, number)
        unit = {"unit": "points", "expiry": life, "pending_days": 0}
        ledger.change_unit(programme=self.bakery, **unit, effective_from=since, by=BY, at=since)

    def key(self) -> None:
        source = programmes.add_source(programme=self.bakery, code=f"s{next(numbers)}", name="Shop", by=BY, at=AT)
        programmes.issue_key(source=source, scopes=["quotes", "sales.read"], by=BY, at=AT)

    def mail(self) -> None:
        name = f"mail-{next(numbers)}"
        to = f"{name}@example.org"
        send_mail(programme=self.bakery, to=to, subject="Hello", text=name, key=name, at=now())

    def trial(self) -> None:
        """The newest one has a shop, a rule and a member more to tell of than the one before."""
        self.promotion()
        self.ring_up(by=BY, member=self.member(), shop=self.shop(), hours=48)
        draft = {"unit": "points", "earns": {"kind": "fixed", "points": 5}}
        wish = trials.Wish("Tried", draft, 4, 100)
        made = trials.begin(programme=self.bakery, rule=None, wish=wish, by=BY, at=now())
        trials.run(trial=made, at=now())

    def dated_back(self) -> None:
        """The newest one has a member more to tell of than the one before."""
        since = now() - timedelta(hours=60)
        rule = earning.create_rule(
            programme=self.bakery, name="Late", definition=ONE_MORE, effective_from=now(), by=BY, at=now()
        )
        self.ring_up(by=BY, member=self.member(), shop=self.shop(), hours=48)
        made = trials.begin_back(rule=rule, since=since, by=BY, at=now())
        trials.rehearse(backdating=made, at=now())

    def dated_back_before(self) -> None:
        """It is the first rule that was dated back once more."""
        since = now() - timedelta(hours=60)
        made = trials.begin_back(rule=self.rule, since=since, by=BY, at=now())
        trials.rehearse(backdating=made, at=now())
        trials.confirm(backdating=made, reason="Late", by=BY, now=now)

    def known(self) -> dict[str, object]:
        """What the addresses need, the newest of what is made anew to be longer."""
        newest = {"upload": Import, "trial": Trial, "parked": Parked, "backdating": Backdating}
        found = {name: model.objects.of(self.bakery).order_by("-id").first() for name, model in newest.items()}
        return {
            "anna": self.cast.anna.public_id,
            "piotr": self.cast.piotr.pk,
            "rule": self.rule.pk,
            "reward": self.reward.public_id,
            "aside": TillOperation.objects.of(self.bakery).filter(state="aside").earliest("id").pk,
            "year": now().year,
            **{name: row and row.pk for name, row in found.items()},
        }

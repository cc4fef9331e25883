"""Tiers are one function of what was bought, given back, reviewed and merged, whatever arrived first.

The other side of each comparison is written here once more, from nothing and as slowly as it likes.
"""

import random
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from passage.earning import actions as earning
from passage.earning import queries
from passage.earning.models import TierChange
from passage.engine.basket import Basket, Line
from passage.engine.tiers import Downgrade, TierPolicy, Window
from passage.ledger import actions as ledger
from passage.members import actions as members
from passage.programme import actions as programmes
from passage.purchases import actions as purchases
from passage.purchases import queries as purchase_queries
from passage.purchases.models import Purchase
from passage.purchases.statement import statement
from passage.purchases.values import MemberRef, Return, Sale, SaleRef
from tests.cast import BY

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Warsaw")
BEGINNING, END = datetime(2023, 1, 1, tzinfo=ZONE), datetime(2026, 6, 1, 12, tzinfo=ZONE)
STEPS = {"silver": 100, "gold": 200}


@dataclass
class Bought:
    key: str
    at: datetime
    credits: int
    back_at: datetime | None = None


@dataclass(frozen=True)
class Said:
    since: datetime
    steps: dict[str, int]
    policy: TierPolicy


# -- the slow side -------------------------------------------------------------------------------


def midnight(day):
    return datetime.combine(day, time(), tzinfo=ZONE)


def months_on(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_of(moment):
    return moment.astimezone(ZONE).date()


def in_force(schemes, moment):
    return [said for said in schemes if said.since <= moment][-1]


def period_end(policy, since):
    if policy.window is Window.CALENDAR_YEAR:
        return date(day_of(since).year + 1, 1, 1)
    return months_on(day_of(since), policy.months)


def due_of(schemes, since, after):
    """The first midnight after ``after`` at which the scheme of that day says that the period is over."""
    day = day_of(after)
    while day <= day_of(END):
        said = in_force(schemes, midnight(day))
        if said.policy.window is not Window.LIFETIME and midnight(day) > after:
            due = period_end(said.policy, since) + timedelta(days=said.policy.grace_days)
            if midnight(due) < said.since:
                due = period_end(said.policy, said.since) + timedelta(days=said.policy.grace_days)
            if due == day:
                return midnight(day)
        day += timedelta(days=1)
    return None


def counted(bought, policy, start, end, seen):
    total = 0
    for each in bought:
        is_gone = each.back_at is not None and (policy.revoke_on_return or each.back_at <= seen)
        if (start is None or each.at >= start) and each.at < end and not is_gone:
            total += each.credits
    return total


def best(said, credits):
    return max((least, code) for code, least in [("", 0), *said.steps.items()] if credits >= least)[1]


def least_of(said, code):
    return said.steps.get(code, 0)


def slowly(bought, schemes):
    """(moment, tier) of every change, from nothing."""
    tier, since, now, told = "", None, BEGINNING, []
    moments = sorted(each.at for each in bought)
    while True:
        due = due_of(schemes, since, now) if tier else None
        following = next((moment for moment in moments if moment > now), None)
        if due is not None and due <= END and (following is None or due <= following):
            now, said = due, in_force(schemes, due)
            end = day_of(due) - timedelta(days=said.policy.grace_days)
            first = date(end.year - 1, 1, 1) if end.month == end.day == 1 else date(end.year, 1, 1)
            if said.policy.window is Window.ROLLING_MONTHS:
                first = months_on(end - timedelta(days=1), -said.policy.months)
            deserved = best(said, counted(bought, said.policy, midnight(first), midnight(end), due))
            if least_of(said, deserved) < least_of(said, tier) and said.policy.downgrade is Downgrade.ONE_STEP:
                deserved = best(said, least_of(said, tier) - 1)
            tier, since = deserved, due
            told.append((due, tier))
        elif following is not None and following <= END:
            now, said = following, in_force(schemes, following)
            first = {
                Window.LIFETIME: None,
                Window.CALENDAR_YEAR: midnight(date(day_of(now).year, 1, 1)),
                Window.ROLLING_MONTHS: midnight(months_on(day_of(now), -said.policy.months)),
            }[said.policy.window]
            [mine] = [each for each in bought if each.at == now]
            if counted([mine], said.policy, None, now + timedelta(seconds=1), now):
                reached = best(said, counted(bought, said.policy, first, now + timedelta(seconds=1), now))
                if least_of(said, reached) > least_of(said, tier):
                    tier, since = reached, now
                    told.append((now, tier))
        else:
            return told


def told_at(told, moment):
    return ([""] + [tier for at, tier in told if at <= moment])[-1]


# -- the product ---------------------------------------------------------------------------------


class Shop:
    def __init__(self, schemes):
        self.bakery = programmes.create_programme(
            name="Piekarnia", slug="piekarnia", currency="PLN", zone="Europe/Warsaw", region="PL", at=BEGINNING, by=BY
        )
        ledger.set_up_unit(programme=self.bakery, code="points", name="Punkty", qualifies=True)
        rule = {"unit": "points", "earns": {"kind": "per_amount", "points": 1, "step": 100}}
        earning.create_rule(
            programme=self.bakery, name="x", definition=rule, effective_from=BEGINNING, by=BY, at=BEGINNING
        )
        self.till = programmes.add_source(programme=self.bakery, code="till", name="Till")
        self.people = [members.enrol(programme=self.bakery, by=BY, at=BEGINNING, first_name=n) for n in ("Anna", "Ewa")]
        self.now, self.schemes, self.row = BEGINNING, [], None
        for said in schemes:
            self.set(said)

    def set(self, said):
        tiers = [(code, code.title(), least) for code, least in said.steps.items()]
        earning.set_tiers(
            programme=self.bakery,
            tiers=tiers,
            policy=said.policy,
            effective_from=said.since,
            by=BY,
            at=max(self.now, said.since),
        )

    def take(self, item):
        self.now = max(self.now, item.occurred_at)
        [answer] = purchases.record(programme=self.bakery, source=self.till, batch=[item], by=BY, at=self.now)
        assert answer.status in ("recorded", "parked"), answer
        return answer

    def sell(self, each, member=0):
        ref = MemberRef(public_id=self.people[member].public_id)
        basket = Basket("PLN", (Line("1", each.credits * 100),))
        return self.take(Sale(client_id=each.key, occurred_at=each.at, basket=basket, member=ref))

    def take_back(self, each):
        ref = SaleRef(client_id=each.key)
        return self.take(Return(client_id=f"back-{each.key}", occurred_at=each.back_at, sale=ref))

    def review(self, at):
        self.now = max(self.now, at)
        return earning.review_tiers(programme=self.bakery, at=self.now)

    def merge(self, at):
        self.now = max(self.now, at)
        anna, ewa = self.people
        self.row = purchases.merge(gone=ewa, kept=anna, choices={"first_name": "kept"}, by=BY, at=self.now)

    def tiers(self, moments, at=END):
        """Without ``at``: as it is written down, without what is due and not done yet."""
        anna = self.people[0].pk
        history = queries.tier_history(self.bakery, members=[anna], at=at)
        return [tier.code if (tier := history.now(anna, at=moment)) else "" for moment in moments]


def a_policy(chance):
    return TierPolicy(
        window=chance.choice(list(Window)),
        months=chance.choice([3, 6, 12]),
        grace_days=chance.choice([0, 31]),
        downgrade=chance.choice(list(Downgrade)),
        revoke_on_return=chance.random() < 0.6,
    )


def a_story(chance):
    schemes = [Said(BEGINNING, STEPS, a_policy(chance))]
    if chance.random() < 0.5:
        later = midnight(date(2024, chance.randint(1, 12), 15))
        schemes.append(Said(later, {"silver": 80, "gold": chance.choice([150, 260])}, a_policy(chance)))
    days = chance.sample(range(1100), 8)
    bought = []
    for number, day in enumerate(days):
        at = midnight(date(2023, 1, 10) + timedelta(days=day)) + timedelta(hours=12)
        bought.append(Bought(f"s{number}", at, chance.choice([40, 60, 90, 120, 210])))
        if chance.random() < 0.4:
            back = midnight(day_of(at) + timedelta(days=chance.randint(1, 150))) + timedelta(hours=15)
            bought[-1].back_at = min(back, END - timedelta(days=1))
    return schemes, bought


def an_order(bought, chance):
    """Sales, returns and nights of the job: in any order, or in their own with a few that are late."""
    deeds = [(each.at, "sell", each) for each in bought]
    deeds += [(each.back_at, "take_back", each) for each in bought if each.back_at]
    deeds += [(midnight(date(year, month, 2)), "review", None) for year in (2024, 2025, 2026) for month in (1, 5)]
    deeds.sort(key=lambda deed: deed[0])
    if chance.random() < 0.3:
        chance.shuffle(deeds)
    for _ in range(chance.choice([0, 2, 4])):
        deeds.append(deeds.pop(chance.randrange(len(deeds))))
    return deeds


def play(shop, bought, chance):
    """Some of the sales are those of a second record, which is merged at some time."""
    deeds = an_order(bought, chance)
    deeds.insert(chance.randrange(len(deeds) + 1), (BEGINNING, "merge", None))
    seconds = {each.key for each in bought if chance.random() < 0.4}
    is_merged = False
    for moment, what, each in deeds:
        if what == "sell":
            shop.sell(each, member=int(each.key in seconds and not is_merged))
        elif what == "take_back":
            shop.take_back(each)
        else:
            getattr(shop, what)(moment)
        is_merged = is_merged or what == "merge"


@pytest.mark.parametrize("seed", range(12))
def test_every_order_of_arrival_gives_the_one_history(seed):
    chance = random.Random(seed)
    schemes, bought = a_story(chance)
    shop = Shop(schemes)
    play(shop, bought, chance)
    told = slowly(bought, schemes)
    moments = sorted(
        {each.at for each in bought}
        | {each.at - timedelta(seconds=1) for each in bought}
        | {each.back_at for each in bought if each.back_at}
        | {midnight(date(2023, 1, 1) + timedelta(days=7 * week)) for week in range(178)}
    )
    right = [told_at(told, moment) for moment in moments]
    assert list(zip(moments, shop.tiers(moments), strict=True)) == list(zip(moments, right, strict=True))
    shop.review(END)
    assert shop.tiers(moments, at=None) == right
    written = TierChange.objects.count()
    assert shop.review(END) == 0
    assert TierChange.objects.count() == written


YEARLY = Said(BEGINNING, {"silver": 100, "gold": 300}, TierPolicy(window=Window.CALENDAR_YEAR))


def noon(*day):
    return datetime(*day, 12, tzinfo=ZONE)


def test_a_late_sale_of_the_year_that_a_review_judged_is_judged_with_it():
    shop = Shop([YEARLY])
    shop.sell(Bought("a", noon(2024, 6, 1), 100))
    shop.sell(Bought("b", noon(2025, 6, 1), 60))
    shop.review(noon(2026, 1, 1))
    assert shop.tiers([noon(2026, 1, 5)]) == [""]
    shop.sell(Bought("late", noon(2025, 12, 31), 50))
    assert shop.tiers([noon(2026, 1, 5)]) == ["silver"]


def test_a_return_after_the_review_takes_what_the_review_had_kept():
    shop = Shop([YEARLY])
    sale = Bought("a", noon(2025, 12, 30), 400, back_at=noon(2026, 1, 5))
    shop.sell(sale)
    shop.review(noon(2026, 1, 1))
    shop.take_back(sale)
    assert shop.tiers([noon(2025, 12, 31), noon(2026, 1, 2), noon(2026, 1, 6)]) == ["", "", ""]


def test_a_sale_after_a_review_that_nobody_has_done_yet_earns_at_the_tier_it_left():
    shop = Shop([YEARLY])
    shop.sell(Bought("a", noon(2024, 6, 1), 120))
    answer = shop.sell(Bought("b", noon(2026, 1, 1), 10))
    row = Purchase.objects.get(public_id=answer.receipt.public_id)
    assert "tier" not in row.context["facts"]
    assert [change.why for change in TierChange.objects.order_by("id")] == ["reached", "reviewed", "reviewed"]


def test_a_quote_knows_the_review_that_is_due_as_well():
    shop = Shop([YEARLY])
    shop.sell(Bought("a", noon(2024, 6, 1), 120))
    shop.now = noon(2026, 1, 1)
    sale = Sale(
        client_id="q",
        occurred_at=shop.now,
        basket=Basket("PLN", (Line("1", 100),)),
        member=MemberRef(public_id=shop.people[0].public_id),
    )
    purchase_queries.quote(programme=shop.bakery, source=shop.till, sale=sale, at=shop.now)
    assert TierChange.objects.count() == 1
    assert shop.tiers([shop.now], at=shop.now) == [""]


def test_where_the_programme_keeps_an_upgrade_the_return_and_the_statement_say_so():
    keeps = TierPolicy(window=Window.CALENDAR_YEAR, revoke_on_return=False)
    shop = Shop([Said(BEGINNING, STEPS, keeps)])
    sale = Bought("a", noon(2025, 3, 1), 120, back_at=noon(2025, 3, 9))
    shop.sell(sale)
    answer = shop.take_back(sale)
    assert answer.receipt.settlement["warnings"] == ["tier_kept"]
    standing = statement(shop.people[0], at=noon(2025, 4, 1)).standing
    assert (standing.name, standing.is_kept, standing.until) == ("Silver", True, midnight(date(2026, 1, 1)))
    assert shop.tiers([noon(2025, 12, 31), noon(2026, 1, 1)]) == ["silver", ""]


def test_a_new_scheme_moves_nobody_and_begins_the_period_that_its_own_policy_says_is_over():
    shop = Shop([Said(BEGINNING, STEPS, TierPolicy()), Said(noon(2025, 6, 1), STEPS, YEARLY.policy)])
    shop.sell(Bought("a", noon(2023, 6, 1), 120))
    assert shop.tiers([noon(2025, 6, 2), noon(2025, 12, 31), noon(2026, 1, 1)]) == ["silver", "silver", ""]


def test_a_merge_sums_what_both_earned_and_its_undoing_gives_each_their_own_back():
    shop = Shop([YEARLY])
    shop.sell(Bought("a", noon(2025, 3, 1), 60))
    shop.sell(Bought("b", noon(2025, 4, 1), 60), member=1)
    shop.merge(noon(2025, 5, 1))
    assert shop.tiers([noon(2025, 3, 2), noon(2025, 4, 2)]) == ["", "silver"]
    purchases.unmerge(row=shop.row, by=BY, at=noon(2025, 6, 1))
    assert shop.tiers([noon(2025, 4, 2), noon(2025, 6, 2)]) == ["", ""]


def given(shop, member, code, at, until):
    shop.now = max(shop.now, at)
    who = shop.people[member]
    return earning.give_tier(member=who, code=code, until=until, reason="VIP", by=BY, at=shop.now)


@pytest.mark.parametrize(
    ("hers", "theirs", "after"),
    [("silver", "gold", ["gold", "silver"]), ("gold", "silver", ["gold", "gold"]), (None, "silver", ["silver", ""])],
)
def test_of_two_tiers_given_by_hand_the_higher_holds_after_a_merge_and_ends_by_itself(hers, theirs, after):
    shop = Shop([YEARLY])
    given(shop, 1, theirs, noon(2025, 2, 1), noon(2025, 9, 1))
    if hers:
        given(shop, 0, hers, noon(2025, 3, 1), noon(2025, 12, 1))
    shop.merge(noon(2025, 5, 1))
    assert shop.tiers([noon(2025, 5, 2), noon(2025, 10, 1)]) == after
    purchases.unmerge(row=shop.row, by=BY, at=noon(2025, 6, 1))
    assert shop.tiers([noon(2025, 6, 2), noon(2025, 10, 1)]) == [hers or "", hers or ""]


def test_a_sale_among_a_gift_and_its_end_leaves_the_gift_where_it_was():
    shop = Shop([YEARLY])
    given(shop, 0, "gold", noon(2025, 2, 1), noon(2025, 9, 1))
    shop.now = noon(2025, 10, 1)
    shop.review(shop.now)
    shop.sell(Bought("late", noon(2025, 3, 1), 150))
    assert shop.tiers([noon(2025, 4, 1), noon(2025, 9, 2)]) == ["gold", "silver"]


def test_the_sale_in_order_reads_no_more_credits_however_many_there_are():
    shop = Shop([Said(BEGINNING, STEPS, TierPolicy())])
    for number in range(12):
        shop.sell(Bought(f"s{number}", noon(2025, 1, 1 + number), 30))
    anna = shop.people[0].pk
    history = queries.tier_history(shop.bakery, members=[anna], at=END, since=noon(2025, 2, 1))
    assert history._credits == {}
    assert history._before == {anna: 360}

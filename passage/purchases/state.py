"""The state of a batch: everything that sales and returns need, read in a constant number of statements.

Values are changed in memory as the batch goes on, so that the second sale of a member in one batch sees the first.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from passage.earning import queries as earning
from passage.earning.models import RuleUsage
from passage.earning.queries import EARLIEST, RuleSet
from passage.engine.conditions import feast_year
from passage.engine.facts import UNUSED, Facts, Moment, Used
from passage.engine.rules import PerVisit, Rule
from passage.ledger.actions import AccountBatch
from passage.members import queries as members
from passage.members.models import Member
from passage.programme import queries as programmes
from passage.programme.models import Programme, Source
from passage.programme.transactions import Stale, lock_configuration
from passage.purchases import history as histories
from passage.purchases import snapshot as snapshots
from passage.purchases import usage
from passage.purchases.history import History, Order, Reopened, order_of
from passage.purchases.models import Parked, Purchase
from passage.purchases.snapshot import Snapshot, by_receipt_key, each_of, receipt_key, redeemed_with
from passage.purchases.usage import Holder
from passage.purchases.values import Before, Item, Sale
from passage.rewards import queries as rewards
from passage.rewards.models import Redemption


class BatchState:
    """See the module. ``open`` locks; ``look`` is for quotes and writes nothing."""

    def __init__(
        self, *, programme: Programme, source: Source | None, at: datetime, snapshot: Snapshot, accounts: AccountBatch
    ) -> None:
        self.programme, self._source, self.at = programme, source, at
        self.terms = programmes.terms(programme=programme)
        self.zone = ZoneInfo(programme.zone)
        self.snapshot, self.accounts = snapshot, accounts
        self.rule_set = earning.rule_set(programme)
        self.known: dict[str, Purchase] = {}
        self.receipts: dict[str, Purchase] = {}
        self.parked: dict[tuple[int, str], Parked] = {}  # by source and its id
        self.redemptions: dict[uuid.UUID, Redemption] = {}
        self.before: Before | None = None  # of a sale that a backup did not hold
        self.records: dict[int, int] = {}  # who each record is today
        self.usages: dict[usage.Key, RuleUsage] = {}
        self.moved_usages: dict[usage.Key, RuleUsage] = {}
        self.history = History(snapshot, self.rule_set.by_version)
        self.asks_history = False  # whether any rule looks at it, and so it was read
        self.tier_history = earning.TierHistory(programme)
        self.credited = 0  # of what the accounts have posted, how much the tiers know

    @classmethod
    def open(cls, *, programme: Programme, source: Source, batch: Sequence[Item], at: datetime) -> BatchState:
        """Lock what is decided upon - rules, sales, accounts, in this order - and read what must be seen under the lock.

        Raises `Stale` where a member was merged, or parted, between the look and the lock.
        """
        lock_configuration(programme, exclusive=False)
        snapshot = snapshots.read(programme, source, batch, lock=True)
        people = snapshot.people()
        redeemed = {each for item in batch if isinstance(item, Sale) for each in item.redemptions}
        restored = {each for sale in snapshot.sales for each in redeemed_with(sale)}
        early = snapshots.parked(programme, source, batch)
        accounts = AccountBatch.open(
            programme=programme,
            members=people,
            with_lots=snapshots.with_lots(snapshot, batch, early),
            causes={row.public_id for row in snapshot.rows()},
            spent=restored,
        )
        if accounts.merged != snapshot.gone() & people:
            raise Stale
        state = cls(programme=programme, source=source, at=at, snapshot=snapshot, accounts=accounts)
        state.parked = {(each.source_id, each.client_id): each for each in early}
        state._read_known(batch)
        state._read_people({each.pk for each in snapshot.present.values()}, batch, first=bool(redeemed))
        if redeemed | restored:
            state.redemptions = rewards.redemptions(programme, public_ids=redeemed | restored)
        return state

    @classmethod
    def look(cls, *, programme: Programme, source: Source, sale: Sale, at: datetime) -> BatchState:
        snapshot = snapshots.read(programme, source, [sale], lock=False)
        people = {each.pk for each in snapshot.present.values()}
        accounts = AccountBatch.peek(programme=programme, members=people)
        state = cls(programme=programme, source=source, at=at, snapshot=snapshot, accounts=accounts)
        state._read_people(people, [sale], first=True)
        if sale.redemptions:
            state.redemptions = rewards.redemptions(programme, public_ids=sale.redemptions)
        return state

    @classmethod
    def of(
        cls, accounts: AccountBatch, *, persons: Collection[int], at: datetime, rules: RuleSet | None = None
    ) -> BatchState:
        """All that some persons ever bought, where a rule asks for it; their accounts are open already.

        ``rules``: those to judge by in the place of the programme's; then it is read in any case.
        """
        snapshot = Snapshot(accounts.programme, {}, {}, {}, {}, [])
        state = cls(programme=accounts.programme, source=None, at=at, snapshot=snapshot, accounts=accounts)
        if rules is not None:
            state.rule_set = rules
        state._read_people(set(persons), [], first=rules is not None, since=EARLIEST)
        return state

    def is_granted(self, redemption: uuid.UUID) -> bool:
        """Whether it was taken before a backup was put back, and is not judged again."""
        return self.before is not None and redemption in self.before.redemptions

    # -- asking --------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        assert self._source is not None  # whatever has items came from somewhere
        return self._source

    def holder(self, record: Member) -> Holder:
        """For whom a sale under this record counts."""
        return Holder(record.pk, self.snapshot.person(record).pk)

    def records_of(self, person: int) -> set[int]:
        """All the records that are this person today."""
        return {record for record, who in self.records.items() if who == person}

    def facts(self, member: Member, moment: Moment, order: Order, rules: Iterable[Rule]) -> Facts:
        """The member as the rules see them at ``moment``, for a sale at this place among their others."""
        tier = self.tier_history.held(member.pk, before=moment.at)
        bare = replace(earning.facts(member, tier=tier), first_purchase=self.history.is_first(member.pk, order))
        return replace(bare, used=self._used(bare, member.pk, moment, order, rules, met={}))

    def facts_again(self, past: Reopened, person: int, rules: Iterable[Rule]) -> Facts:
        """The facts of a recorded sale with what history says of its place now; remainders stay as the sale met them."""
        assert past.facts is not None  # of somebody
        order = order_of(past.origin)
        rules = tuple(rules)
        bare = replace(past.facts, first_purchase=self._is_first(past, person, order, rules))
        met = {rule.family: past.facts.used.get(rule.family, UNUSED).carry for rule in past.rules}
        return replace(bare, used=self._used(bare, person, past.moment, order, rules, met=met))

    def _is_first(self, past: Reopened, person: int, order: Order, rules: Iterable[Rule]) -> bool:
        assert past.facts is not None
        asks = any(rule.when.first_purchase for rule in rules)
        return self.history.is_first(person, order) if asks else past.facts.first_purchase

    def _used(
        self, facts: Facts, person: int, moment: Moment, order: Order, rules: Iterable[Rule], *, met: Mapping[int, int]
    ) -> dict[int, Used]:
        """What each rule had given for the purchases before this place, by family.

        ``met``: the remainders that the sale met when it was recorded; a rule that it did not know meets today's.
        """
        day = moment.local(self.terms).date()
        records = self.records_of(person)
        later = list(self.history.counted_later(person, order))
        found: dict[int, Used] = {}
        for rule in rules:
            each = usage.used(
                self.usages,
                records,
                rule,
                day,
                year=feast_year(rule.when, facts, day, self.terms),
                later=later,
                carry=met.get(rule.family),
            )
            if isinstance(rule.earns, PerVisit):
                since = self.history.minutes_since_visit(person, rule, shop=moment.shop, order=order)
                each = replace(each, minutes_since_visit=since)
            found[rule.family] = each
        return {family: each for family, each in found.items() if each != UNUSED}

    def usage(self, record: int, family: int, span: str, day: date) -> RuleUsage:
        """The counter to move; written with the batch."""
        key = (record, family, span, day)
        if key not in self.usages:
            self.usages[key] = RuleUsage(programme=self.programme, member_id=record, rule_id=family, span=span, day=day)
        self.moved_usages[key] = self.usages[key]
        return self.usages[key]

    def reopen(self, sale: Purchase) -> Reopened:
        return histories.reopen(self.snapshot, sale, self.rule_set.by_version)

    def know(self, row: Purchase) -> None:
        """Remember an operation of this batch or of the past."""
        if row.source_id == self.source.pk:
            self.known[row.client_id] = row
        if row.receipt_key:
            self.receipts[row.receipt_key] = row

    # -- reading -------------------------------------------------------------------------------

    def _read_known(self, batch: Sequence[Item]) -> None:
        """What is known already, asked under the lock: the ids and receipt keys of the batch."""
        ids = [item.client_id for item in batch]
        keys = [key for item in batch if (key := receipt_key(item))]
        same = [Q(source=self.source, client_id__in=ids)]
        same += [by_receipt_key(keys)] if keys else []
        for row in each_of(Purchase.objects.of(self.programme).select_related("member"), same):
            self.know(row)

    def _read_people(
        self, people: set[int], batch: Sequence[Item], *, first: bool, since: datetime | None = None
    ) -> None:
        if not people:
            return
        self.records = members.records(self.programme, people=people)
        moments = [item.occurred_at for item in batch] + [sale.occurred_at for sale in self.snapshot.sales]
        self._read_history([*moments, since or self.at], first=first)
        moments += [sale.occurred_at for sale in self.snapshot.sales]
        first_moment = min((*moments, self.at))
        self.tier_history = earning.tier_history(self.programme, members=people, at=self.at, since=first_moment)
        days = {moment.astimezone(self.zone).date() for moment in (*moments, self.at)}
        self.usages = earning.usages(self.programme, members=list(self.records), days=days)

    def _read_history(self, moments: Sequence[datetime], *, first: bool) -> None:
        """From as long before the earliest of the batch's moments as any rule looks back."""
        rules = self.rule_set.by_version
        first |= any(rule.when.first_purchase for rule in rules.values())
        if not first and not any(rule.asks_history for rule in rules.values()):
            return
        self.asks_history = True
        self.history = histories.read(
            self.snapshot,
            records=self.records,
            rules=rules,
            since=max(min(moments), EARLIEST) - histories.widest_gap(rules.values()),
            first=first,
        )

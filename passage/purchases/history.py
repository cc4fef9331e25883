"""What persons have bought, as it stands now and in the order it happened: what rules that look at history are told.

Read only where a rule asks: the purchases near enough to matter, and whether there was any before those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from passage.engine.basket import NOTHING, Returned
from passage.engine.returns import Kept
from passage.engine.rules import PerVisit, Rule
from passage.members.models import Member
from passage.programme.models import Programme
from passage.purchases import codec
from passage.purchases.models import Purchase
from passage.purchases.recorded import RecordedSale, recorded_sale
from passage.purchases.snapshot import Snapshot
from passage.purchases.usage import Counted, Holder

Order = tuple[datetime, str]  # when it happened, and a name that breaks ties the same way in any order of arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(RecordedSale):
    """A recorded sale as values again, and what had come back of it before."""

    origin: Purchase
    row: Purchase  # the origin, or the move or judgement that now counts for it
    before: Returned


def reopen(snapshot: Snapshot, sale: Purchase, rules: Mapping[int, Rule]) -> Reopened:
    """The sale as it was settled, with the returns so far, and the member it counts for now."""
    before: Returned = {}
    for row in snapshot.returns(sale):
        for line, part in codec.parts_of(row.settlement["parts"]).items():
            before[line] = before.get(line, part * 0) + part
    counted = snapshot.counted(sale)
    past = recorded_sale(basket=sale.basket, settlement=sale.settlement, context=counted.context, rules=rules)
    return Reopened(
        basket=past.basket,
        lines=past.lines,
        facts=past.facts,
        terms=past.terms,
        moment=past.moment,
        rules=past.rules,
        origin=sale,
        row=counted,
        before=before,
    )


def order_of(sale: Purchase) -> Order:
    return sale.occurred_at, sale.client_id


def just_after(order: Order, /) -> Order:
    """The place right behind this one."""
    return order[0], order[1] + "\0"


@dataclass(slots=True)
class Entry:
    """A standing purchase of a person; ``kept`` is what each rule gives for it now, by family."""

    sale: Purchase
    holder: Holder
    past: Reopened
    kept: dict[int, Kept]

    @property
    def order(self) -> Order:
        return order_of(self.sale)

    @property
    def asks(self) -> bool:
        """Whether what it gives depends on the person's other purchases."""
        return any(rule.asks_history for rule in self.past.rules)

    def counted(self) -> Iterator[tuple[Rule, tuple[object, int | None], int, int]]:
        for each in self.kept.values():
            yield each.rule, self.past.counted_in(each.rule), each.points, int(bool(each.points or each.carry))


@dataclass(slots=True)
class History:
    """``entries`` by person, in order; ``bought_before`` are those who bought something before all of them."""

    snapshot: Snapshot
    rules: Mapping[int, Rule]
    entries: dict[int, list[Entry]] = field(default_factory=dict)
    bought_before: set[int] = field(default_factory=set)

    def is_first(self, person: int, order: Order) -> bool:
        """Whether the person had bought nothing before, of what stands."""
        if person in self.bought_before:
            return False
        return not any(each.order < order for each in self.entries.get(person, ()))

    def minutes_since_visit(self, person: int, rule: Rule, *, shop: str, order: Order) -> int | None:
        """Since the latest visit before in this shop that the rule gives something for; None: not near enough."""
        for each in reversed(self.entries.get(person, ())):
            if each.order >= order or (each.sale.shop.code if each.sale.shop else "") != shop:
                continue
            kept = each.kept.get(rule.family)
            if kept is not None and kept.points > 0:
                return int((order[0] - each.order[0]).total_seconds()) // 60
        return None

    def later(self, person: int, order: Order) -> list[Entry]:
        """What the person bought from then on."""
        return [each for each in self.entries.get(person, ()) if each.order >= order]

    def counted_later(self, person: int, order: Order) -> Counted:
        for each in self.later(person, order):
            yield from each.counted()  # type: ignore[misc]  # days, as usage counts them

    def enter(self, sale: Purchase, holder: Holder) -> None:
        """The sale stands, counts for this holder, and gives what its row says. It may have stood differently before."""
        self.leave(sale)
        past = reopen(self.snapshot, sale, self.rules)
        if past.facts is None:
            return
        kept = past.kept(past.before, sale=past.earning(NOTHING))
        mine = self.entries.setdefault(holder.person, [])
        mine.append(Entry(sale, holder, past, kept))
        mine.sort(key=lambda each: each.order)

    def leave(self, sale: Purchase) -> None:
        """The sale stands for nobody any more."""
        for mine in self.entries.values():
            mine[:] = [each for each in mine if each.sale is not sale]


def widest_gap(rules: Iterable[Rule]) -> timedelta:
    """How long before a sale a visit may lie that a rule looks back to."""
    minutes = [rule.earns.minutes_between for rule in rules if isinstance(rule.earns, PerVisit)]
    return timedelta(minutes=max(minutes, default=0))


def read(
    snapshot: Snapshot, *, records: Mapping[int, int], rules: Mapping[int, Rule], since: datetime, first: bool
) -> History:
    """The history of the persons of these records since a moment. ``first``: somebody asks for the first purchase."""
    history = History(snapshot, rules)
    standing = Purchase.objects.of(snapshot.programme).standing().filter(member_id__in=list(records))
    if first:
        history.bought_before = {records[each] for each in had_bought(snapshot.programme, records, before=since)}
    rows = list(standing.filter(occurred_at__gte=since).select_related("sale__shop", "shop"))
    known = {sale.pk: sale for sale in snapshot.sales}
    sales = {row.of_sale.pk: known.get(row.of_sale.pk, row.of_sale) for row in rows}
    snapshot.know(sales.values())
    for row in rows:
        assert row.member_id is not None  # of somebody
        history.enter(sales[row.of_sale.pk], Holder(row.member_id, records[row.member_id]))
    return history


def had_bought(programme: Programme, records: Collection[int], *, before: datetime) -> Sequence[int]:
    """Which of these records had bought something before then, of what stands. One statement."""
    theirs = Purchase.objects.of(programme).standing().filter(member=OuterRef("pk"), occurred_at__lt=before)
    rows = Member.objects.of(programme).filter(pk__in=list(records)).filter(Exists(theirs))
    return list(rows.values_list("pk", flat=True))

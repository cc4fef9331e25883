"""What is counted for the integrity board: for each figure the rows, and who is answerable for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce, TruncDate, TruncWeek

from passage.cards import queries as cards
from passage.journal import queries as journal
from passage.journal.models import TillOperation
from passage.ledger import queries as ledger
from passage.programme import queries as programmes
from passage.programme.models import Control, Programme, Shop, Staff
from passage.purchases.models import Purchase

Kind = Purchase.Kind


@dataclass(frozen=True)
class Books:
    """The rows of a programme, or of one shop, from ``since`` on; each question is asked of the database once."""

    programme: Programme
    since: datetime
    until: datetime
    shop: Shop | None = None

    @cached_property
    def control(self) -> Control:
        return programmes.control(programme=self.programme)

    @cached_property
    def people(self) -> dict[str, Staff]:
        """Who stands at the counters, by "staff:7"; whoever left is among them while they have figures."""
        everybody = programmes.all_staff(programme=self.programme, even_gone=True)
        wanted = [each for each in everybody if each.role in programmes.AT_THE_COUNTER]
        return {f"staff:{each.pk}": each for each in wanted if self.shop is None or each.shop_id == self.shop.pk}

    def rows(self, *kinds: str) -> Any:
        """The purchases of these kinds."""
        rows = Purchase.objects.of(self.programme).filter(
            kind__in=kinds, received_at__gte=self.since, received_at__lt=self.until
        )
        return rows if self.shop is None else rows.filter(shop=self.shop)

    def standing_sales(self) -> Any:
        """What members bought in this time, as it stands; ``person`` is who the record is today."""
        span = {"received_at__gte": self.since, "received_at__lt": self.until}
        here = Q(sale=None, **span) | Q(**{f"sale__{field}": moment for field, moment in span.items()})
        rows = Purchase.objects.of(self.programme).standing().filter(here, member__isnull=False)
        rows = rows.annotate(person=Coalesce("member__merged_into_id", "member_id"))
        return rows if self.shop is None else rows.filter(shop=self.shop)

    @cached_property
    def totals(self) -> dict[str, tuple[int, int]]:
        """For each person, sales and how many of them were an amount typed by hand."""
        typed = Q(basket__lines__0__product__isnull=True)
        grouped = self.rows(Kind.SALE).order_by().values_list("by")
        return {
            by: (sales, hand) for by, sales, hand in grouped.annotate(n=Count("pk"), hand=Count("pk", filter=typed))
        }

    def typed(self, by: str) -> Any:
        return self.rows(Kind.SALE).filter(by=by, basket__lines__0__product__isnull=True)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.programme.zone)

    @cached_property
    def often(self) -> list[Purchase]:
        """The visits of cards on days and in weeks when they came more often than the programme expects."""
        days = self._crowded(TruncDate("occurred_at", tzinfo=self._zone), self.control.card_a_day)
        weeks = self._crowded(TruncWeek("occurred_at", tzinfo=self._zone), self.control.card_a_week)
        crowded_weeks = {(member, week.date()) for member, week in weeks}
        wanted = {member for member, _ in days} | {member for member, _ in weeks}
        rows = self.standing_sales().filter(person__in=wanted).select_related("member__merged_into", "shop", "sale")
        return [
            row
            for row in rows.defer("context").order_by("occurred_at", "id")
            if (row.person, self._day(row.occurred_at)) in days
            or (row.person, _monday(self._day(row.occurred_at))) in crowded_weeks
        ]

    def _crowded(self, span: Any, most: int) -> set[tuple[int, Any]]:
        counted = self.standing_sales().order_by().annotate(span=span).values("person", "span")
        return set(counted.annotate(n=Count("pk")).filter(n__gt=most).values_list("person", "span"))

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    @cached_property
    def own(self) -> list[Purchase]:
        """Sales that somebody rang up for a member they are themselves."""
        mine = cards.own_members(programme=self.programme)
        wanted = {member for some in mine.values() for member in some}
        logins = {by: each.login_id for by, each in self.people.items()}
        rows = self.rows(Kind.SALE).filter(member__in=wanted, by__in=logins).select_related("member", "shop")
        return [row for row in rows.defer("context").order_by("id") if row.member_id in mine.get(logins[row.by], ())]

    @cached_property
    def own_refused(self) -> list[TillOperation]:
        """Sales on their own card that a till delivered and that were put aside for it."""
        return journal.refused_for(
            self.programme, code="own_card_rung_up", since=self.since, until=self.until, shop=self.shop
        )

    @cached_property
    def late(self) -> list[Purchase]:
        """Sales of nobody, some time ago, that were given to a member when the shop was about to close, or had closed."""
        moves = (
            self.rows(Kind.MOVE)
            .filter(member__isnull=False, sale__member=None)
            .select_related("member", "shop", "sale")
        )
        days = self.rows(Kind.SALE).order_by().annotate(day=TruncDate("occurred_at", tzinfo=self._zone))
        closes = {
            (shop, day): last for shop, day, last in days.values_list("shop_id", "day").annotate(x=Max("occurred_at"))
        }
        minutes = timedelta(minutes=self.control.late_minutes)
        found = []
        for row in moves.defer("context").order_by("id"):
            close = closes.get((row.shop_id, self._day(row.received_at)))
            is_old = row.received_at - row.occurred_at > minutes
            if is_old and (close is None or row.received_at >= close - minutes):
                found.append(row)
        return found

    @cached_property
    def back(self) -> list[Purchase]:
        """What was taken back: returns and voids."""
        rows = self.rows(Kind.RETURN, Kind.VOID).select_related("member", "shop", "sale")
        return list(rows.defer("context", "basket").order_by("id"))

    @property
    def voids(self) -> list[Purchase]:
        return [row for row in self.back if row.kind == Kind.VOID]

    @property
    def spent(self) -> list[Purchase]:
        """Returns of sales whose points had been spent by then: some could not be taken back."""
        return [
            row
            for row in self.back
            if any(each.get("debt") or each.get("written_off") for each in row.settlement.get("clawed", ()))
        ]

    @cached_property
    def corrections(self) -> list[Any]:
        """What was added by hand, and booked."""
        rows = ledger.corrections_booked(self.programme, since=self.since, until=self.until)
        return [row for row in rows if row.by in self.people]


def by_person(rows: Iterable[Any]) -> Counter[str]:
    """Who is answerable: of a purchase, however it came to count for its member, whoever rang it up."""
    return Counter(row.of_sale.by if getattr(row, "kind", "") == Kind.JUDGED else row.by for row in rows)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())

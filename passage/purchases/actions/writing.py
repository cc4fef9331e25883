"""What a batch will write, and writing it: a constant number of statements, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from passage.earning import actions as earning
from passage.earning.models import TierChange
from passage.purchases.desk import Desk
from passage.purchases.models import Parked, Purchase
from passage.rewards.models import Redemption


@dataclass(slots=True)
class Pages:
    """Rows waiting to be written. ``half_done``: an item is being posted, so a refusal now spoils the desk."""

    desk: Desk
    by: str
    purchases: list[Purchase] = field(default_factory=list)
    redemptions: dict[int, Redemption] = field(default_factory=dict)
    tier_changes: list[TierChange] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    applied: list[tuple[Parked, Purchase]] = field(default_factory=list)
    half_done: bool = False


def write(pages: Pages) -> None:
    """Write the batch. Sales go before what follows them, to give them their numbers."""
    sales = [row for row in pages.purchases if row.sale is None]
    others = [row for row in pages.purchases if row.sale is not None]
    Purchase.objects.bulk_create(sales)
    for row in others:
        row.sale_id = row.sale.pk if row.sale else None
    Purchase.objects.bulk_create(others)
    pages.desk.book.write()
    rows = list(pages.redemptions.values())
    settled = ["state", "spent", "value", "reversed", "closed_at"]
    Redemption.objects.bulk_update(rows, [*settled, "handing", "handed_at", "handed_by", "shop", "worth"])
    earning.write_tallies(pages.desk.moved_tallies.values())
    earning.write_tier_changes(pages.tier_changes)
    new = [parked for parked in pages.parked if parked._state.adding]
    for parked, row in pages.applied:
        parked.applied_as_id = row.pk
    Parked.objects.bulk_create(new)
    Parked.objects.bulk_update([parked for parked, _ in pages.applied if parked not in new], ["state", "applied_as"])

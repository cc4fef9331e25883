"""What a batch will write, and writing it: a constant number of statements, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from passage.earning import actions as earning
from passage.earning.models import TierChange
from passage.purchases.models import Parked, Purchase
from passage.purchases.state import BatchState
from passage.rewards import actions as rewards
from passage.rewards.models import Redemption


@dataclass(slots=True)
class Effects:
    """Rows waiting to be written. ``half_done``: an item is being posted, so a refusal now spoils the state."""

    state: BatchState
    by: str
    purchases: list[Purchase] = field(default_factory=list)
    redemptions: dict[int, Redemption] = field(default_factory=dict)
    tier_changes: list[TierChange] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    applied: list[tuple[Parked, Purchase]] = field(default_factory=list)
    half_done: bool = False


def write(effects: Effects) -> None:
    """Write the batch. Sales go before what follows them, to give them their numbers."""
    sales = [row for row in effects.purchases if row.sale is None]
    others = [row for row in effects.purchases if row.sale is not None]
    Purchase.objects.bulk_create(sales)
    for row in others:
        row.sale_id = row.sale.pk if row.sale else None
    Purchase.objects.bulk_create(others)
    effects.state.accounts.write()
    rewards.write(effects.redemptions.values())
    earning.write_usages(effects.state.moved_usages.values())
    earning.write_tier_changes(effects.tier_changes)
    new = [parked for parked in effects.parked if parked._state.adding]
    for parked, row in effects.applied:
        parked.applied_as_id = row.pk
    Parked.objects.bulk_create(new)
    Parked.objects.bulk_update([parked for parked, _ in effects.applied if parked not in new], ["state", "applied_as"])

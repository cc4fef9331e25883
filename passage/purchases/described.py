"""What a waiting return says of itself, in one form for those who look at it: a page and a program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from passage.engine.money import half_up
from passage.purchases import codec
from passage.purchases.cancelling import is_cancellation
from passage.purchases.models import Parked


@dataclass(frozen=True, slots=True)
class Goods:
    """What is to come back. ``quantity`` thousandths and ``amount`` minor units (None where only the sale knows) that still wait.

    ``line`` is the id that the sale is said to know it by, ``product`` its code.
    """

    line: str
    product: str
    name: str
    quantity: int
    amount: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """``kind``: cancellation (it names no sale), return or void (its sale has not come). ``whole``: all that is left of
    the sale. ``sale`` and ``receipt`` are the numbers it came with, ``named`` how it names its member."""

    row: Parked
    kind: str
    receipt: str
    sale: str
    named: str
    shop: str
    occurred_at: datetime
    goods: tuple[Goods, ...]
    amount: int | None
    whole: bool


def described(row: Parked) -> Waiting:
    return _cancellation(row) if is_cancellation(row) else _return(row)


def _cancellation(row: Parked) -> Waiting:
    request = row.request
    goods = []
    for line in request["lines"]:
        left = line.get("left", line["quantity"])
        amount = half_up(Fraction(line["amount"] * left, line["quantity"]))
        if left:
            goods.append(Goods("", line["product"], line["name"], left, amount))
    return Waiting(
        row=row,
        kind="cancellation",
        receipt=request["receipt"],
        sale="",
        named=request.get("member", ""),
        shop=request.get("shop", ""),
        occurred_at=datetime.fromisoformat(request["occurred_at"]),
        goods=tuple(goods),
        amount=sum(each.amount or 0 for each in goods),
        whole=False,
    )


def _return(row: Parked) -> Waiting:
    item = codec.return_of(row.request)
    goods = tuple(Goods(line, "", "", quantity, None) for line, quantity in item.quantities.items())
    return Waiting(
        row=row,
        kind="void" if item.void else "return",
        receipt=item.receipt,
        sale=item.sale.receipt or item.sale.client_id or str(item.sale.public_id or ""),
        named="",
        shop=item.shop or item.sale.shop,
        occurred_at=item.occurred_at,
        goods=goods,
        amount=item.amount,
        whole=not goods and item.amount is None,
    )

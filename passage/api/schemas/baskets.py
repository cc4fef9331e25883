"""What was rung up, as asked: shared by quotes, sales and the batch of a till."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from passage.api.schemas.fields import (
    Amount,
    ClientId,
    Code,
    Currency,
    Day,
    ExternalId,
    Flag,
    Id,
    Label,
    Moment,
    Name,
    Number,
    Printable,
    Quantity,
    RequestBody,
    Whole,
)
from passage.engine.basket import MAX_COVERS, MAX_LINES, PIECE, Basket, Line, LineKind, Tender, TenderKind
from passage.engine.money import MAX_AMOUNT
from passage.purchases.values import MemberRef, Sale

QuoteId = Annotated[Printable, Field(max_length=600)]
MOST_TENDERS = 20
MOST_REDEMPTIONS = 20
MOST_CATEGORIES = 20


class MemberRequest(RequestBody):
    """The member, named in exactly one way: the number on a card or in its QR code, our id, or your own number."""

    card: Annotated[Number, Field(min_length=1)] | None = None
    id: Id | None = None
    external_id: Annotated[ExternalId, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.card, self.id, self.external_id)) != 1:
            raise PydanticCustomError("one_of_several", "one of several")
        return self

    def value(self) -> MemberRef:
        return MemberRef(card=self.card or "", public_id=self.id, external_id=self.external_id or "")


class LineRequest(RequestBody):
    """One line of the receipt. ``amount``: what the line costs in minor units, tax included, after the till's own
    discounts; below zero for goods taken back in exchange. ``quantity``: whole pieces, or a text such as "0.345" for
    goods by weight or measure. ``measured``: such goods are one piece, whatever they weigh; without it the writing says
    so, "2.000" is a measure and 2 or "2" are pieces. ``vat_bp``: the tax rate in basis points, 5.5 % is 550."""

    id: Annotated[Label, Field(min_length=1)]
    amount: Amount
    quantity: Quantity = PIECE
    measured: Flag | None = None
    product: Label = ""
    name: Name = ""
    categories: Annotated[tuple[Label, ...], Field(max_length=MOST_CATEGORIES)] = ()
    kind: LineKind = LineKind.PRODUCT
    vat_bp: Annotated[Whole, Field(ge=0, le=10_000)] | None = None
    discounted: Flag = False

    @model_validator(mode="before")
    @classmethod
    def _written_as_a_measure(cls, asked: Any) -> Any:
        """The writing decides where nothing is said: once it is read, "2.000" is 2."""
        if not isinstance(asked, dict) or asked.get("measured") is not None:
            return asked
        written = asked.get("quantity")
        return {**asked, "measured": isinstance(written, str) and "." in written}

    def value(self) -> Line:
        return Line(
            id=self.id,
            amount=self.amount,
            quantity=self.quantity,
            product=self.product,
            name=self.name,
            categories=self.categories,
            kind=self.kind,
            vat_bp=self.vat_bp,
            discounted=self.discounted,
            measured=bool(self.measured),
        )


class TenderRequest(RequestBody):
    """How a part of the bill was paid, minor units."""

    kind: TenderKind
    amount: Amount


class BasketRequest(RequestBody):
    """The bill and whose it is. ``covers`` is the number of guests at a table."""

    occurred_at: Moment
    currency: Currency
    lines: Annotated[tuple[LineRequest, ...], Field(min_length=1, max_length=MAX_LINES)]
    tenders: Annotated[tuple[TenderRequest, ...], Field(max_length=MOST_TENDERS)] = ()
    covers: Annotated[Whole, Field(ge=0, le=MAX_COVERS)] = 0
    member: MemberRequest | None = None
    shop: Code | None = None
    till: Code | None = None
    receipt: Label = ""
    business_date: Day | None = None
    redemptions: Annotated[tuple[Id, ...], Field(max_length=MOST_REDEMPTIONS)] = ()

    @model_validator(mode="after")
    def _different_lines_within_limits(self) -> Self:
        seen: set[str] = set()
        for line in self.lines:
            if line.id in seen:
                raise PydanticCustomError("same_line_twice", "same line twice", {"line": line.id})
            seen.add(line.id)
        if not -MAX_AMOUNT <= (total := sum(line.amount for line in self.lines)) <= MAX_AMOUNT:
            code = "too_big" if total > 0 else "too_small"
            raise PydanticCustomError(code, "out of range", {"limit": MAX_AMOUNT if total > 0 else -MAX_AMOUNT})
        return self

    def sale(self, *, client_id: str) -> Sale:
        return Sale(
            client_id=client_id,
            occurred_at=self.occurred_at,
            basket=Basket(
                currency=self.currency,
                lines=tuple(line.value() for line in self.lines),
                tenders=tuple(Tender(each.kind, each.amount) for each in self.tenders),
                covers=self.covers,
            ),
            member=self.member.value() if self.member else MemberRef(),
            shop=self.shop or "",
            till=self.till or "",
            receipt=self.receipt,
            business_date=self.business_date,
            redemptions=tuple(dict.fromkeys(self.redemptions)),
        )


class SaleRequest(BasketRequest):
    """A paid sale. ``client_id`` is made and kept by the sender before sending, and names the sale for ever. With the
    ``quote_id`` of a quote, the sale is refused (`changed`) when the member would now get less than was quoted."""

    client_id: ClientId
    quote_id: QuoteId = ""

    def value(self) -> Sale:
        return self.sale(client_id=self.client_id)

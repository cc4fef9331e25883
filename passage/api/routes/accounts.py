"""What a member holds, and how it came about."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from passage.api import found
from passage.api.answers import answer
from passage.api.auth import ApiKey, KeyedRequest
from passage.api.problems import Fault
from passage.api.schemas.accounts import (
    AccountsResponse,
    EntryResponse,
    ExplainedLot,
    ExplanationResponse,
    LedgerResponse,
    LotResponse,
    LotsResponse,
    PageRequest,
    SealResponse,
    SumResponse,
    TakenResponse,
    account_told,
)
from passage.api.schemas.fields import Printable
from passage.api.schemas.steps import Teller, teller_of
from passage.api.tokens import seal, unseal
from passage.ledger import queries
from passage.ledger.queries import Balance, LotLine, Movement
from passage.members.models import Member
from passage.programme.models import Programme
from passage.programme.snapshot import one_moment
from passage.seals.queries import head_of, last_block
from passage.ui.names import ENTRY_KINDS

router = Router(tags=["accounts"])
READ = ApiKey("accounts.read")
AccountId = Annotated[Printable, Field(max_length=80)]


@router.get("/members/{member_id}/accounts", auth=READ, response=AccountsResponse, operation_id="list_accounts")
def list_accounts(request: KeyedRequest, member_id: Path[uuid.UUID]) -> HttpResponse:
    """One account for each unit of the programme, also where nothing was ever earned."""
    with one_moment():
        member = found.member_at(request.auth.programme, member_id)
        held = queries.balances(member, at=request.auth.at)
    return answer(AccountsResponse(accounts=[account_told(member, balance) for balance in held]))


@router.get("/accounts/{account_id}/ledger", auth=READ, response=LedgerResponse, operation_id="read_ledger")
def read_ledger(request: KeyedRequest, account_id: Path[AccountId], page: Query[PageRequest]) -> HttpResponse:
    """The entries of the account, newest first, each with its reasons and the lots it touched."""
    programme = request.auth.programme
    before = _after(programme, page.cursor)
    with one_moment():
        member, unit = found.account_at(programme, account_id)
        moved = queries.history(member, unit=unit, before=before, limit=page.limit + 1)
    teller = teller_of(programme)
    shown = moved[: page.limit]
    more = _sealed(programme, "entry", shown[-1].id) if len(moved) > page.limit else None
    return answer(LedgerResponse(entries=[_entry(programme, each, teller) for each in shown], next=more))


@router.get("/accounts/{account_id}/lots", auth=READ, response=LotsResponse, operation_id="list_lots")
def list_lots(request: KeyedRequest, account_id: Path[AccountId]) -> HttpResponse:
    """What the balance is made of: lots with something left, in the order in which they will be used."""
    programme = request.auth.programme
    with one_moment():
        balance, _ = _balance(programme, account_id, request.auth.at)
        lots = _lots(programme, balance)
    return answer(LotsResponse(lots=[LotResponse(**_lot(programme, row)) for row in lots]))


@router.get("/accounts/{account_id}/explain", auth=READ, response=ExplanationResponse, operation_id="explain_account")
def explain_account(request: KeyedRequest, account_id: Path[AccountId]) -> HttpResponse:
    """Why the balance is what it is: everything that was ever moved, by kind, and what brought each lot about."""
    programme = request.auth.programme
    sums, origins = {}, {}
    with one_moment():
        balance, member = _balance(programme, account_id, request.auth.at)
        held = _lots(programme, balance)
        if balance.account_id is not None:
            sums = queries.sums(balance.account_id, programme=programme)
            origins = queries.origins(balance.account_id, programme=programme)
    teller = teller_of(programme)
    lots = []
    for row in held:
        cause, because = origins[row.id]
        steps = teller.steps(because, unit=balance.unit)
        lots.append(ExplainedLot(**_lot(programme, row), cause=cause, because=steps))
    told = [SumResponse(kind=kind, text=str(ENTRY_KINDS.get(kind, kind)), points=sums[kind]) for kind in sorted(sums)]
    return answer(ExplanationResponse(account=account_told(member, balance), sums=told, lots=lots))


@router.get("/seal", auth=READ, response=SealResponse, operation_id="read_seal")
def read_seal(request: KeyedRequest) -> HttpResponse:
    """The seal of the books as they are now: kept elsewhere, it proves later that nothing before it was changed."""
    block = last_block(request.auth.programme)
    if block is None:
        return answer(SealResponse(number=0, head="", hash="", sealed_at=None))
    return answer(SealResponse(number=block.number, head=head_of(block), hash=block.hash, sealed_at=block.sealed_at))


def _balance(programme: Programme, text: str, at: datetime) -> tuple[Balance, Member]:
    member, unit = found.account_at(programme, text)
    held = queries.balances(member, at=at)
    return next(balance for balance in held if balance.unit == unit), member


def _lots(programme: Programme, balance: Balance) -> list[LotLine]:
    return [] if balance.account_id is None else queries.lots(balance.account_id, programme=programme)


def _entry(programme: Programme, each: Movement, teller: Teller) -> EntryResponse:
    return EntryResponse(
        id=_sealed(programme, "entry", each.id),
        kind=each.kind,
        text=str(ENTRY_KINDS.get(each.kind, each.kind)),
        points=each.points,
        credits=each.credits,
        cause=each.cause,
        because=teller.steps(each.because, unit=each.unit),
        occurred_at=each.occurred_at,
        recorded_at=each.recorded_at,
        lots=[TakenResponse(lot=_sealed(programme, "lot", lot), points=points) for lot, points in each.lots],
    )


def _lot(programme: Programme, row: LotLine) -> dict[str, Any]:
    names = ("size", "left", "opened_at", "active_from", "expires_at")
    return {"id": _sealed(programme, "lot", row.id), **{name: getattr(row, name) for name in names}}


def _sealed(programme: Programme, kind: str, number: int) -> str:
    return seal(number, kind=kind, programme_id=programme.pk)


def _after(programme: Programme, cursor: str) -> int | None:
    if not cursor:
        return None
    number = unseal(cursor, kind="entry", programme_id=programme.pk)
    if number is None:
        raise Fault("bad_cursor", field="cursor")
    return number

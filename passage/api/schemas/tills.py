"""Tills: paired, set up, and worked at by clerks; the members they find."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from passage.api.schemas.accounts import AccountResponse
from passage.api.schemas.fields import Code, Printable, RequestBody, ResponseBody, Whole
from passage.api.schemas.members import CandidateResponse
from passage.api.schemas.operations import EarlierSale
from passage.programme import limits

Secret = Annotated[str, Field(max_length=limits.PASSWORD)]


class PairingRequest(RequestBody):
    """``code`` as the back office shows it; or ``email`` and ``password`` of somebody who may pair tills, and which
    till: ``shop`` and ``till``, where there are several."""

    code: Annotated[Printable, Field(max_length=40)] | None = None
    email: Annotated[Printable, Field(max_length=limits.EMAIL)] | None = None
    password: Secret | None = None
    shop: Code | None = None
    till: Code | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.code is None) == (self.email is None or self.password is None):
            raise PydanticCustomError("one_of_several", "one of several")
        return self


class PinRequest(RequestBody):
    pin: Annotated[Printable, Field(max_length=20)]


class TillResponse(ResponseBody):
    """``pairing`` counts the devices that were paired with this till: receipts of this one are numbered with it."""

    shop: str
    shop_name: str
    city: str
    code: str
    pairing: int


class ChoiceResponse(ResponseBody):
    shop: str
    shop_name: str
    till: str
    paired: bool


class PairingResponse(ResponseBody):
    """The key of the device, shown here only. Where the person has several tills to choose from, ``token`` is empty and
    ``choose`` lists them: ask again with shop and till."""

    token: str
    till: TillResponse | None
    programme: str
    choose: list[ChoiceResponse]


class ProgrammeResponse(ResponseBody):
    id: uuid.UUID
    name: str
    currency: str
    zone: str
    language: str
    region: str
    support_email: str
    support_phone: str
    support_page: str


class UnitResponse(ResponseBody):
    code: str
    name: str
    kind: str


class ClerkResponse(ResponseBody):
    id: int
    name: str
    role: str
    has_pin: bool


class PointResponse(ResponseBody):
    code: str
    ok: bool
    text: str
    remedy: str


class ConsentTextResponse(ResponseBody):
    purpose: str
    version: str
    text: str


class SettingsResponse(ResponseBody):
    """``match_keys``: by which of a till's own details a member is attached without being asked for, in order."""

    match_keys: list[str]
    undo_minutes: int
    claim_days: int
    enrol_fields: list[str]
    offline_redemption: bool


class TillConfigResponse(ResponseBody):
    """All that a till needs to know. ``claim_key`` (hex) makes the codes on receipts; ``last_seq`` is the last operation of this pairing that arrived."""

    programme: ProgrammeResponse
    till: TillResponse
    units: list[UnitResponse]
    clerks: list[ClerkResponse]
    settings: SettingsResponse
    consents: list[ConsentTextResponse]
    readiness: list[PointResponse]
    products_version: str
    epoch: str
    last_seq: int
    claim_key: str
    server_time: datetime


class ApprovalRequest(RequestBody):
    """``kind`` void or move, of ``sale``; ``clerk`` and ``pin`` of whoever agrees, or nothing where the clerk who is
    signed in may do it."""

    kind: Literal["void", "move"]
    sale: EarlierSale
    clerk: Annotated[Whole, Field(ge=1, le=2**31 - 1)] | None = None
    pin: Annotated[Printable, Field(max_length=20)] = ""


class ApprovalResponse(ResponseBody):
    approval: str


class SessionResponse(ResponseBody):
    """``token`` goes into the header Passage-Clerk until ``until``; ``rights`` are what the clerk may do here."""

    token: str
    id: int
    name: str
    role: str
    rights: list[str]
    until: datetime


class ProductResponse(ResponseBody):
    """``price`` and ``deposit`` in minor units, tax included; of ``weighed`` goods the price of a kilogram."""

    code: str
    name: str
    category: str
    price: int
    vat_bp: int | None
    kind: str
    deposit: int
    barcode: str
    weighed: bool


class ProductsResponse(ResponseBody):
    version: str
    products: list[ProductResponse]


class SummaryResponse(ResponseBody):
    """A member as a till may show them: first name and initial, and what they hold as of ``as_of``."""

    id: uuid.UUID
    name: str
    language: str
    status: str
    tier: str
    accounts: list[AccountResponse]
    as_of: datetime


class AskedAbout(ResponseBody):
    """What the text looked like: ``phone``, ``email``, ``card`` or ``name``; a form for a new member begins with it."""

    kind: str
    value: str


class FoundResponse(ResponseBody):
    """``found``: member (one, certain), several (choose and confirm), blank_card (it can be given to somebody) or
    nobody."""

    found: str
    member: SummaryResponse | None
    candidates: list[CandidateResponse]
    card: str
    asked: AskedAbout


class MatchRequest(RequestBody):
    """The details that the till's own record of a guest holds."""

    email: Annotated[Printable, Field(max_length=limits.EMAIL)] = ""
    order: Annotated[Printable, Field(max_length=64)] = ""


class MatchResponse(ResponseBody):
    """``member`` null: nobody, or (``ambiguous``) more than one."""

    member: SummaryResponse | None
    matched_by: str
    ambiguous: bool

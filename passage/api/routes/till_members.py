"""Members at a till: found by whatever the clerk has, shown as a counter may show them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from passage.api import found
from passage.api.answers import answer
from passage.api.auth import Caller, KeyedRequest, TillKey
from passage.api.lookups import count_miss, count_search, looking
from passage.api.openapi import COUNTED
from passage.api.problems import Fault
from passage.api.routes.candidates import candidates_told
from passage.api.schemas.accounts import account_told
from passage.api.schemas.fields import Printable
from passage.api.schemas.tills import AskedAbout, FoundResponse, MatchRequest, MatchResponse, SummaryResponse
from passage.audit import actions as audit
from passage.cards import numbers
from passage.cards import queries as cards
from passage.cards.models import Card
from passage.earning import queries as earning
from passage.ledger import queries as ledger
from passage.members import canonical, queries
from passage.members.masks import masked
from passage.members.models import Member
from passage.programme import throttle
from passage.programme.errors import Refused
from passage.programme.models import Programme
from passage.programme.snapshot import one_moment

router = Router(tags=["tills"])
TILL = TillKey()
NOBODY = "nobody"
Text = Annotated[Printable, Field(min_length=1, max_length=254)]


@router.get("/till/find", auth=TILL, response=FoundResponse, operation_id="find_at_till", openapi_extra=COUNTED)
def find_at_till(request: KeyedRequest, text: Query[Text]) -> HttpResponse:
    """Whoever is behind what the clerk typed or scanned: a card, the text of a QR code, a phone number in any spelling,
    an e-mail address, the last four digits of a phone, a whole name. With a clerk signed in also the beginning of an
    address or of a name.

    A card that cannot be used is a problem that says why and never whose it is; a blank one can be given to somebody.
    A till that found nobody sixty times in an hour waits (429).
    """
    with looking(request.auth):
        count_search(request.auth)
        told = _found(request.auth, text.strip())
        if told.found == NOBODY:
            count_miss(request.auth)
    return answer(told)


def _found(caller: Caller, typed: str) -> FoundResponse:
    programme = caller.programme
    number = typed.rpartition("/")[2] if typed.startswith(("https://", "http://")) else typed
    card = cards.find(programme=programme, code=number)
    about = _asked(programme, number)
    if card is not None and card.state == Card.State.BLANK:
        return _nobody("blank_card", about, card=card.number)
    if card is not None:
        member = cards.usable(card).member
        assert member is not None  # usable cards are bound
        return _one(caller, queries.usable(member), about)
    exact = queries.find(programme=programme, text=typed)
    if len(exact) == 1:
        return _one(caller, queries.usable(exact[0]), about)
    if about.kind == "card" and cards.looks_mistyped(numbers.canonical(number), programme=programme):
        raise Fault("card_typo", field="text")
    told = candidates_told(caller, typed, also=exact) if len(typed) >= 4 else []
    if told:
        return FoundResponse(found="several", member=None, candidates=told, card="", asked=about)
    return _nobody(NOBODY, about)


@router.get("/till/members/{member_id}", auth=TILL, response=SummaryResponse, operation_id="read_at_till")
def read_at_till(request: KeyedRequest, member_id: Path[uuid.UUID]) -> HttpResponse:
    """The member as they are now."""
    member = found.member_at(request.auth.programme, member_id)
    cards.check_not_own(programme=request.auth.programme, by=request.auth.by, member=member)
    return answer(summary(queries.usable(member), request.auth.at))


@router.post("/till/match", auth=TILL, response=MatchResponse, operation_id="match_at_till", openapi_extra=COUNTED)
def match_at_till(request: KeyedRequest, body: MatchRequest) -> HttpResponse:
    """The one member with the e-mail address of the till's own guest record: to be attached by itself, and undone in
    one tap. Never more than one, never a new one. Written down in the audit."""
    caller = request.auth
    count_search(caller)
    rows = queries.find(programme=caller.programme, text=body.email) if "@" in body.email else []
    if not rows:
        # A till asks this by itself for every guest: that no member comes to eat does not stop its clerk from looking.
        count_miss(caller, budget=throttle.MATCHES)
    if len(rows) != 1 or rows[0].status == Member.Status.BLOCKED or _is_own(caller, rows[0]):
        return answer(MatchResponse(member=None, matched_by="", ambiguous=len(rows) > 1))
    audit.note(
        programme=caller.programme,
        by=caller.by,
        verb="member.matched",
        subject=f"member:{rows[0].public_id}",
        at=caller.at,
        matched_by="email",
        order=body.order,
    )
    return answer(MatchResponse(member=summary(rows[0], caller.at), matched_by="email", ambiguous=False))


def _is_own(caller: Caller, member: Member) -> bool:
    try:
        cards.check_not_own(programme=caller.programme, by=caller.by, member=member)
    except Refused:
        return True
    return False


@one_moment()
def summary(member: Member, at: datetime) -> SummaryResponse:
    tier_history = earning.tier_history(member.programme, members=[member.pk], at=at)
    tier = tier_history.now(member.pk, at=at)
    return SummaryResponse(
        id=member.public_id,
        name=masked(member).name,
        language=member.language,
        status=member.status,
        tier=tier_history.rows[tier.code].name if tier else "",
        accounts=[account_told(member, balance) for balance in ledger.balances(member, at=at)],
        as_of=at,
    )


def _one(caller: Caller, member: Member, about: AskedAbout) -> FoundResponse:
    """Written down with who looked, and never with what was typed. Nobody serves themselves."""
    cards.check_not_own(programme=caller.programme, by=caller.by, member=member)
    audit.note(
        programme=caller.programme,
        by=caller.by,
        verb="member.looked_up",
        subject=f"member:{member.public_id}",
        at=caller.at,
        by_what=about.kind,
    )
    return FoundResponse(found="member", member=summary(member, caller.at), candidates=[], card="", asked=about)


def _nobody(what: str, about: AskedAbout, *, card: str = "") -> FoundResponse:
    return FoundResponse(found=what, member=None, candidates=[], card=card, asked=about)


def _asked(programme: Programme, text: str) -> AskedAbout:
    """What it looks like, for the form that may follow: an address, a phone number, a card, else a name."""
    if "@" in text:
        return AskedAbout(kind="email", value=text)
    try:
        return AskedAbout(kind="phone", value=canonical.phone(text, region=programme.region))
    except Refused:
        pass
    try:
        number = numbers.canonical(text)
    except Refused:
        return AskedAbout(kind="name", value=text)
    if any(letter.isdigit() for letter in number):
        return AskedAbout(kind="card", value=number)
    return AskedAbout(kind="name", value=text)

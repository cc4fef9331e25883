"""Tills: pairing a device, what it needs to know, and who works there."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Router

from passage.api.answers import answer, etag
from passage.api.auth import KeyedRequest, TillKey
from passage.api.openapi import COUNTED
from passage.api.problems import Fault
from passage.api.readiness import readiness
from passage.api.schemas.tills import (
    ApprovalRequest,
    ApprovalResponse,
    ChoiceResponse,
    ClerkResponse,
    ConsentTextResponse,
    PairingRequest,
    PairingResponse,
    PinRequest,
    PointResponse,
    ProductResponse,
    ProductsResponse,
    ProgrammeResponse,
    SessionResponse,
    SettingsResponse,
    TillConfigResponse,
    TillResponse,
    UnitResponse,
)
from passage.audit import actions as audit
from passage.journal import kept
from passage.journal import queries as journal
from passage.journal.actions.applying import UNDO
from passage.ledger.queries import units
from passage.members.consents import WORDINGS
from passage.products import queries as products
from passage.programme import actions, clerks, queries, throttle
from passage.programme.access import RIGHTS, can, has_second_factor, must_add_factor, place
from passage.programme.models import Key, Programme, Staff, Till

router = Router(tags=["tills"])
TILL = TillKey()
MATCH_KEYS = ["email"]
ENROL_FIELDS = ["first_name", "last_name", "phone", "email"]
CLAIM_DAYS = 14


@router.post(
    "/till/pairings",
    response={201: PairingResponse, 200: PairingResponse},
    operation_id="pair_till",
    openapi_extra=COUNTED,
)
def pair_till(request: HttpRequest, body: PairingRequest) -> HttpResponse:
    """Pairs a device with a till, by a code from the back office or by a log-in, and gives it a key of its own.

    Needs no key. The password is not kept by anybody. Pairing anew revokes the key that the till had before.
    """
    if body.code is not None:
        key, secret = _by_code(request, body.code)
    else:
        found = _by_login(request, body)
        if isinstance(found, list):
            return answer(PairingResponse(token="", till=None, programme="", choose=found))
        key, secret = found
    assert key.till is not None  # that is what was paired
    told = PairingResponse(token=secret, till=_till(key, key.till), programme=key.programme.name, choose=[])
    return answer(told, status=201)


def _by_code(request: HttpRequest, code: str) -> tuple[Key, str]:
    """Guesses are counted for the place they come from, and a right one takes back no more than itself."""
    tried, at = (throttle.PAIRING, throttle.place_of(request)), timezone.now()
    if not throttle.take(tried, at=at):
        raise _too_many_tries()
    paired = actions.pair(text=code, at=at)
    throttle.give_back(tried)
    return paired


def _too_many_tries() -> Fault:
    seconds = throttle.WAIT_SECONDS
    return Fault("too_many_tries", status=429, params={"minutes": seconds // 60}, wait=seconds)


def _by_login(request: HttpRequest, body: PairingRequest) -> tuple[Key, str] | list[ChoiceResponse]:
    staff = _staff_by_password(request, body)
    tills = [till for till in queries.tills(programme=staff.programme) if can(staff, "tills.pair", shop=till.shop)]
    if not tills:
        raise Fault("may_not_pair", status=403)
    if body.shop is not None and body.till is not None:
        tills = [till for till in tills if (till.shop.code, till.code) == (body.shop, body.till)]
        if not tills:
            raise Fault("unknown_till", field="till")
    if len(tills) > 1:
        paired = {key.till_id for key in queries.pairings(programme=staff.programme)}
        return [
            ChoiceResponse(shop=each.shop.code, shop_name=each.shop.name, till=each.code, paired=each.pk in paired)
            for each in tills
        ]
    return actions.pair_till(till=tills[0], by=f"staff:{staff.pk}", at=timezone.now())


def _staff_by_password(request: HttpRequest, body: PairingRequest) -> Staff:
    """The same tries as on the sign-in page, for the same account. A password alone is not taken where more is asked."""
    account = (body.email or "").strip().lower()
    if not throttle.password_may_be_tried(request, account, at=timezone.now()):
        raise _too_many_tries()
    login = authenticate(request, username=account, password=body.password)
    if login is not None:
        throttle.password_was_right(request, account)
    staff = place(login=login) if login is not None else None
    if staff is None:
        raise Fault("login_unknown", status=403, field="email")
    if has_second_factor(staff.login) or must_add_factor(staff):
        raise Fault("second_factor", status=403, field="email")
    return staff


@router.get("/till", auth=TILL, response=TillConfigResponse, operation_id="read_till")
def read_till(request: KeyedRequest) -> HttpResponse:
    """Everything that the till needs to know; to be asked at its start and now and then."""
    key, at = request.auth.key, request.auth.at
    till = request.auth.till
    assert till is not None  # the route takes no other key
    actions.see_key(key=key, at=at)
    programme = key.programme
    told = TillConfigResponse(
        programme=_programme(programme),
        till=_till(key, till),
        units=[UnitResponse(code=unit.code, name=unit.name, kind=unit.kind) for unit in units(programme)],
        clerks=[_clerk(each) for each in queries.counter_staff(till=till)],
        settings=SettingsResponse(
            match_keys=MATCH_KEYS,
            undo_minutes=UNDO.seconds // 60,
            claim_days=CLAIM_DAYS,
            enrol_fields=ENROL_FIELDS,
            offline_redemption=False,
        ),
        consents=[
            ConsentTextResponse(purpose=each.purpose, version=each.version, text=str(each.text))
            for each in WORDINGS.values()
        ],
        readiness=[
            PointResponse(code=each.code, ok=each.is_met, text=str(each.text), remedy=str(each.remedy))
            for each in readiness(till, at=at)
        ],
        products_version=products.version(programme=programme),
        epoch=actions.epoch(at=at),
        last_seq=journal.last_seq(key),
        claim_key=kept.claim_key(key).hex(),
        server_time=at,
    )
    return answer(told)


@router.api_operation(
    ["DELETE"], "/till", auth=TillKey(clerk="tills.pair"), response={204: None}, operation_id="unpair_till"
)
def unpair_till(request: KeyedRequest) -> HttpResponse:
    """The device gives its key back: it opens nothing from now on. For somebody signed in who may pair tills."""
    actions.revoke_key(key=request.auth.key, by=request.auth.by, at=request.auth.at)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@router.post(
    "/till/clerks/{clerk_id}/session",
    auth=TILL,
    response=SessionResponse,
    operation_id="sign_clerk_in",
    openapi_extra=COUNTED,
)
def sign_clerk_in(request: KeyedRequest, clerk_id: Path[int], body: PinRequest) -> HttpResponse:
    """A clerk's PIN becomes a token for one shift at this till. After five wrong ones the clerk waits."""
    till, at = request.auth.till, request.auth.at
    assert till is not None  # the route takes no other key
    staff = next((each for each in queries.counter_staff(till=till) if each.pk == clerk_id), None)
    if staff is None:
        raise Fault("not_found", status=404)
    _check_pin(request, staff, body.pin)
    return answer(
        SessionResponse(
            token=clerks.clerk_token(staff=staff, till=till, at=at),
            id=staff.pk,
            name=str(staff.login),
            role=staff.role,
            rights=sorted(verb for verb in RIGHTS if can(staff, verb, shop=till.shop)),
            until=at + clerks.SHIFT - timedelta(minutes=1),
        )
    )


def _check_pin(request: KeyedRequest, staff: Staff, pin: str) -> None:
    """Five tries for a person, at whatever tills; each is counted before it is judged, and the fifth is written down."""
    caller = request.auth
    assert caller.till is not None  # the routes take no other key
    own, tills = (throttle.PIN, f"staff:{staff.pk}"), (throttle.PIN_TILL, f"till:{caller.till.pk}")
    if not staff.pin_hash:
        raise Fault("pin_missing", status=409, field="pin")
    if not throttle.take(own, tills, at=caller.at):
        raise _too_many_tries()
    if clerks.is_pin(staff=staff, pin=pin):
        throttle.forget(own)
        throttle.give_back(tills)
        return
    left = throttle.left(*own, at=caller.at)
    if not left:
        audit.note(
            programme=caller.programme, by=caller.by, verb="pin.refused", subject=f"staff:{staff.pk}", at=caller.at
        )
    raise Fault("pin_wrong", status=403, field="pin", params={"left": left})


@router.post(
    "/till/approvals",
    auth=TILL,
    response=ApprovalResponse,
    operation_id="approve_at_till",
    openapi_extra=COUNTED,
)
def approve_at_till(request: KeyedRequest, body: ApprovalRequest) -> HttpResponse:
    """A manager agrees to one deed about one sale: by their PIN, or as the clerk who is signed in.

    The answer's token goes into the operation as `approval`. It is good for a quarter of an hour, for that deed, and
    opens nothing else.
    """
    caller = request.auth
    till = caller.till
    assert till is not None  # the route takes no other key
    staff = caller.clerk
    if body.clerk is not None:
        staff = next((each for each in queries.counter_staff(till=till) if each.pk == body.clerk), None)
        if staff is None:
            raise Fault("unknown_clerk", field="clerk")
        _check_pin(request, staff, body.pin)
    if staff is None:
        raise Fault("clerk_missing", status=403)
    if not can(staff, clerks.APPROVED[body.kind], shop=till.shop):
        raise Fault("clerk_may_not", status=403)
    token = actions.approve(staff=staff, till=till, kind=body.kind, sale=body.sale.name(), at=caller.at)
    return answer(ApprovalResponse(approval=token))


@router.get("/products", auth=TILL, response=ProductsResponse, operation_id="list_products")
def list_products(request: KeyedRequest) -> HttpResponse:
    """What can be rung up, in the order of the buttons. With `If-None-Match` 304 when nothing changed."""
    programme = request.auth.programme
    names = list(ProductResponse.model_fields)
    rows = products.on_sale(programme=programme)
    listed = [ProductResponse(**{name: getattr(row, name) for name in names}) for row in rows]
    told = ProductsResponse(version=products.version(programme=programme), products=listed)
    mark = etag(told)
    if request.headers.get("If-None-Match") == mark:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": mark})
    return answer(told, headers={"ETag": mark})


def _till(key: Key, till: Till) -> TillResponse:
    shop = till.shop
    return TillResponse(shop=shop.code, shop_name=shop.name, city=shop.city, code=till.code, pairing=key.pairing)


def _programme(programme: Programme) -> ProgrammeResponse:
    names = ("name", "currency", "zone", "language", "region", "support_email", "support_phone", "support_page")
    return ProgrammeResponse(id=programme.public_id, **{name: getattr(programme, name) for name in names})


def _clerk(staff: Staff) -> ClerkResponse:
    return ClerkResponse(id=staff.pk, name=str(staff.login), role=staff.role, has_pin=bool(staff.pin_hash))

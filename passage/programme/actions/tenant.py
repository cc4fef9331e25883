"""Every write to the tenant: its shops and tills, its people, its sources and their keys."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Unpack
from uuid import uuid4

from babel.numbers import list_currencies
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from passage.programme import addresses, keys, limits
from passage.programme.access import SCOPES, TILL_SCOPES
from passage.programme.actions.staff import hire
from passage.programme.actions.terms import Settings, among, check, named
from passage.programme.actions.watching import WHOLE
from passage.programme.errors import Refused
from passage.programme.models import (
    NO_MAILBOX,
    Installation,
    Key,
    Login,
    PairingCode,
    Programme,
    Role,
    Shop,
    Source,
    Staff,
    Till,
)
from passage.programme.witness import note

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
SET_UP = "system:setup"
CODE_LIFE = timedelta(minutes=15)
# What a new programme begins with where prizes are taxed, by country and currency: threshold, tax. Its owner may change it.
PRIZES = {("PL", "PLN"): (200_000, 1000)}


@transaction.atomic
def create_programme(
    *, name: str, slug: str, currency: str, at: datetime, by: str = SET_UP, **chosen: Unpack[Settings]
) -> Programme:
    """A new, empty programme; what is not chosen is as the model says (Paris, English, French phone numbers).

    Raises `Refused`: invalid (with the field), or taken (slug).
    """
    if not SLUG.fullmatch(slug) or len(slug) > limits.SLUG:
        raise Refused("invalid", field="slug", params={"limit": limits.SLUG})
    among(currency, list_currencies(), field="currency")
    check(chosen)
    if Programme.objects.filter(slug=slug).exists():
        raise Refused("taken", field="slug")
    programme = Programme.objects.create(
        name=named(name),
        slug=slug,
        currency=currency,
        created_at=at,
        **_prizes(chosen.get("region", ""), currency),
        **chosen,
    )
    note(programme=programme, by=by, verb="programme.created", subject=f"programme:{slug}", at=at)
    return programme


def _prizes(region: str, currency: str) -> dict[str, int | bool]:
    threshold, tax_bp = PRIZES.get((region, currency), (0, WHOLE // 10))
    return {"prize_watch": threshold > 0, "prize_threshold": threshold, "prize_tax_bp": tax_bp}


@transaction.atomic
def found_programme(
    *, login: Login, name: str, slug: str, currency: str, at: datetime, **chosen: Unpack[Settings]
) -> Staff:
    """A new programme of somebody who works nowhere, who becomes its owner: one, however often it is asked for.

    Raises ``Refused``: as `create_programme` does, and taken (login) for who has a place already.
    """
    Login.objects.select_for_update(no_key=True).get(pk=login.pk)
    if Staff.objects.filter(login=login, left_at=None).exists():
        raise Refused("taken", field="login")
    by = f"login:{login.pk}"
    programme = create_programme(name=name, slug=slug, currency=currency, at=at, by=by, **chosen)
    return hire(programme=programme, login=login, role=Role.OWNER, by=by, at=at)


@transaction.atomic
def open_shop(
    *, programme: Programme, code: str, name: str, city: str = "", by: str = SET_UP, at: datetime | None = None
) -> Shop:
    """A shop, known to tills and files by ``code``. Raises ``Refused("taken")`` for a code in use.

    Without ``at`` the shop belongs to the setting-up of the programme and is dated with it.
    """
    if Shop.objects.of(programme).filter(code=_code(code)).exists():
        raise Refused("taken", field="code")
    shop: Shop = Shop.objects.create(
        programme=programme, code=code, name=named(name), city=named(city, field="city", may_be_empty=True)
    )
    note(programme=programme, by=by, verb="shop.opened", subject=f"shop:{code}", at=at or programme.created_at)
    return shop


@transaction.atomic
def add_till(*, shop: Shop, code: str, by: str = SET_UP, at: datetime | None = None) -> Till:
    """A till of the shop. Raises ``Refused("taken")`` for a code in use there."""
    programme = shop.programme
    if Till.objects.of(programme).filter(shop=shop, code=_code(code)).exists():
        raise Refused("taken", field="code")
    till: Till = Till.objects.create(programme=programme, shop=shop, code=code)
    note(
        programme=programme, by=by, verb="till.added", subject=f"till:{shop.code}/{code}", at=at or programme.created_at
    )
    return till


def create_login(
    *, email: str, password: str, name: str = "", language: str = "", made_for: Programme | None = None
) -> Login:
    """Somebody who can sign in; an empty password makes a login that cannot, until one is set.

    Without an address, which takes a name, it is somebody who signs in at tills by PIN and nowhere else.

    A login belongs to no programme, so nothing is written down here: `hire` and becoming a member are. ``made_for``
    is the programme whose invitation made it, None for who came by themselves.
    Whoever asks on behalf of a person has put the password before Django's validators.
    """
    address = addresses.canonical(email) if email or not name.strip() else f"{uuid4().hex}@{NO_MAILBOX}"
    if language:
        among(language, dict(settings.LANGUAGES), field="language")
    if len(password) > limits.PASSWORD:
        raise Refused("too_long", field="password", params={"limit": limits.PASSWORD})
    kept = make_password(password or None)
    try:
        with transaction.atomic():
            return Login.objects.create(
                email=address,
                password=kept,
                name=named(name, may_be_empty=True),
                language=language,
                made_for=made_for.public_id if made_for else None,
            )
    except IntegrityError:
        raise Refused("taken", field="email") from None


def forget_login(*, login: Login) -> bool:
    """Nobody signs in by it any more and it names nobody; whether that was done. Who works or worked somewhere
    stays: what they did as staff keeps its name."""
    if Staff.objects.filter(login=login).exists():
        return False
    login.email, login.name = f"{uuid.uuid4().hex}@erased.invalid", ""
    login.password, login.is_active = make_password(None), False
    login.save(update_fields=["email", "name", "password", "is_active"])
    return True


def choose_password(*, login: Login, password: str) -> Login:
    """The person's own password, in place of none; whoever asks has put it before Django's validators.

    Raises ``Refused("taken")`` when there is one already: another way is for those who have forgotten theirs.
    """
    kept = Login.objects.filter(pk=login.pk, password=login.password).exclude(password="")
    if login.has_usable_password() or not kept.update(password=make_password(password)):
        raise Refused("taken", field="password")
    login.refresh_from_db()
    return login


@transaction.atomic
def ask_second_factor(*, programme: Programme, asked: bool, by: str, at: datetime) -> Programme:
    """Whether owners and managers need a second factor before they open anything; saying it again changes nothing."""
    held = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    if held.second_factor != asked:
        held.second_factor = asked
        held.save(update_fields=["second_factor"])
        subject = f"programme:{held.slug}"
        if asked:
            note(programme=held, by=by, verb="programme.second_factor_on", subject=subject, at=at)
        else:
            note(programme=held, by=by, verb="programme.second_factor_off", subject=subject, at=at)
    return held


@transaction.atomic
def add_source(*, programme: Programme, code: str, name: str, by: str = SET_UP, at: datetime | None = None) -> Source:
    """Where operations will come from. Raises ``Refused("taken")`` for a code in use."""
    if Source.objects.of(programme).filter(code=_code(code)).exists():
        raise Refused("taken", field="code")
    source: Source = Source.objects.create(programme=programme, code=code, name=named(name, may_be_link=True))
    note(programme=programme, by=by, verb="source.added", subject=f"source:{code}", at=at or programme.created_at)
    return source


@transaction.atomic
def issue_key(
    *, source: Source, scopes: Collection[str], by: str, at: datetime, expires_at: datetime | None = None
) -> tuple[Key, str]:
    """A key and its secret text, which is nowhere to be had again. Raises ``Refused("unknown_scope")``."""
    unknown = sorted(set(scopes) - SCOPES)
    if unknown or not scopes:
        raise Refused("unknown_scope", field="scopes", params={"scopes": unknown})
    if expires_at is not None and expires_at <= at:
        raise Refused("in_the_past", field="expires_at")
    made = keys.fresh()
    key: Key = Key.objects.create(
        programme=source.programme,
        source=source,
        prefix=made.prefix,
        secret_hash=keys.hashed(made.text),
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=expires_at,
        made_by=by,
    )
    note(programme=key.programme, by=by, verb="key.issued", subject=f"key:{key.prefix}", at=at, scopes=key.scopes)
    return key, made.text


@transaction.atomic
def revoke_key(*, key: Key, by: str, at: datetime) -> Key:
    """From this moment on the key opens nothing; revoking it twice changes nothing."""
    held: Key = Key.objects.of(key.programme_id).select_for_update(no_key=True).get(pk=key.pk)
    if held.revoked_at is None:
        held.revoked_at = at
        held.save(update_fields=["revoked_at"])
        note(programme=held.programme, by=by, verb="key.revoked", subject=f"key:{held.prefix}", at=at)
    return held


def epoch(*, at: datetime) -> str:
    """The name of this database's life, made on the first question."""
    row = Installation.objects.order_by("id").first() or Installation.objects.create(since=at)
    return str(row.epoch)


@transaction.atomic
def begin_epoch(*, at: datetime) -> str:
    """After a backup was restored: tills see another epoch and send again what this database may lack."""
    Installation.objects.all().delete()
    return epoch(at=at)


def see_key(*, key: Key, at: datetime) -> None:
    """Whoever has the key was heard of."""
    Key.objects.of(key.programme_id).filter(pk=key.pk).update(seen_at=at)


@transaction.atomic
def make_pairing_code(*, till: Till, by: str, at: datetime, life: timedelta = CODE_LIFE) -> tuple[PairingCode, str]:
    """A code to pair one device with the till, and its text, which is nowhere to be had again."""
    _drop_codes(till, at=at)
    text = keys.pairing_code()
    code: PairingCode = PairingCode.objects.create(
        programme=till.programme,
        till=till,
        code_hash=keys.pairing_hash(text),
        made_at=at,
        expires_at=at + life,
        by=by,
    )
    note(programme=till.programme, by=by, verb="till.code_made", subject=_till(till), at=at)
    return code, text


@transaction.atomic
def pair(*, text: str, at: datetime) -> tuple[Key, str]:
    """The key of the device that typed the code, and its secret; the till's earlier keys are revoked with it.

    Raises ``Refused("pairing_unknown")`` alike for a code that never was, was used, or is over.
    """
    rows = PairingCode.objects.filter(code_hash=keys.pairing_hash(text)).exclude(code_hash="")
    code = rows.select_for_update(no_key=True, of=("self",)).select_related("till__shop", "programme").first()
    if code is None or code.used_at is not None or code.expires_at <= at:
        raise Refused("pairing_unknown", field="code")
    code.used_at = at
    code.save(update_fields=["used_at"])
    return pair_till(till=code.till, by=code.by, at=at)


@transaction.atomic
def pair_till(*, till: Till, by: str, at: datetime) -> tuple[Key, str]:
    """A new key for the device at the till, by somebody who may pair it; the earlier ones are revoked."""
    held: Till = Till.objects.of(till.programme_id).select_for_update(no_key=True).select_related(None).get(pk=till.pk)
    revoke_till(till=held, by=by, at=at)
    before = Key.objects.of(held.programme_id).filter(till=held).order_by("-pairing").first()
    key, secret = issue_key(source=_source_of(held, at=at, by=by), scopes=TILL_SCOPES, by=by, at=at)
    key.till, key.pairing = held, (before.pairing if before else 0) + 1
    key.save(update_fields=["till", "pairing"])
    note(programme=held.programme, by=by, verb="till.paired", subject=_till(held), at=at, pairing=key.pairing)
    return key, secret


def _drop_codes(till: Till, /, *, at: datetime) -> None:
    """One code at a time, and none that outlives the device it was made for."""
    PairingCode.objects.of(till.programme_id).filter(till=till, used_at=None).update(used_at=at)


@transaction.atomic
def revoke_till(*, till: Till, by: str, at: datetime) -> int:
    """From this moment on no device opens anything in the till's name; how many keys that ended."""
    _drop_codes(till, at=at)
    live = list(Key.objects.of(till.programme_id).filter(till=till, revoked_at=None).order_by("id"))
    for key in live:
        revoke_key(key=key, by=by, at=at)
    return len(live)


def _source_of(till: Till, *, at: datetime, by: str) -> Source:
    """Where the till's operations come from, one and the same through all its pairings."""
    code = f"till-{till.pk}"
    known: Source | None = Source.objects.of(till.programme_id).filter(code=code).first()
    if known is not None:
        return known
    return add_source(
        programme=till.programme, code=code, name=f"{till.shop.name[:60]}, {till.code[:18]}", by=by, at=at
    )


def _till(till: Till) -> str:
    return f"till:{till.shop.code}/{till.code}"


def _code(text: str) -> str:
    if not CODE.fullmatch(text) or len(text) > limits.CODE:
        raise Refused("invalid", field="code", params={"limit": limits.CODE})
    return text

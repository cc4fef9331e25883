"""Reads of the tenant: its terms, its places, its keys, and what day it is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from passage.engine.facts import Clawback, Restore, Terms
from passage.programme import addresses, keys, limits
from passage.programme.errors import Refused
from passage.programme.models import (
    AttemptCount,
    Control,
    Invitation,
    Key,
    Login,
    Programme,
    Role,
    Shop,
    Source,
    Staff,
    Till,
)

AT_THE_COUNTER = (Role.OWNER, Role.MANAGER, Role.CLERK)
# Compared with when there is no such key, so that the answer takes the same time.
_NOBODY = keys.hashed("nobody")


def terms(programme: Programme) -> Terms:
    """The settings that decide arithmetic, as the engine takes them."""
    return Terms(
        currency=programme.currency,
        zone=programme.zone,
        basis_with_tax=programme.basis_with_tax,
        delivery_earns=programme.delivery_earns,
        points_paid_earns=programme.points_paid_earns,
        gift_card_paid_earns=programme.gift_card_paid_earns,
        restore=Restore(programme.restore),
        clawback=Clawback(programme.clawback),
        restored_days=programme.restored_days,
        leap_day_on_28th=programme.leap_day_on_28th,
    )


def business_date(*, at: datetime, programme: Programme) -> date:
    """The date on the wall of the programme's shops at that instant."""
    return at.astimezone(ZoneInfo(programme.zone)).date()


def control(*, programme: Programme) -> Control:
    """What one person may do alone here; the defaults where nobody has said otherwise."""
    return Control.objects.of(programme).first() or Control(programme=programme)


def login_of(*, programme: Programme, by: str) -> int | None:
    """The log-in behind "staff:7"; None for what is no person. One human has one, whatever their places were."""
    kind, _, number = by.partition(":")
    if kind != "staff" or not number.isdecimal():
        return None
    return Staff.objects.of(programme).filter(pk=int(number)).values_list("login_id", flat=True).first()


def staff_of(*, programme: Programme, by: str) -> Staff | None:
    """Who "staff:7" is, while they work here; None for what is no person."""
    kind, _, number = by.partition(":")
    if kind != "staff" or not number.isdecimal():
        return None
    rows = Staff.objects.of(programme).filter(pk=int(number), left_at=None)
    found: Staff | None = rows.select_related("programme", "shop", "login").first()
    return found


def programme_by_slug(*, slug: str) -> Programme | None:
    return Programme.objects.filter(slug=slug).first() if _is_code(slug) else None


def shop_by_code(*, programme: Programme, code: str) -> Shop | None:
    return shops_by_codes(programme=programme, codes=[code]).get(code)


def shops_by_codes(*, programme: Programme, codes: Iterable[str]) -> dict[str, Shop]:
    """The shops with these codes; a code without a shop is not in the answer. One statement."""
    wanted = sorted(code for code in set(codes) if _is_code(code))[: limits.IN_ONE_QUERY]
    return {shop.code: shop for shop in Shop.objects.of(programme).filter(code__in=wanted)}


def shops(*, programme: Programme) -> list[Shop]:
    """The open shops, by name."""
    return list(Shop.objects.of(programme).filter(closed_at=None).order_by("name", "id"))


def till_by_code(*, shop: Shop, code: str) -> Till | None:
    found: Till | None = (
        Till.objects.of(shop.programme_id).filter(shop=shop, code=code).first() if _is_code(code) else None
    )
    return found


def source_by_code(*, programme: Programme, code: str) -> Source | None:
    found: Source | None = Source.objects.of(programme).filter(code=code).first() if _is_code(code) else None
    return found


def key_by_secret(*, text: str, at: datetime) -> Key | None:
    """The key that ``text`` is the secret of, with its source and programme; None if unknown, expired or revoked."""
    key = key_ever(text=text)
    if key is None or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= at:
        return None
    return key


def key_ever(*, text: str) -> Key | None:
    """The key that ``text`` is the secret of, also one that was revoked: what such a till still delivers is kept."""
    prefix = keys.prefix_of(text)
    keys_with_this = Key.objects.filter(prefix=prefix).select_related("programme", "source__programme", "till__shop")
    key: Key | None = keys_with_this.first() if prefix else None
    is_known = keys.is_same(text=text, kept=key.secret_hash if key else _NOBODY)
    return key if is_known else None


def tills(*, programme: Programme) -> list[Till]:
    """The tills of the open shops, by shop and code."""
    rows = Till.objects.of(programme).filter(shop__closed_at=None).select_related("shop", "programme")
    return list(rows.order_by("shop__name", "code", "id"))


def all_staff(*, programme: Programme, even_gone: bool = False) -> list[Staff]:
    """Everybody at work in the programme, by name; ``even_gone``: and whoever once was."""
    rows = Staff.objects.of(programme).select_related("login", "programme", "shop")
    return sorted(rows if even_gone else rows.filter(left_at=None), key=lambda staff: (str(staff.login), staff.pk))


def invitations(*, programme: Programme, at: datetime) -> list[Invitation]:
    """Places that are offered here and that nobody has accepted yet, the latest first."""
    rows = Invitation.objects.of(programme).filter(state=Invitation.State.OPEN, until__gt=at)
    return list(rows.select_related("programme", "shop").order_by("-id"))


def invitations_to(login: Login, /, *, at: datetime) -> list[Invitation]:
    """Places that are offered to this person, in whatever programme, the oldest first."""
    rows = Invitation.objects.filter(email=login.email, state=Invitation.State.OPEN, until__gt=at)
    return list(rows.select_related("programme", "shop").order_by("id"))


def login_by_email(email: str, /) -> Login | None:
    """Who signs in with this address; None for nobody, and for what is no address."""
    try:
        address = addresses.canonical(email)
    except Refused:
        return None
    found: Login | None = Login.objects.filter(email=address).first()
    return found


def counter_staff(*, till: Till) -> list[Staff]:
    """Who may stand at the till: those at work in its shop or in every shop, by name."""
    rows = Staff.objects.of(till.programme_id).filter(left_at=None, role__in=AT_THE_COUNTER)
    here = rows.filter(Q(shop=None) | Q(shop_id=till.shop_id)).select_related("login", "programme", "shop")
    return sorted(here, key=lambda staff: (str(staff.login), staff.pk))


def pairings(*, programme: Programme) -> list[Key]:
    """The live keys of tills, with till and shop, by shop and till."""
    live = Key.objects.of(programme).filter(till__isnull=False, revoked_at=None)
    return list(live.select_related("till__shop", "source").order_by("till__shop__name", "till__code", "pairing"))


def outside_keys(*, programme: Programme) -> list[Key]:
    """The keys of other systems, newest first: those of tills are seen to where the tills are."""
    rows = Key.objects.of(programme).filter(till=None).select_related("source", "programme")
    return list(rows.order_by("-id"))


def outside_sources(*, programme: Programme) -> list[Source]:
    """The systems that were ever given a key, by name."""
    with_keys = Key.objects.of(programme).filter(till=None).values("source_id")
    return list(Source.objects.of(programme).filter(pk__in=with_keys).order_by("name", "id"))


def source_codes(*, programme: Programme, stem: str) -> set[str]:
    """The codes in use that begin like this."""
    return set(Source.objects.of(programme).filter(code__startswith=stem).values_list("code", flat=True))


def _is_code(text: str) -> bool:
    """False for what no code can be and a database may choke on."""
    return len(text) <= limits.SLUG and text.isprintable()


def attempts(*, key: str, at: datetime) -> int:
    """How often it was tried in the time that has not yet ended; see `passage.programme.throttle`."""
    found = AttemptCount.objects.filter(key=key, ends_at__gt=at).values_list("tries", flat=True).first()
    return found or 0

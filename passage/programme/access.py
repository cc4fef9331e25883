"""Who may do what: the table of rights of people, and the scopes of keys. Decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from passage.programme.models import Programme, Rank, Shop, Staff

# The right that a person needs to put a scope on a key: whoever makes a key could use it.
OF_SCOPES = {
    "accounts.read": "points.see",
    "cards.write": "cards.bind",
    "members.read": "members.see",
    "members.write": "members.edit",
    "quotes": "keys.edit",
    "redemptions.write": "rewards.give",
    "sales.read": "purchases.see",
    "sales.write": "points.add",
}
SCOPES = frozenset(OF_SCOPES)

# What the key of a paired till opens; a clerk's rights come on top of it.
TILL_SCOPES = frozenset({"quotes", "redemptions.write"})

_OWNER = frozenset({Rank.OWNER})
_CHAIN = frozenset({Rank.OWNER, Rank.CHAIN})
_LEAD = frozenset({Rank.OWNER, Rank.CHAIN, Rank.SHOP})
_COUNTER = _LEAD | {Rank.CLERK}
_READERS = _LEAD | {Rank.AUDITOR}
_SERVING = _COUNTER | {Rank.AUDITOR}
_KEYS = frozenset({Rank.OWNER, Rank.DEVELOPER})

RIGHTS: dict[str, frozenset[Rank]] = {
    "points.add": _COUNTER,
    "points.adjust": _LEAD,
    "points.approve": _CHAIN,
    "points.see": _SERVING,
    "members.see": _SERVING,
    "members.edit": _COUNTER,
    "members.block": _LEAD,
    "members.merge": _LEAD,
    "members.export": _LEAD,
    "members.erase": _LEAD,
    "retention.see": _READERS,
    "retention.edit": _OWNER,
    "members.import": _LEAD,
    "cards.bind": _COUNTER,
    "cards.lose": _COUNTER,
    "cards.replace": _COUNTER,
    "cards.block": _LEAD,
    "cards.make": _LEAD,
    "purchases.see": _SERVING,
    "purchases.return": _COUNTER,
    "purchases.void": _LEAD,
    "purchases.move": _LEAD,
    "rewards.give": _COUNTER,
    "rewards.see": _READERS,
    "rewards.edit": _CHAIN,
    "rules.see": _READERS,
    "rules.edit": _CHAIN,
    "rules.date_back": _OWNER,
    "audit.see": _READERS | _KEYS,
    "shops.edit": _OWNER,
    "tills.pair": _LEAD,
    "pins.edit": _LEAD,
    "products.see": _READERS | _KEYS,
    "products.edit": _CHAIN,
    "visits.mend": _LEAD,
    "staff.edit": _LEAD,
    "keys.edit": _KEYS,
    "control.edit": _OWNER,
    "settings.edit": _OWNER,
    "programme.export": _OWNER,
    "integrity.see": _READERS,
}

# Whom each may hire, let go, invite again and give a PIN: those below them, so that nobody makes themselves an equal
# who then agrees to what they did. The owner may hire everybody, a manager of one shop only for that shop.
HIRES: dict[Rank, frozenset[Rank]] = {
    Rank.OWNER: frozenset(Rank),
    Rank.CHAIN: frozenset({Rank.SHOP, Rank.CLERK, Rank.AUDITOR}),
    Rank.SHOP: frozenset({Rank.CLERK}),
}


def can(staff: Staff | None, verb: str, *, shop: Shop | None = None) -> bool:
    """Whether ``staff`` has the right ``verb``, in ``shop`` where the deed has a place.

    A place in one shop gives no right in another, nor any right after the person has left.
    An unknown verb is a mistake of ours: KeyError.
    """
    ranks = RIGHTS[verb]
    if staff is None or staff.left_at is not None or staff.rank not in ranks:
        return False
    if shop is None:
        return True
    return shop.programme_id == staff.programme_id and staff.shop_id in {None, shop.id}


def may_hire(staff: Staff, rank: str, *, shop: Shop | None) -> bool:
    """Whether ``staff`` may give somebody the place of that rank, in ``shop`` or (None) in all."""
    if not can(staff, "staff.edit") or rank not in HIRES.get(staff.rank, ()):
        return False
    return staff.shop_id is None or (shop is not None and shop.pk == staff.shop_id)


def scopes_of(staff: Staff) -> frozenset[str]:
    """The scopes that this person may put on a key: none that reaches further than they do themselves."""
    return frozenset(scope for scope, right in OF_SCOPES.items() if can(staff, "keys.edit") and can(staff, right))


def stands_below(staff: Staff, person: Staff) -> bool:
    """Whether ``person`` holds a place that ``staff`` may give and take."""
    is_same_house = staff.programme_id == person.programme_id
    return is_same_house and may_hire(staff, person.rank, shop=person.shop)


def place(login: AbstractBaseUser | AnonymousUser, *, programme: Programme | None = None) -> Staff | None:
    """Where the login works now; None for somebody who works nowhere. Of several programmes the first one joined."""
    if not login.pk or not login.is_active:
        return None
    places = Staff.objects.filter(login_id=login.pk, left_at=None)
    if programme is not None:
        places = places.of(programme)
    found: Staff | None = places.select_related("programme", "shop", "login").order_by("id").first()
    return found


def has_second_factor(login: AbstractBaseUser, /) -> bool:
    """Whether the password alone does not let this person in: an app that shows codes, or a passkey."""
    return bool(with_second_factor([login.pk]))


def with_second_factor(logins: Iterable[int], /) -> set[int]:
    """Which of these log-ins have one. One statement."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    rows = Authenticator.objects.filter(user_id__in=set(logins), type__in=kinds)
    return set(rows.values_list("user_id", flat=True))


def must_add_factor(staff: Staff, /) -> bool:
    """Whether the programme asks this person for a second factor that they do not have."""
    return staff.programme.second_factor and staff.rank in _LEAD and not has_second_factor(staff.login)

"""Who may do what: the table of rights of people, and the scopes of keys. Decided here and nowhere else."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from passage.programme.models import Programme, Role, Shop, Staff

SCOPES = frozenset(
    {
        "accounts.read",
        "cards.write",
        "members.read",
        "members.write",
        "quotes",
        "redemptions.write",
        "sales.read",
        "sales.write",
    }
)

# What the key of a paired till opens; a clerk's rights come on top of it.
TILL_SCOPES = frozenset({"quotes", "redemptions.write"})

_OWNER = frozenset({Role.OWNER})
_LEAD = frozenset({Role.OWNER, Role.MANAGER})
_COUNTER = frozenset({Role.OWNER, Role.MANAGER, Role.CLERK})
_EVERYBODY = frozenset(Role)
_READERS = frozenset({Role.OWNER, Role.MANAGER, Role.AUDITOR})

RIGHTS: dict[str, frozenset[Role]] = {
    "points.add": _COUNTER,
    "points.adjust": _LEAD,
    "points.see": _EVERYBODY,
    "members.see": _EVERYBODY,
    "members.edit": _COUNTER,
    "members.block": _LEAD,
    "members.merge": _LEAD,
    "members.import": _LEAD,
    "cards.bind": _COUNTER,
    "cards.lose": _COUNTER,
    "cards.replace": _COUNTER,
    "cards.block": _LEAD,
    "cards.make": _LEAD,
    "purchases.see": _EVERYBODY,
    "purchases.return": _COUNTER,
    "purchases.void": _LEAD,
    "purchases.move": _LEAD,
    "rewards.give": _COUNTER,
    "rewards.see": _EVERYBODY,
    "rewards.edit": _LEAD,
    "rules.see": _READERS,
    "rules.edit": _LEAD,
    "audit.see": _READERS,
    "shops.edit": _OWNER,
    "tills.pair": _LEAD,
    "pins.edit": _LEAD,
    "products.edit": _LEAD,
    "visits.mend": _LEAD,
    "staff.edit": _OWNER,
    "keys.edit": _OWNER,
}


def can(staff: Staff | None, verb: str, *, shop: Shop | None = None) -> bool:
    """Whether ``staff`` has the right ``verb``, in ``shop`` where the deed has a place.

    A place in one shop gives no right in another, nor any right after the person has left.
    An unknown verb is a mistake of ours: KeyError.
    """
    roles = RIGHTS[verb]
    if staff is None or staff.left_at is not None or staff.role not in roles:
        return False
    if shop is None:
        return True
    return shop.programme_id == staff.programme_id and staff.shop_id in {None, shop.id}


def place(login: AbstractBaseUser | AnonymousUser, *, programme: Programme | None = None) -> Staff | None:
    """Where the login works now; None for somebody who works nowhere. Of several programmes the first one joined."""
    if not login.pk or not login.is_active:
        return None
    places = Staff.objects.filter(login_id=login.pk, left_at=None)
    if programme is not None:
        places = places.of(programme)
    found: Staff | None = places.select_related("programme", "shop", "login").order_by("id").first()
    return found

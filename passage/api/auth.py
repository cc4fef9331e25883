"""Who asks: the key in the header, the programme it belongs to, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from passage.api.problems import Fault
from passage.programme.access import SCOPES, can
from passage.programme.actions import see_key
from passage.programme.clerks import read_clerk_token
from passage.programme.models import Key, Programme, Source, Staff, Till
from passage.programme.queries import key_by_secret, key_ever
from passage.ui.request_id import of_programme

CLERK = "Passage-Clerk"
# When a program was last heard of is told to this grain: its every question is no reason to write.
SEEN_AGAIN = timedelta(minutes=5)
# So long may a device that was disconnected still deliver what it holds.
LAST_DELIVERY = timedelta(days=30)
# What a clerk who signed in at a till may ask there beyond what the till itself may.
OF_CLERKS = {
    "members.edit": frozenset({"members.read", "members.write"}),
    "purchases.return": frozenset({"sales.read"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A known key, and the one moment that the whole request happens at.

    ``till``: the key is a paired till's; ``clerk`` signed in there by PIN. ``revoked``: it may only still deliver.
    """

    key: Key
    by: str
    at: datetime
    scopes: frozenset[str]
    clerk: Staff | None = None

    @property
    def programme(self) -> Programme:
        return self.key.programme

    @property
    def source(self) -> Source:
        return self.key.source

    @property
    def till(self) -> Till | None:
        return self.key.till

    @property
    def revoked(self) -> bool:
        return self.key.revoked_at is not None

    def may(self, scope: str) -> bool:
        return scope in self.scopes


if TYPE_CHECKING:

    class KeyedRequest(HttpRequest):
        """A request whose key is known."""

        auth: Caller
else:
    KeyedRequest = HttpRequest


class ApiKey(HttpBearer):
    """``Authorization: Bearer pk_…`` of a key that has at least one of ``scopes``."""

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        unknown = set(scopes) - SCOPES
        if unknown or not scopes:
            raise ValueError(f"no such scope: {sorted(unknown)}")
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Caller:
        caller = _caller(request, even_revoked=False)
        if caller.scopes.isdisjoint(self.scopes):
            raise Fault("scope_missing", status=403, params={"scope": " | ".join(self.scopes)})
        seen = caller.key.seen_at
        if caller.till is None and (seen is None or caller.at - seen > SEEN_AGAIN):
            see_key(key=caller.key, at=caller.at)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Never asked: `__call__` answers for it."""
        raise AssertionError("a token is judged where the request is at hand")


class TillKey(HttpBearer):
    """The key of a paired till. ``clerk``: somebody has to be signed in there who has that right."""

    def __init__(self, *, clerk: str = "", even_revoked: bool = False) -> None:
        super().__init__()
        self.clerk = clerk
        self.even_revoked = even_revoked

    def __call__(self, request: HttpRequest) -> Caller:
        caller = _caller(request, even_revoked=self.even_revoked)
        if caller.till is None:
            raise Fault("not_a_till", status=403)
        if self.clerk and caller.clerk is None:
            raise Fault("clerk_missing", status=403)
        if self.clerk and not can(caller.clerk, self.clerk, shop=caller.till.shop):
            raise Fault("clerk_may_not", status=403)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Never asked: `__call__` answers for it."""
        raise AssertionError("a token is judged where the request is at hand")


def check_clerk(caller: Caller, right: str) -> None:
    """The key of a till by itself holds points and lets them go; more is somebody's who signed in there."""
    if caller.till is None:
        return
    if caller.clerk is None:
        raise Fault("clerk_missing", status=403)
    if not can(caller.clerk, right, shop=caller.till.shop):
        raise Fault("clerk_may_not", status=403)


def _caller(request: HttpRequest, *, even_revoked: bool) -> Caller:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    at = timezone.now()
    key = None
    if kind.lower() == "bearer":
        key = key_ever(text=text.strip()) if even_revoked else key_by_secret(text=text.strip(), at=at)
        if key is not None and key.revoked_at is not None and at - key.revoked_at > LAST_DELIVERY:
            key = None
    if key is None:
        raise Fault("key_missing" if not text else "key_unknown", status=401)
    of_programme(key.programme.slug)
    scopes = frozenset(key.scopes)
    if key.till is None:
        return Caller(key=key, by=f"key:{key.pk}", at=at, scopes=scopes)
    clerk = _clerk(request, key.till, at)
    if clerk is None:
        return Caller(key=key, by=f"till:{key.till.pk}", at=at, scopes=scopes)
    for right, more in OF_CLERKS.items():
        if can(clerk, right, shop=key.till.shop):
            scopes |= more
    return Caller(key=key, by=f"staff:{clerk.pk}", at=at, scopes=scopes, clerk=clerk)


def _clerk(request: HttpRequest, till: Till, at: datetime) -> Staff | None:
    """Who signed in at the till. A token that is no longer good is refused by name: the till then asks for the PIN."""
    text = request.headers.get(CLERK, "")
    if not text:
        return None
    clerk = read_clerk_token(text=text, till=till, at=at)
    if clerk is None:
        raise Fault("clerk_unknown", status=401)
    return clerk

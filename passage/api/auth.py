"""Who asks: the key in the header, the programme it belongs to, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from passage.api.problems import Fault
from passage.programme.access import SCOPES
from passage.programme.models import Programme, Source
from passage.programme.queries import key_by_secret


@dataclass(frozen=True, slots=True)
class Caller:
    """A known key, and the one moment that the whole request happens at."""

    programme: Programme
    source: Source
    by: str
    at: datetime
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes


if TYPE_CHECKING:

    class Asked(HttpRequest):
        """A request whose key is known."""

        auth: Caller
else:
    Asked = HttpRequest


class ApiKey(HttpBearer):
    """``Authorization: Bearer pk_…`` of a key that has at least one of ``scopes``."""

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        unknown = set(scopes) - SCOPES
        if unknown or not scopes:
            raise ValueError(f"no such scope: {sorted(unknown)}")
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Caller:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        key = key_by_secret(text=text.strip(), at=(at := timezone.now())) if kind.lower() == "bearer" else None
        if key is None:
            raise Fault("key_missing" if not text else "key_unknown", status=401)
        caller = Caller(
            programme=key.programme, source=key.source, by=f"key:{key.pk}", at=at, scopes=frozenset(key.scopes)
        )
        if caller.scopes.isdisjoint(self.scopes):
            raise Fault("scope_missing", status=403, params={"scope": " | ".join(self.scopes)})
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Never asked: `__call__` answers for it."""
        raise AssertionError("a token is judged where the request is at hand")

"""Who asks, as far as the front needs to know: to give each caller its own place, and those we know the better line."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passage.config.front.bridge import Request

KNOWN_FOR = 3600.0  # seconds since a credential last opened something
MOST_KNOWN = 20_000
# Where an answer of success says that the credential was good.
GUARDED = ("/api/v1/", "/office/", "/me/")
OPEN = ("/api/v1/docs", "/api/v1/openapi.json")


@dataclass(frozen=True, slots=True)
class Caller:
    """``name``: the digest of a credential that we know, else an address."""

    name: str
    is_known: bool
    credential: str


class Callers:
    """Nothing here lets anybody in: a request is judged by the page that it reaches, as if there were no lines."""

    def __init__(self, *, session_cookie: str, trusts_proxy: bool) -> None:
        self._cookie = f"{session_cookie}="
        self._trusts_proxy = trusts_proxy
        self._known: OrderedDict[str, float] = OrderedDict()

    def of(self, request: Request) -> Caller:
        credential = self._credential(request)
        seen = self._known.get(credential, 0.0) if credential else 0.0
        if credential and time.monotonic() - seen < KNOWN_FOR and seen:
            return Caller(credential, True, credential)
        return Caller(self._address(request), False, credential)

    def answered(self, caller: Caller, *, path: str, status: int) -> None:
        """What the page behind thought of the credential."""
        if not caller.credential or not path.startswith(GUARDED) or path.startswith(OPEN):
            return
        if status == HTTPStatus.UNAUTHORIZED:
            self._known.pop(caller.credential, None)
        elif status < HTTPStatus.MULTIPLE_CHOICES:
            self._known[caller.credential] = time.monotonic()
            self._known.move_to_end(caller.credential)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def _credential(self, request: Request) -> str:
        headers = request.headers
        said = headers.get("authorization") or ""
        if not said:
            cookies = (each.strip() for each in (headers.get("cookie") or "").split(";"))
            said = next((each for each in cookies if each.startswith(self._cookie)), "")
        return hashlib.sha256(said.encode()).hexdigest() if said else ""

    def _address(self, request: Request) -> str:
        if self._trusts_proxy and (told := request.headers.get("x-forwarded-for")):
            return str(told).rpartition(",")[2].strip()
        return request.client.rpartition(":")[0]

"""Every page of the house, asked and sent what nobody should send, by everybody who may knock."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.test import Client

from passage.programme import actions as programmes
from passage.programme.models import Role
from tests.cast import AT, BY, PASSWORD, Cast, a_bakery
from tests.house.reading import package
from tests.journeys import test_page_rights as rights
from tests.removal import undone

ASKED = re.compile(r"""(?:GET|POST)(?:\.get|\.getlist)?[(\[]["'](\w+)["']""")
FIELD = re.compile(r'<(?:input|select|textarea|button)[^>]*\bname="([^"]+)"')
VALUES = [
    *("", " ", "abc", "0", "-1", "1", "007", "1.5", "1,5", "1e9", "NaN", "Infinity", "true", "null", "[]", "{}"),
    *("9" * 20, "-" + "9" * 30, "9" * 400, str(2**31), str(2**63), str(2**63 - 1), "１２３", "١٢٣", "1_000", "0x10"),
    *("2026-13-45", "0001-01-01", "9999-12-31", "2026-03-29", "29.02.2025", "24:61", "-0001-01-01"),
    *("\x00", "a\x00b", "\u202e", "\ud7ff", "\ufeff", "💥", "é" * 300, "a" * 5000, "\r\nX-Y: z"),
    *("' OR 1=1 --", '"><script>', "%", "_", "%00", "%ff", "../../etc/passwd", "//evil.example", "javascript:x"),
    *("00000000-0000-0000-0000-000000000000", "f" * 32, "=1+1", "＝1", "{{7*7}}", "on", "save", "dismiss"),
]


@dataclass
class Told:
    """How often each status was answered, and what was a fault of ours."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Street:
    """A programme with something of everything, and everybody who may knock, the owner among them."""

    def __init__(self) -> None:
        self.cast = a_bakery()
        self.clients: dict[str, Client] = rights.clients.__wrapped__(self.cast)
        owner = programmes.create_login(email="owner@example.org", password=PASSWORD)
        programmes.hire(programme=self.cast.bakery, login=owner, role=Role.OWNER, by=BY, at=AT)
        self.clients["owner"] = Client()
        self.clients["owner"].force_login(owner)
        for client in self.clients.values():
            client.raise_request_exception = False
        self.known = self._known(self.cast)
        self.names = sorted({name for source in package() for name in ASKED.findall(source.text)})

    def _known(self, cast: Cast) -> dict[str, object]:
        made = rights.a_till_with_a_problem(cast)
        return {"sale": rights.a_sale(self.clients["piotr"]), "member": cast.anna.public_id, **made}

    def knock(self, *, wanted: int, seed: int) -> Told:
        """So many requests; each leaves everything as it was."""
        chance, told = random.Random(seed), Told()
        for number, (address, only_posts) in enumerate(self._addresses(chance)):
            if number >= wanted:
                break
            # The page of the owner knows most fields; the others are refused early.
            person = chance.choice([*self.clients, *["owner"] * 6, "maria"])
            cache.clear()
            # What the request did is undone, so its cookies are as well: else whoever signed out stays so.
            kept = deepcopy(self.clients[person].cookies)
            with undone():
                self.ask(person, address, chance, told, posts=only_posts or chance.random() < 0.5)
            self.clients[person].cookies = kept
        return told

    def _addresses(self, chance: random.Random) -> Iterator[tuple[str, bool]]:
        """Each page in its turn, for ever; now and then with something else in the place of a number or a name."""
        while True:
            for address, answers in rights.PAGES.values():
                is_true = chance.random() < 0.8
                known = self.known if is_true else {name: self._odd(chance) for name in self.known}
                yield address.format(**known), answers[0] == rights.POST

    def _odd(self, chance: random.Random) -> str:
        return re.sub(r"[^\w.-]", "", chance.choice(VALUES)) or "0"

    def ask(self, person: str, address: str, chance: random.Random, told: Told, *, posts: bool) -> None:
        """One page with a few parameters, or one form with most of its fields; what was answered is in ``told``."""
        client = self.clients[person]
        query = {name: chance.choice(VALUES) for name in chance.sample(self.names, chance.randint(1, 4))}
        sent: dict[str, Any] = {}
        if posts:
            page = client.get(address)
            text = "" if page.streaming else page.content.decode(errors="replace")
            sent = {name: chance.choice(VALUES) for name in FIELD.findall(text) or self.names if chance.random() < 0.8}
            answer = client.post(address, sent, query_params=query)
        else:
            answer = client.get(address, query)
        told.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            how = f"POST {sent!r:.600}" if posts else "GET"
            told.faults.append(f"{person} {how} {address} {query!r:.400}: {answer.status_code} {_why(answer)}")


def _why(answer: Any) -> str:
    """The exception behind it, in one line."""
    kind, raised, trace = getattr(answer, "exc_info", None) or (None, None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('passage/')[2]}:{trace.tb_lineno}" if trace else ""
    return f"{kind.__name__ if kind else ''} {raised!s:.200} {place}"

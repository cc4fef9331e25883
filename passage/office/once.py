"""Every form that writes names what it asks for, so that one that is sent twice counts once.

The name is made with the page and comes back with the form. What is not idempotent by nature and has no key of its
own is kept under it with what it did: see `passage.audit.actions.once`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest

from passage.audit import actions as audit
from passage.programme import queries as programmes
from passage.programme.actions import add_source
from passage.programme.errors import Refused
from passage.programme.models import Programme, Source, Staff
from passage.ui.context import entry_of

SOURCE = "office"
NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "entry"})


def once(request: HttpRequest, staff: Staff, work: Callable[[], str], *, at: datetime) -> str:
    """Does ``work`` once for each name that this address gets, and gives again what it answered the first time.

    Raises what ``work`` refuses, and ``Refused("key_reused")`` for other content under the same name.
    """
    mark = f"{request.path} {entry_of(request)}".encode()
    typed = sorted((name, texts) for name, texts in request.POST.lists() if name not in NOT_CONTENT)
    done = audit.once(
        programme=staff.programme,
        source=source(staff.programme),
        key=hashlib.sha256(mark).hexdigest() if "entry" in request.POST else "",
        asked=repr(typed).encode(),
        work=work,
        at=at,
    )
    return done.subject


def source(programme: Programme) -> Source:
    """What the pages of the office record under, made with the first of it."""
    known = programmes.source_by_code(programme=programme, code=SOURCE)
    if known is not None:
        return known
    try:
        return add_source(programme=programme, code=SOURCE, name="Back office")
    except Refused:  # somebody else was first
        again = programmes.source_by_code(programme=programme, code=SOURCE)
        assert again is not None
        return again

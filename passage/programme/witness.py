"""Who writes down what happens to the programme itself.

The audit room stands above this one, so it cannot be imported from here: it presents itself when the
application starts. Without a witness nothing is done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from passage.programme.models import Programme


class Witness(Protocol):
    def __call__(
        self, *, programme: Programme, by: str, verb: str, subject: str, at: datetime, **detail: Any
    ) -> object: ...


class Unwitnessed(RuntimeError):
    """An action of the programme that nobody would write down."""


_present: list[Witness] = []


def present(*, witness: Witness) -> None:
    """Replaces the witness. Called once, by the audit room."""
    _present[:] = [witness]


def note(*, programme: Programme, by: str, verb: str, subject: str, at: datetime, **detail: Any) -> None:
    """Call it inside the transaction of what it tells of. Raises `Unwitnessed` when nobody listens."""
    if not _present:
        raise Unwitnessed(verb)
    _present[0](programme=programme, by=by, verb=verb, subject=subject, at=at, **detail)

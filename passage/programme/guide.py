"""The guided start of a programme: the same four steps for everybody, on whichever page one stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STAGES: tuple[tuple[str, str | Promise, str], ...] = (
    ("programme", _("Sign in"), ""),
    ("clerks", _("Create clerks"), "office:begin_clerks"),
    ("members", _("Add members"), "office:begin_members"),
    ("points", _("Set the coefficients"), "office:begin_points"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the four. ``page`` is empty for one that cannot be gone to."""

    number: int
    title: str | Promise
    page: str
    is_done: bool
    is_here: bool


def stages(*, done: Collection[str], here: str) -> list[Stage]:
    is_founded = "programme" in done
    return [
        Stage(number, title, reverse(page) if page and is_founded else "", name in done, name == here)
        for number, (name, title, page) in enumerate(STAGES, start=1)
    ]

"""The programme's settings, and what every name and choice in it must be."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import TypedDict, Unpack

from babel.numbers import list_currencies
from django.conf import settings
from django.db import transaction
from phonenumbers import SUPPORTED_REGIONS

from passage.engine.facts import Clawback, Restore
from passage.programme import addresses, limits
from passage.programme.countries import known_zones
from passage.programme.errors import Refused
from passage.programme.links import looks_like_link
from passage.programme.models import Programme
from passage.programme.witness import note

PHONE = re.compile(r"\+[0-9]{6,15}")
PAGE = re.compile(r"https?://[^\s<>\"']{3,190}")


class Settings(TypedDict, total=False):
    """Where the programme is at home, and what decides its arithmetic (see `passage.engine.facts.Terms`)."""

    zone: str
    language: str
    region: str
    basis_with_tax: bool
    delivery_earns: bool
    points_paid_earns: bool
    gift_card_paid_earns: bool
    restore: str
    clawback: str
    restored_days: int
    leap_day_on_28th: bool
    reservation_minutes: int
    late_days: int
    support_email: str
    support_phone: str
    support_page: str


@transaction.atomic
def change_settings(
    *, programme: Programme, by: str, at: datetime, name: str, currency: str, **chosen: Unpack[Settings]
) -> Programme:
    """Other terms from now on: a purchase keeps those it was settled under. Writes down what was and what is.

    Whoever lets the currency be changed has seen that nothing was bought yet. Raises ``Refused``: invalid (field).
    """
    held: Programme = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    among(currency, list_currencies(), field="currency")
    check(chosen)
    wanted = {"name": named(name), "currency": currency, **chosen}
    changed = {field: [getattr(held, field), value] for field, value in wanted.items() if getattr(held, field) != value}
    if changed:
        for field, (_was, value) in changed.items():
            setattr(held, field, value)
        held.save(update_fields=sorted(changed))
        subject = f"programme:{held.slug}"
        note(programme=held, by=by, verb="programme.changed", subject=subject, at=at, changed=changed)
    return held


def check(chosen: Settings, /) -> None:
    """Raises ``Refused``: invalid, with the field."""
    for field, allowed in _choices().items():
        if field in chosen:
            among(str(chosen[field]), allowed, field=field)  # type: ignore[literal-required]
    if email := chosen.get("support_email"):
        addresses.as_written(email, field="support_email")
    for field, pattern in (("support_phone", PHONE), ("support_page", PAGE)):
        if (text := chosen.get(field)) and not pattern.fullmatch(str(text)):
            raise Refused("invalid", field=field)


def among(value: str, allowed: Collection[str], *, field: str) -> None:
    """Raises ``Refused``: invalid, for what is not one of them."""
    if value not in allowed:
        raise Refused("invalid", field=field)


def named(text: str, *, field: str = "name", may_be_empty: bool = False, may_be_link: bool = False) -> str:
    """The name with single blanks. Raises ``Refused``: too_long, invalid, like_a_link."""
    said = " ".join(text.split())
    if len(said) > limits.NAME:
        raise Refused("too_long", field=field, params={"limit": limits.NAME})
    if not said.isprintable() or not (said or may_be_empty):
        raise Refused("invalid", field=field)
    if not may_be_link and looks_like_link(said):
        raise Refused("like_a_link", field=field)
    return said


def _choices() -> dict[str, Collection[str]]:
    return {
        "zone": known_zones(),
        "language": dict(settings.LANGUAGES),
        "region": SUPPORTED_REGIONS,
        "restore": list(Restore),
        "clawback": list(Clawback),
    }

"""Whom a person can turn to: the contacts of the programme that they work for or belong to."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from passage.members.models import Member
from passage.programme.access import place
from passage.programme.models import Login, Programme


@dataclass(frozen=True, slots=True)
class Support:
    """At least one of the three is there."""

    programme: str
    email: str
    phone: str
    page: str


def support_of(request: HttpRequest) -> Support | None:
    """None for a stranger, and where the programme names nobody."""
    login = getattr(request, "user", None)
    programme = _programme(login) if isinstance(login, Login) else None
    if programme is None:
        return None
    found = Support(programme.name, programme.support_email, programme.support_phone, programme.support_page)
    return found if found.email or found.phone or found.page else None


def _programme(login: Login) -> Programme | None:
    staff = place(login=login)
    if staff is not None:
        return staff.programme
    member = Member.objects.filter(login=login).select_related("programme").order_by("id").first()
    return member.programme if member else None

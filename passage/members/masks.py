"""What may be seen of a member over a counter: enough to ask "is that you?", not enough to reach or to find anybody."""

from __future__ import annotations

from dataclasses import dataclass

from passage.members.models import Member

DOTS = "•••"


@dataclass(frozen=True, slots=True)
class Masked:
    """First name and initial, the last two digits, the first letters of the address; empty where there is nothing."""

    name: str
    phone: str
    email: str


def masked(member: Member, /) -> Masked:
    return Masked(name=_name(member), phone=_phone(member.phone), email=_email(member.email))


def _name(member: Member) -> str:
    initial = f"{member.last_name[0]}." if member.last_name else ""
    return f"{member.first_name} {initial}".strip()


def _phone(number: str) -> str:
    return f"{DOTS} {number[-2:]}" if number else ""


def _email(address: str) -> str:
    local, at, domain = address.partition("@")
    return f"{local[0]}{DOTS}@{domain[0]}{DOTS}" if at and local and domain else ""

"""Finding members: always within one programme and by a canonical form, in a number of statements that rows do not change.

Whoever was merged is answered for by the member they were merged into.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q

from passage.members import canonical
from passage.members.masks import Masked as Masked
from passage.members.masks import masked as masked
from passage.members.models import Consent, Member, MemberQuerySet
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Login, Programme

K = TypeVar("K", bound=Hashable)
# Who is no member of their own: they live on as another one, or not at all.
GONE = (Member.Status.MERGED, Member.Status.ERASED)
# Unique details that may be empty: SQLite uses their index only when the question says that they are not.
SPARSE = frozenset({"email_key", "phone", "external_id"})
# No character of a folded name comes after it.
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Page:
    """``after`` is what to ask for the next page with; empty on the last one."""

    members: list[Member]
    after: str


def find(*, programme: Programme, text: str) -> list[Member]:
    """The members whose e-mail, phone (in any spelling) or number in another system is ``text``, oldest first."""
    typed = text.strip()
    if not typed or len(typed) > limits.EMAIL or not typed.isprintable():
        return []
    same = holds("external_id", typed)
    if email := _or_nothing(typed, programme=programme, kind="email"):
        same |= holds("email_key", email)
    if phone := _or_nothing(typed, programme=programme, kind="phone"):
        same |= holds("phone", phone)
    found = list(_of(programme).filter(same).order_by("id")[: limits.PAGE])
    return list({member.pk: member for member in _followed(programme, found).values()}.values())


def search(*, programme: Programme, text: str, after: str = "", limit: int = limits.PAGE) -> Page:
    """Members by name, in the order of names: the beginning of the last name, or first and last in any order; where
    no last name begins so, the beginning of a first name.

    Accents and case do not matter. An empty text lists everybody, those without a name last. ``after`` comes from the page before.
    Raises ``Refused("bad_cursor")``. How few letters a till may search by (E-47) is the till's to ask.
    """
    members = _of(programme).exclude(status__in=GONE)
    words = canonical.folded(text[: canonical.NAME_KEY]).split()
    if not words and text.strip():
        return Page(members=[], after="")
    last = by_public_id(programme=programme, public_id=after) if after else None
    if after and last is None:
        raise Refused("bad_cursor", field="after")
    size = max(1, min(limit, limits.PAGE))
    found = list(_named_after(members.filter(_named(words)) if words else members, last)[: size + 1])
    if words and not found:
        # Nobody's last name: then perhaps a first name. It reads every name, so it comes second.
        found = list(_named_after(members.filter(name_key__contains=f" {' '.join(words)}"), last)[: size + 1])
    if not words and len(found) <= size:
        found += list(_nameless_after(members, last)[: size + 1 - len(found)])
    return Page(members=found[:size], after=str(found[size - 1].public_id) if len(found) > size else "")


def _named_after(members: MemberQuerySet, last: Member | None) -> MemberQuerySet:
    """Those with a name, in its order; two stretches of the index and no sorting."""
    if last is not None and not last.name_key:
        return members.none()
    if last is not None:
        members = members.filter(Q(name_key__gt=last.name_key) | Q(name_key=last.name_key, id__gt=last.pk))
    return members.exclude(name_key="").order_by("name_key", "id")


def _nameless_after(members: MemberQuerySet, last: Member | None) -> MemberQuerySet:
    """Bearers of a mere card come after everybody with a name."""
    if last is not None and not last.name_key:
        members = members.filter(id__gt=last.pk)
    return members.filter(name_key="").order_by("id")


def candidates(*, programme: Programme, text: str) -> list[Member]:
    """Members whom a counter may mean by part of what it knows: the last four digits of a phone, the beginning of an
    e-mail address, or a name; in the order of names, at most `limits.CANDIDATES`.

    Raises ``Refused("too_short_to_search")``. They are to be shown masked, and one of them confirmed (S-13, E-47).
    """
    typed = " ".join(text.split())
    if len(typed) < limits.SEARCHED:
        raise Refused("too_short_to_search", field="text", params={"limit": limits.SEARCHED})
    if not typed.isprintable() or len(typed) > limits.EMAIL:
        return []
    members = _of(programme).exclude(status__in=GONE)
    if typed.isascii() and typed.isdigit():
        tail = typed[-limits.PHONE_TAIL :]
        rows = members.filter(holds("phone_tail", tail), phone__endswith=typed.removeprefix("0"))
        return list(rows.order_by("name_key", "id")[: limits.CANDIDATES])
    found = [] if "@" in typed else search(programme=programme, text=typed, limit=limits.CANDIDATES).members
    if " " not in typed and len(found) < limits.CANDIDATES:
        begun = members.filter(_begins(typed.lower(), column="email_key"), ~Q(email_key=""))
        found += list(begun.order_by("email_key")[: limits.CANDIDATES])
    unique = {member.pk: member for member in found}
    return sorted(unique.values(), key=lambda each: (each.name_key, each.pk))[: limits.CANDIDATES]


def by_public_id(*, programme: Programme, public_id: UUID | str) -> Member | None:
    """The member as stored, a merged one included: `resolve` leads on. None also for what is no id at all."""
    wanted = _uuid(public_id)
    found: Member | None = _of(programme).filter(public_id=wanted).first() if wanted else None
    return found


def any_member(programme: Programme, /) -> bool:
    return bool(_of(programme).exclude(status__in=GONE).exists())


def consents(member: Member) -> dict[str, bool]:
    """What the member said last, by purpose; a purpose never asked about is not in the answer."""
    rows = Consent.objects.of(member.programme_id).filter(member=member).order_by("id")
    return {row.purpose: row.given for row in rows}


def consents_of_all(*, programme: Programme, ids: Iterable[int]) -> dict[int, dict[str, bool]]:
    """What each member said last, by purpose; whoever was never asked is not in the answer."""
    said: dict[int, dict[str, bool]] = {}
    for row in Consent.objects.of(programme).filter(member__in=list(ids)).order_by("id"):
        said.setdefault(row.member_id, {})[row.purpose] = row.given
    return said


def by_login(*, programme: Programme, login: Login) -> Member | None:
    found: Member | None = _of(programme).filter(login=login).first()
    return found


def by_public_ids(*, programme: Programme, public_ids: Iterable[UUID | str]) -> dict[str, Member]:
    """By the text of the id as asked for; unknown ids are not in the answer."""
    asked = {str(each): _uuid(each) for each in public_ids}
    found = _keyed(programme, field="public_id", values=[each for each in asked.values() if each])
    return {text: found[wanted] for text, wanted in asked.items() if wanted in found}


def by_ids(*, programme: Programme, ids: Iterable[int]) -> dict[int, Member]:
    return _keyed(programme, field="pk", values=list(ids))


def by_external_ids(*, programme: Programme, external_ids: Iterable[str]) -> dict[str, Member]:
    return _keyed(programme, field="external_id", values=[each for each in external_ids if each and each.isprintable()])


def by_unique(*, programme: Programme, column: str, values: Iterable[str]) -> dict[str, Member]:
    """By one of the details that no two members share, each in the spelling it is kept in: SPARSE names the columns."""
    if column not in SPARSE:
        raise ValueError(f"{column} is shared by members")
    return _keyed(programme, field=column, values=[each for each in values if each])


def resolve(member: Member) -> Member:
    """The member that this one is now: itself, unless merged."""
    if member.merged_into_id is None:
        return member
    return _followed(member.programme, [member])[member.pk]


def usable(member: Member) -> Member:
    """The member to serve. Raises ``Refused("member_blocked")``, ``unknown_member`` for one who is gone."""
    present = resolve(member)
    if present.status == Member.Status.BLOCKED:
        raise Refused("member_blocked", field="member")
    if present.status == Member.Status.ERASED:
        raise Refused("unknown_member", field="member")
    return present


def holds(column: str, value: str) -> Q:
    """``column = value`` for a column that may be empty: said so, because SQLite uses the index of those that are
    not empty only then."""
    return Q(**{column: value}) & ~Q(**{column: ""})


def _of(programme: Programme) -> MemberQuerySet:
    return Member.objects.of(programme)


def _keyed(programme: Programme, *, field: str, values: Sequence[K]) -> dict[K, Member]:
    """Members by one of their fields, resolved: one statement for each `limits.IN_ONE_QUERY` values."""
    wanted = list(dict.fromkeys(values))
    stored: dict[K, Member] = {}
    for start in range(0, len(wanted), limits.IN_ONE_QUERY):
        part = wanted[start : start + limits.IN_ONE_QUERY]
        some = Q(**{f"{field}__in": part})
        members = _of(programme).filter(some & ~Q(**{field: ""}) if field in SPARSE else some)
        stored |= {getattr(member, field): member for member in members}
    present = _followed(programme, stored.values())
    return {key: present[member.pk] for key, member in stored.items()}


def _followed(programme: Programme, members: Iterable[Member]) -> Mapping[int, Member]:
    """For the id of each member, who they are now. No statement where nobody was merged, else one for each hop."""
    known = {member.pk: member for member in members}
    present = dict(known)
    for _hop in range(limits.MERGES):
        merged = {start: each.merged_into_id for start, each in present.items() if each.merged_into_id is not None}
        if not merged:
            return present
        unknown = sorted(set(merged.values()) - known.keys())
        for start in range(0, len(unknown), limits.IN_ONE_QUERY):
            part = unknown[start : start + limits.IN_ONE_QUERY]
            known |= {member.pk: member for member in _of(programme).filter(pk__in=part)}
        present |= {start: known[target] for start, target in merged.items()}
    raise RuntimeError("members merged in a circle")


def _named(words: list[str]) -> Q:
    """Keys are "last first": the words as they stand begin the key, or the last word does and the others follow."""
    turned = Q()
    if len(words) > 1:
        turned = _begins(words[-1]) & Q(name_key__contains=f" {' '.join(words[:-1])}")
    return _begins(" ".join(words)) | turned if turned else _begins(" ".join(words))


def _begins(prefix: str, *, column: str = "name_key") -> Q:
    """A stretch of the index. SQLite does not use one for LIKE, and compares byte by byte; PostgreSQL does the reverse."""
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": prefix, f"{column}__lt": prefix + LAST})
    return Q(**{f"{column}__startswith": prefix})


def _or_nothing(text: str, *, programme: Programme, kind: str) -> str:
    try:
        if kind == "email":
            return canonical.email(text) if "@" in text else ""
        return canonical.phone(text, region=programme.region)
    except Refused:
        return ""


def _uuid(text: UUID | str) -> UUID | None:
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text)
    except ValueError:
        return None

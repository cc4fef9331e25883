"""Finding members: always within one programme and by a canonical form, in a number of statements that rows do not change.

Whoever was merged is answered for by the member they were merged into.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from passage.members import canonical
from passage.members.masks import Masked as Masked
from passage.members.masks import masked as masked
from passage.members.models import Consent, Member, MemberQuerySet, Merge
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.models import Login, Programme

K = TypeVar("K", bound=Hashable)
# Records that are nobody: an alias of somebody else, and who was erased.
NOBODY = (Member.Status.MERGED, Member.Status.ERASED)
# Unique details that may be empty: SQLite uses their index only when the question says that they are not.
SPARSE = frozenset({"email_key", "phone", "external_id"})
# No character of a folded name comes after it.
LAST = "\U0010ffff"
# Of so many members every name can be read while somebody waits.
FEW = 20_000


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
    """Members by name, in the order of names: by the beginning of "last first"; where nobody's begins so, of "first last";
    then by the beginnings of both; and where there are few members, by a word inside.

    Accents and case do not matter. An empty text lists everybody, those without a name last. ``after`` comes from the
    page before. Raises ``Refused("bad_cursor")``. How few letters a till may search by (E-47) is the till's to ask.
    """
    members = _of(programme).exclude(status__in=NOBODY)
    words = canonical.folded(text[: canonical.NAME_KEY]).split()
    if not words and text.strip():
        return Page(members=[], after="")
    last = by_public_id(programme=programme, public_id=after) if after else None
    if after and last is None:
        raise Refused("bad_cursor", field="after")
    size = max(1, min(limit, limits.PAGE))
    if words:
        found = next((rows for way in WAYS if (rows := list(way(members, words, last)[: size + 1]))), [])
        if not found and _are_few(programme):
            found = list(_by_a_word_inside(members, words, last)[: size + 1])
    else:
        found = list(_named_after(members, last)[: size + 1])
    if not words and len(found) <= size:
        found += list(_nameless_after(members, last)[: size + 1 - len(found)])
    return Page(members=found[:size], after=str(found[size - 1].public_id) if len(found) > size else "")


def _by_last_name(members: MemberQuerySet, words: list[str], last: Member | None) -> MemberQuerySet:
    return _named_after(members.filter(_begins(" ".join(words))), last)


def _by_first_name(members: MemberQuerySet, words: list[str], last: Member | None) -> MemberQuerySet:
    return _named_after(members.filter(_begins(" ".join(words), column="turned_key")), last, column="turned_key")


def _by_both_beginnings(members: MemberQuerySet, words: list[str], last: Member | None) -> MemberQuerySet:
    """ "ann kowalsk": a stretch of last names is read for those with such a first name."""
    if len(words) == 1:
        return members.none()
    inside = Q(name_key__contains=f" {' '.join(words[:-1])}")
    return _named_after(members.filter(_begins(words[-1]) & inside), last)


def _by_a_word_inside(members: MemberQuerySet, words: list[str], last: Member | None) -> MemberQuerySet:
    """The "Goff" of Le Goff. It reads every name, and so is asked only where there are few enough."""
    return _named_after(members.filter(name_key__contains=f" {' '.join(words)}"), last)


def _are_few(programme: Programme) -> bool:
    """From the index alone; those who were merged count as well."""
    return not list(_of(programme).order_by("name_key").values_list("name_key", flat=True)[FEW : FEW + 1])


# How a name is understood, in this order: the first way that finds anybody is the answer.
WAYS = (_by_last_name, _by_first_name, _by_both_beginnings)


def _named_after(members: MemberQuerySet, last: Member | None, *, column: str = "name_key") -> MemberQuerySet:
    """Those with a name, in its order; two stretches of the index and no sorting."""
    if last is not None and not last.name_key:
        return members.none()
    if last is not None:
        name = getattr(last, column)
        members = members.filter(Q(**{f"{column}__gt": name}) | Q(**{column: name, "id__gt": last.pk}))
    return members.exclude(**{column: ""}).order_by(column, "id")


def _nameless_after(members: MemberQuerySet, last: Member | None) -> MemberQuerySet:
    """Bearers of a mere card come after everybody with a name."""
    if last is not None and not last.name_key:
        members = members.filter(id__gt=last.pk)
    return members.filter(name_key="").order_by("id")


def candidates(*, programme: Programme, text: str, by_parts: bool) -> list[Member]:
    """Members whom a counter may mean by what it knows: the last four digits of a phone, or a whole name; in the order
    of names, at most `limits.CANDIDATES`.

    ``by_parts``, for who may see members: also the beginning of an e-mail address or of a name, or more of the end of a
    phone number. Anybody else could ask for one character more each time until they have it all.
    Raises ``Refused("too_short_to_search")``. They are to be shown masked, and one of them confirmed (S-13, E-47).
    """
    typed = " ".join(text.split())
    if len(typed) < limits.SEARCHED:
        raise Refused("too_short_to_search", field="text", params={"limit": limits.SEARCHED})
    if not typed.isprintable() or len(typed) > limits.EMAIL:
        return []
    members = _of(programme).exclude(status__in=NOBODY)
    if typed.isascii() and typed.isdigit():
        tail = typed[-limits.PHONE_TAIL :]
        rows = members.filter(holds("phone_tail", tail))
        if typed != tail:
            rows = rows.filter(phone__endswith=typed.removeprefix("0")) if by_parts else rows.none()
        return list(rows.order_by("name_key", "id")[: limits.CANDIDATES])
    if not by_parts:
        name = canonical.folded(typed)
        same = members.filter(Q(name_key=name) | Q(turned_key=name)).exclude(name_key="")
        return list(same.order_by("name_key", "id")[: limits.CANDIDATES])
    found = [] if "@" in typed else search(programme=programme, text=typed, limit=limits.CANDIDATES).members
    if " " not in typed and len(found) < limits.CANDIDATES:
        begun = members.filter(_begins(typed.lower(), column="email_key"), ~Q(email_key=""))
        found += list(begun.order_by("email_key")[: limits.CANDIDATES])
    unique = {member.pk: member for member in found}
    return sorted(unique.values(), key=lambda each: (each.name_key, each.pk))[: limits.CANDIDATES]


def look_alikes(programme: Programme, *, limit: int = limits.PAGE) -> list[tuple[Member, Member]]:
    """Pairs who may be one person: the same name, and the same birthday or end of a phone number; the older first.

    In the order of names. Three statements, each along the index of names.
    """
    living = _of(programme).exclude(status__in=NOBODY).exclude(name_key="")
    keys: set[tuple[str, str, str]] = set()
    for sign in ("birthday", "phone_tail"):
        same = living.exclude(**{sign: ""}).values("name_key", sign).annotate(count=Count("id")).filter(count__gt=1)
        found = same.order_by("name_key", sign).values_list("name_key", sign)[:limit]
        keys |= {(sign, name, kept) for name, kept in found}
    rows = living.filter(name_key__in={name for _sign, name, _kept in keys}).order_by("name_key", "id")
    groups: dict[tuple[str, str, str], list[Member]] = {}
    for row in rows:
        for sign in ("birthday", "phone_tail"):
            if (key := (sign, row.name_key, getattr(row, sign))) in keys:
                groups.setdefault(key, []).append(row)
    pairs = {(first.pk, each.pk): (first, each) for first, *others in groups.values() for each in others}
    return sorted(pairs.values(), key=lambda pair: (pair[0].name_key, pair[0].pk, pair[1].pk))[:limit]


def by_public_id(*, programme: Programme, public_id: UUID | str) -> Member | None:
    """The member as stored, a merged one included: `resolve` leads on. None also for what is no id at all."""
    wanted = _uuid(public_id)
    found: Member | None = _of(programme).filter(public_id=wanted).first() if wanted else None
    return found


def any_member(programme: Programme, /) -> bool:
    return bool(_of(programme).exclude(status__in=NOBODY).exists())


def consents(member: Member) -> dict[str, bool]:
    """What the member said last, by purpose; a purpose never asked about is not in the answer."""
    return {purpose: row.given for purpose, row in last_consents(member).items()}


def last_consents(member: Member) -> dict[str, Consent]:
    """The latest answer to each purpose, with its wording."""
    return {row.purpose: row for row in all_consents(member)}


def all_consents(member: Member) -> list[Consent]:
    """Every answer that the member ever gave, in order: the proof."""
    return list(Consent.objects.of(member.programme_id).filter(member=member).order_by("id"))


def merges(member: Member) -> list[Merge]:
    """Who turned out to be this member, latest first; those undone since too."""
    rows = Merge.objects.of(member.programme_id).filter(kept=member).select_related("gone", "kept", "programme")
    return list(rows.order_by("-id"))


def consents_of_all(*, programme: Programme, ids: Iterable[int]) -> dict[int, dict[str, bool]]:
    """What each member said last, by purpose; whoever was never asked is not in the answer."""
    said: dict[int, dict[str, bool]] = {}
    for row in Consent.objects.of(programme).filter(member__in=list(ids)).order_by("id"):
        said.setdefault(row.member_id, {})[row.purpose] = row.given
    return said


def by_login(*, programme: Programme, login: Login) -> Member | None:
    found: Member | None = _of(programme).filter(login=login).first()
    return found


def is_somebodys(login: Login) -> bool:
    """Whether the log-in is that of a member, in whichever programme."""
    return bool(Member.objects.filter(login=login).exists())


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


def resolve_all(programme: Programme, *, members: Iterable[Member]) -> Mapping[int, Member]:
    """For the key of each of these records, the member that it is now. No statement where nobody was merged."""
    return _followed(programme, members)


def usable(member: Member) -> Member:
    """The member to serve. Raises ``Refused("member_blocked")``, and ``unknown_member`` for who was erased."""
    present = resolve(member)
    if present.status == Member.Status.ERASED:
        raise Refused("unknown_member", field="member")
    if present.status == Member.Status.BLOCKED:
        raise Refused("member_blocked", field="member")
    return present


def records(programme: Programme, *, people: Iterable[int]) -> dict[int, int]:
    """All records of these persons: who each record is today, by its key, the persons themselves included. One statement.

    History stays under the record that it happened to; whoever asks a person's history asks for all of them.
    """
    wanted = set(people)
    aliases = _of(programme).filter(merged_into__in=wanted).values_list("id", "merged_into_id")
    return {person: person for person in wanted} | dict(aliases)


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
    """For the id of each member, who they are now: an alias leads straight to them. No statement without any alias."""
    known = {member.pk: member for member in members}
    merged = {member.pk: member.merged_into_id for member in known.values() if member.merged_into_id is not None}
    unknown = sorted(set(merged.values()) - known.keys())
    for start in range(0, len(unknown), limits.IN_ONE_QUERY):
        part = unknown[start : start + limits.IN_ONE_QUERY]
        known |= {member.pk: member for member in _of(programme).filter(pk__in=part)}
    return {pk: known[merged.get(pk, pk)] for pk in known}


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

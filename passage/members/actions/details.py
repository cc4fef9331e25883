"""Members as they are enrolled, put right, blocked and heard: whatever changes one member alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from passage.audit.actions import note
from passage.members import canonical, queries
from passage.members.actions.rows import locked, put_keys, subject_of
from passage.members.consents import WORDINGS
from passage.members.errors import Invalid, Taken
from passage.members.models import Consent, Member
from passage.programme import addresses, limits
from passage.programme.errors import Refused
from passage.programme.models import Login, Programme


class Details(TypedDict, total=False):
    """What a member may tell about themselves; an empty text takes it back."""

    first_name: str
    last_name: str
    email: str
    phone: str
    birthday: str
    name_day: str
    language: str
    tags: Sequence[str]
    external_id: str


# The columns that no two members of a programme share, with the field a person knows them by.
UNIQUE = {"email_key": "email", "phone": "phone", "external_id": "external_id"}


@transaction.atomic
def enrol(
    *, programme: Programme, by: str, at: datetime, public_id: UUID | str | None = None, **details: Unpack[Details]
) -> Member:
    """A new member; every detail may be missing. E-mail, phone and day are checked and kept in one spelling.

    ``public_id`` is the number of one who was lost with a backup and comes back under it.
    Raises `Taken` for an e-mail, phone or external id that another member has, `Invalid` for what cannot be.
    """
    columns = _columns(details, programme=programme)
    number = {"public_id": public_id} if public_id else {}
    member = Member(programme=programme, joined_at=at, **number, **columns)
    _keep(member, insert=True)
    note(
        programme=programme, by=by, verb="member.enrolled", subject=subject_of(member), at=at, **_flags(member, columns)
    )
    return member


@transaction.atomic
def edit(*, member: Member, by: str, at: datetime, **details: Unpack[Details]) -> Member:
    """Changes what is given and leaves the rest; the audit says which fields changed, never what they held.

    Raises as `enrol` does, and ``Refused("member_merged")``.
    """
    held = locked(member)
    columns = _columns(details, programme=held.programme)
    changed = {column: value for column, value in columns.items() if getattr(held, column) != value}
    if not changed:
        return held
    for column, value in changed.items():
        setattr(held, column, value)
    put_keys(held)
    _keep(held, insert=False)
    fields = sorted(changed.keys() - {"email_key", "name_key"})
    note(
        programme=held.programme,
        by=by,
        verb="member.edited",
        subject=subject_of(held),
        at=at,
        fields=fields,
        **_flags(held, changed),
    )
    return held


@transaction.atomic
def record_consents(*, member: Member, given: Mapping[str, bool], source: str, by: str, at: datetime) -> list[Consent]:
    """Writes down what the member said to each purpose, with the wording that stands now; what was said before stays.

    What changes nothing writes nothing. Raises ``Refused("unknown_purpose")``.
    """
    if unknown := sorted(set(given) - set(WORDINGS)):
        raise Refused("unknown_purpose", field="consents", params={"purposes": unknown})
    before = queries.consents(member)
    new = [
        Consent(
            programme=member.programme,
            member=member,
            purpose=purpose,
            given=said,
            version=WORDINGS[purpose].version,
            wording=str(WORDINGS[purpose].text),
            source=source,
            by=by,
            at=at,
        )
        for purpose, said in given.items()
        if before.get(purpose, False) != said
    ]
    return Consent.objects.bulk_create(new)


@transaction.atomic
def block(*, member: Member, reason: str, by: str, at: datetime) -> Member:
    """No more earning or spending until unblocked; blocking twice changes nothing. Raises ``Refused("member_merged")``."""
    held = locked(member)
    if held.status == Member.Status.BLOCKED:
        return held
    said = canonical.name(reason, field="reason", limit=limits.REASON)
    return _turn(held, status=Member.Status.BLOCKED, verb="member.blocked", by=by, at=at, reason=said)


@transaction.atomic
def unblock(*, member: Member, by: str, at: datetime) -> Member:
    """The way back. Raises ``Refused("member_merged")``."""
    held = locked(member)
    if held.status == Member.Status.ACTIVE:
        return held
    return _turn(held, status=Member.Status.ACTIVE, verb="member.unblocked", by=by, at=at)


@transaction.atomic
def attach_login(*, member: Member, login: Login, by: str, at: datetime) -> Member:
    """Lets the login see this member's own pages. Whoever asks has proved that both are the same person (E-34).

    Raises `Taken` when the member has another login, or the login another member in this programme.
    """
    held = locked(member)
    if held.login_id == login.pk:
        return held
    if held.login_id is not None or queries.by_login(programme=held.programme, login=login) is not None:
        raise Taken("login")
    held.login = login
    held.save(update_fields=["login"])
    note(programme=held.programme, by=by, verb="member.login_attached", subject=subject_of(held), at=at)
    return held


@transaction.atomic
def enrol_many(*, programme: Programme, external_ids: Iterable[str], at: datetime, by: str) -> dict[str, Member]:
    """The member of each number of another system, enrolled where there is none yet. For imports.

    Safe to repeat and to run twice at once. Raises `Invalid` for a number that cannot be one.
    """
    wanted = dict.fromkeys(canonical.external_id(each) for each in external_ids)
    if "" in wanted:
        raise Invalid("external_id")
    known = queries.by_external_ids(programme=programme, external_ids=wanted)
    fresh = [Member(programme=programme, external_id=each, joined_at=at) for each in wanted if each not in known]
    if not fresh:
        return known
    Member.objects.bulk_create(fresh, batch_size=limits.IN_ONE_QUERY, ignore_conflicts=True)
    subject = f"programme:{programme.slug}"
    note(programme=programme, by=by, verb="members.enrolled", subject=subject, at=at, count=len(fresh))
    return queries.by_external_ids(programme=programme, external_ids=wanted)


CLEANERS: dict[str, Callable[[Any, Programme], dict[str, Any]]] = {
    "first_name": lambda text, _: {"first_name": canonical.name(text, field="first_name")},
    "last_name": lambda text, _: {"last_name": canonical.name(text, field="last_name")},
    "email": lambda text, _: _email(text),
    "phone": lambda text, programme: {"phone": text.strip() and canonical.phone(text, region=programme.region)},
    "birthday": lambda text, _: {"birthday": text.strip() and canonical.day(text, field="birthday")},
    "name_day": lambda text, _: {"name_day": text.strip() and canonical.day(text, field="name_day")},
    "language": lambda text, _: {"language": _language(text)},
    "tags": lambda texts, _: {"tags": canonical.tags(texts)},
    "external_id": lambda text, _: {"external_id": canonical.external_id(text)},
}


def _columns(details: Details, *, programme: Programme) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for field, value in details.items():
        if field not in CLEANERS:
            raise Invalid(field, "unknown_field")
        columns |= CLEANERS[field](value, programme)
    return columns


def _email(text: str) -> dict[str, Any]:
    if not text.strip():
        return {"email": "", "email_key": ""}
    written = addresses.as_written(text)
    return {"email": written, "email_key": addresses.key_of(written)}


def _language(text: str) -> str:
    if text and text not in dict(settings.LANGUAGES):
        raise Invalid("language", "unknown_language")
    return text


def _keep(member: Member, *, insert: bool) -> None:
    """Writes the member, or says which of the unique fields is somebody else's."""
    put_keys(member)
    _refuse_taken(member)
    try:
        with transaction.atomic():
            member.save(force_insert=insert)
    except IntegrityError:
        # Somebody was faster between the look and the write.
        _refuse_taken(member)
        raise


def _refuse_taken(member: Member) -> None:
    held = {column: value for column in UNIQUE if (value := getattr(member, column))}
    if not held:
        return
    same = reduce(or_, (queries.holds(column, value) for column, value in held.items()))
    others = list(Member.objects.of(member.programme_id).exclude(pk=member.pk).filter(same).values(*held))
    for column, field in UNIQUE.items():
        if column in held and any(other[column] == held[column] for other in others):
            raise Taken(field)


def _turn(held: Member, *, status: str, verb: str, by: str, at: datetime, **detail: str) -> Member:
    held.status = status
    held.save(update_fields=["status"])
    note(programme=held.programme, by=by, verb=verb, subject=subject_of(held), at=at, **detail)
    return held


def _flags(member: Member, changed: Iterable[str]) -> dict[str, bool]:
    """An address with letters beyond ASCII is shown to the staff (F31)."""
    return {"email_not_ascii": True} if "email" in changed and not addresses.is_plain(member.email) else {}

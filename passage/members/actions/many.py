"""Members by the hundred, for an import: put in, completed and taken out again in a few statements.

Whoever calls has looked at what is there and reads it again when a write is refused; the lists stay below
`limits.IN_ONE_QUERY`. What was done is written down once for the whole import, by the room that asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from passage.members import canonical, queries
from passage.members.actions.details import CLEANERS
from passage.members.actions.rows import put_keys
from passage.members.consents import WORDINGS
from passage.members.errors import Invalid
from passage.members.models import Consent, Member
from passage.programme import pointing
from passage.programme.models import Programme

# What is known of a person, and what stands there when nothing is; all of it goes when the person does.
NOTHING_TOLD: Mapping[str, Any] = {
    **dict.fromkeys(("external_id", "first_name", "last_name", "email", "email_key", "phone"), ""),
    **dict.fromkeys(("birthday", "name_day", "language"), ""),
    "tags": [],
}


def cleaned(*, field: str, value: Any, programme: Programme) -> dict[str, Any]:
    """The columns that keep one detail, in the spelling that `enrol` would keep. Raises as `enrol` does."""
    if field not in CLEANERS:
        raise Invalid(field, "unknown_field")
    return CLEANERS[field](value, programme)


@transaction.atomic
def enrol_all(*, programme: Programme, people: Sequence[Mapping[str, Any]], at: datetime) -> list[Member]:
    """New members from columns as `cleaned` answers them, in the same order.

    Raises IntegrityError, and enrols nobody, when somebody else has one of their unique details by now.
    """
    fresh = [
        Member(
            programme=programme,
            joined_at=at,
            name_key=canonical.name_key(first=each.get("first_name", ""), last=each.get("last_name", "")),
            turned_key=canonical.turned_key(first=each.get("first_name", ""), last=each.get("last_name", "")),
            **each,
        )
        for each in people
    ]
    return Member.objects.bulk_create(fresh)


@transaction.atomic
def change_all(*, programme: Programme, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Sets columns of the members with these ids; a member who was merged meanwhile stays as they are."""
    held = _locked(programme, changes)
    touched: set[str] = set()
    for pk, member in held.items():
        for column, value in changes[pk].items():
            setattr(member, column, value)
        put_keys(member)
        touched |= changes[pk].keys()
    if touched:
        Member.objects.bulk_update(held.values(), sorted(touched | {"name_key", "turned_key"}))


@transaction.atomic
def record_consents_of_all(
    *, programme: Programme, said: Iterable[tuple[Member, Mapping[str, bool]]], source: str, by: str, at: datetime
) -> None:
    """Writes down what each member said, with the wording that stands now. Whoever calls knows that it is news."""
    rows = [
        Consent(
            programme=programme,
            member=member,
            purpose=purpose,
            given=given,
            version=WORDINGS[purpose].version,
            wording=str(WORDINGS[purpose].text),
            source=source,
            by=by,
            at=at,
        )
        for member, answers in said
        for purpose, given in answers.items()
    ]
    Consent.objects.bulk_create(rows)


@transaction.atomic
def let_go(*, programme: Programme, ids: Iterable[int], source: str, by: str, at: datetime) -> set[int]:
    """Takes out members whom nothing has happened to; the ids of those who are gone.

    Nothing is left of them. Only who had given a consent leaves an empty row under it, found by nobody: a consent
    and its end are proof, and proof stays. Whoever has a log-in, a card, a point, a purchase or a name of an alias
    stays as they are.
    """
    held = _locked(programme, ids)
    needed = pointing.needed(Member, held, apart_from=[Consent])
    free = [member for pk, member in held.items() if pk not in needed and _is_untouched(member)]
    given = queries.consents_of_all(programme=programme, ids=[member.pk for member in free])
    asked = [member for member in free if member.pk in given]
    _empty(programme, asked, given, source=source, by=by, at=at)
    Member.objects.of(programme).filter(pk__in=[member.pk for member in free if member.pk not in given]).delete()
    return {member.pk for member in free}


def _empty(
    programme: Programme,
    members: Sequence[Member],
    given: Mapping[int, Mapping[str, bool]],
    *,
    source: str,
    by: str,
    at: datetime,
) -> None:
    ended = [(each, {purpose: False for purpose, said in given[each.pk].items() if said}) for each in members]
    record_consents_of_all(programme=programme, said=ended, source=source, by=by, at=at)
    rows = Member.objects.of(programme).filter(pk__in=[each.pk for each in members])
    rows.update(**NOTHING_TOLD, name_key="", turned_key="", status=Member.Status.ERASED)


def _is_untouched(member: Member) -> bool:
    return member.status == Member.Status.ACTIVE and member.login_id is None


def _locked(programme: Programme, ids: Iterable[int]) -> dict[int, Member]:
    """The rows as they are now, locked in the order of their keys against every new row that would point at them."""
    rows: models.QuerySet[Member] = Member.objects.of(programme).filter(pk__in=list(ids))
    return {row.pk: row for row in rows.exclude(status=Member.Status.MERGED).select_for_update().order_by("id")}

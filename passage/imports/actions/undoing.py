"""The way back: what the import made and nobody used goes, what it changed and nobody changed since is put back.

Whoever was used since stays, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from passage.cards import actions as cards
from passage.cards.models import Card
from passage.imports import queries
from passage.imports.actions.applying import SOURCE
from passage.imports.actions.checking import AT_ONCE, count
from passage.imports.models import Deed, Import
from passage.members import actions as members
from passage.members.actions.many import NOTHING_TOLD
from passage.members.models import Consent, Member
from passage.members.queries import SPARSE, by_unique, consents_of_all
from passage.programme import pointing

Kind: TypeAlias = Deed.Kind
Undone: TypeAlias = Deed.Undone


def undo_batch(upload: Import, *, at: datetime) -> bool:
    """The next deeds; True after the last one."""
    deeds = queries.ids_of_deeds(upload, after=upload.position, limit=AT_ONCE)
    outcomes = {
        **_without_members(upload, [deed for deed in deeds if deed.kind == Kind.MEMBER], at),
        **_as_before(upload, [deed for deed in deeds if deed.kind == Kind.CHANGE], at),
        **_without_cards(upload, [deed for deed in deeds if deed.kind == Kind.CARD], at),
    }
    for outcome in Undone:
        ids = [pk for pk, each in outcomes.items() if each == outcome]
        Deed.objects.of(upload.programme_id).filter(pk__in=ids).update(undone=outcome)
    for deed in deeds:
        count(upload.undone, "kept" if outcomes[deed.pk] == Undone.KEPT else deed.kind)
    upload.position = deeds[-1].pk if deeds else upload.position
    return len(deeds) < AT_ONCE


def _without_members(upload: Import, deeds: Sequence[Deed], at: datetime) -> dict[int, Undone]:
    held = _held(upload, deeds)
    needed = pointing.needed(Member, held, apart_from=[Consent, Card])
    own = {deed.card_id for deed in deeds}
    others = Card.objects.of(upload.programme_id).filter(member__in=held).exclude(pk__in=own)
    needed |= set(others.values_list("member_id", flat=True))
    free = [
        deed
        for deed in deeds
        if deed.member_id in held and deed.member_id not in needed and _is_untouched(held[deed.member_id], deed.after)
    ]
    back = _cards_back(upload, free, at)
    free = [deed for deed in free if deed.card_id is None or deed.card_id in back]
    ids = [deed.member_id for deed in free if deed.member_id]
    gone = members.let_go(programme=upload.programme, ids=ids, source=SOURCE, by=upload.applied_by, at=at)
    return {deed.pk: Undone.GONE if deed.member_id in gone or not deed.member_id else Undone.KEPT for deed in deeds}


def _is_untouched(member: Member, made_with: Mapping[str, Any]) -> bool:
    is_plain = member.status == Member.Status.ACTIVE and member.login_id is None
    return is_plain and all(getattr(member, each) == made_with.get(each, empty) for each, empty in NOTHING_TOLD.items())


def _as_before(upload: Import, deeds: Sequence[Deed], at: datetime) -> dict[int, Undone]:
    held = _held(upload, deeds)
    wanted = {deed.member_id: deed.before for deed in deeds if deed.member_id in held}
    taken = {
        column: by_unique(
            programme=upload.programme, column=column, values=[b.get(column, "") for b in wanted.values()]
        )
        for column in SPARSE
    }
    changes: dict[int, dict[str, Any]] = {}
    for deed in deeds:
        if deed.member_id in held:
            changes[deed.member_id] = _restored(held[deed.member_id], deed, taken)
    members.change_all(programme=upload.programme, changes={pk: each for pk, each in changes.items() if each})
    _take_back_consents(upload, deeds, at)
    back = _cards_back(upload, deeds, at)
    return {
        deed.pk: Undone.BACK
        if (deed.card_id is None or deed.card_id in back)
        and (deed.member_id is None or changes.get(deed.member_id, {}).keys() == deed.after.keys())
        else Undone.KEPT
        for deed in deeds
    }


def _restored(member: Member, deed: Deed, taken: Mapping[str, Mapping[str, Member]]) -> dict[str, Any]:
    """The columns that hold what the import wrote, and whose old value nobody else has got meanwhile."""
    free = {
        column: value
        for column, value in deed.before.items()
        if getattr(member, column) == deed.after[column]
        and (column not in taken or taken[column].get(value, member).pk == member.pk)
    }
    # An e-mail and its key go together.
    return free if ("email" in free) == ("email_key" in free) else _without_email(free)


def _without_email(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in columns.items() if column not in ("email", "email_key")}


def _take_back_consents(upload: Import, deeds: Sequence[Deed], at: datetime) -> None:
    """What was said since counts; a consent is never removed, only answered."""
    asked = {deed.member_id: deed for deed in deeds if deed.consents and deed.member_id}
    present = consents_of_all(programme=upload.programme, ids=asked)
    people = Member.objects.of(upload.programme_id).filter(pk__in=asked)
    said = [
        (member, {purpose: not yes for purpose, yes in asked[member.pk].consents.items() if now.get(purpose) == yes})
        for member in people
        for now in (present.get(member.pk, {}),)
    ]
    members.record_consents_of_all(programme=upload.programme, said=said, source=SOURCE, by=upload.applied_by, at=at)


def _without_cards(upload: Import, deeds: Sequence[Deed], at: datetime) -> dict[int, Undone]:
    blank = Card.objects.of(upload.programme_id).filter(pk__in=[deed.card_id for deed in deeds], state=Card.State.BLANK)
    still = set(blank.values_list("pk", flat=True))
    back = _cards_back(upload, [deed for deed in deeds if deed.card_id in still], at)
    return {deed.pk: Undone.GONE if deed.card_id in back or not deed.card_id else Undone.KEPT for deed in deeds}


def _cards_back(upload: Import, deeds: Sequence[Deed], at: datetime) -> set[int]:
    made = [deed.card_id for deed in deeds if deed.card_id and not deed.was_blank]
    bound = [deed.card_id for deed in deeds if deed.card_id and deed.was_blank]
    return cards.take_back(programme=upload.programme, made=made, bound=bound, at=at)


def _held(upload: Import, deeds: Sequence[Deed]) -> dict[int, Member]:
    rows = Member.objects.of(upload.programme_id).filter(pk__in=[deed.member_id for deed in deeds if deed.member_id])
    return {row.pk: row for row in rows.select_for_update().order_by("id")}

"""Two records found to be one person, and the way back (E-31). None of it touches points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from passage.audit.actions import note
from passage.members import canonical, queries
from passage.members.actions.rows import locked, put_keys, subject_of
from passage.members.models import Consent, Member, Merge
from passage.members.twins import TOLD, columns_of, contradicted, stricter
from passage.programme import limits
from passage.programme.errors import Refused

# Where a consent comes from that a merge, or its undoing, wrote down.
JOINED, PARTED = "merge", "unmerge"


@transaction.atomic
def absorb(*, gone: Member, kept: Member, choices: Mapping[str, str], reason: str = "", by: str, at: datetime) -> Merge:
    """``gone`` turns out to be ``kept``: one person from now on, with ``gone`` as an alias that leads there.

    What only one of them told is kept. Where both told something else, ``choices`` says for the field whether
    "gone" or "kept" holds; a missing choice is ``Refused("choose")``. E-mail, phone and number that are not
    taken over stay with the alias and still find the member. Of two answers about being written to the stricter
    holds, and a block of either is a block of both.
    """
    if gone.pk == kept.pk:
        raise Refused("same_member", field="kept")
    if gone.programme_id != kept.programme_id:
        raise Refused("unknown_member", field="gone")
    first, second = sorted((gone, kept), key=lambda member: member.pk)
    held = {member.pk: locked(member) for member in (first, second)}
    gone, kept = held[gone.pk], held[kept.pk]
    before: dict[str, Any] = {"gone": _told(gone), "kept": _told(kept), "status": gone.status}
    undecided = [field for field in contradicted(gone, kept) if choices.get(field) not in ("gone", "kept")]
    if undecided:
        raise Refused("choose", field=undecided[0], params={"fields": undecided})
    taken = [
        field for field in TOLD if getattr(gone, field) and (choices.get(field) == "gone" or not getattr(kept, field))
    ]
    _hand_over(gone, kept, taken)
    if gone.status == Member.Status.BLOCKED:
        kept.status = Member.Status.BLOCKED
    gone.status, gone.merged_into = Member.Status.MERGED, kept
    gone.save()
    kept.save()
    before |= {"taken": taken, "consents": _hear_stricter(gone, kept, by=by, at=at)}
    before["aliases"] = _lead_on(gone, kept)
    reason = canonical.name(reason, field="reason", limit=limits.REASON)
    merge = Merge.objects.create(
        programme=kept.programme, gone=gone, kept=kept, before=before, reason=reason, by=by, at=at
    )
    why = {"reason": reason} if reason else {}
    subject = subject_of(kept)
    note(programme=kept.programme, by=by, verb="member.merged", subject=subject, at=at, gone=str(gone.public_id), **why)
    return merge


def _lead_on(gone: Member, kept: Member) -> list[int]:
    """Whoever was merged into ``gone`` before leads straight to ``kept`` from now on; which records those are."""
    rows = Member.objects.of(kept.programme_id).filter(merged_into=gone)
    aliases = list(rows.order_by("id").values_list("id", flat=True))
    rows.update(merged_into=kept)
    return aliases


@transaction.atomic
def separate(*, merge: Merge, by: str, at: datetime) -> Merge:
    """The way back of `absorb`: each gets back what they had told, where nobody has changed it since.

    A block that came with the merge stays with both until somebody lifts it.
    """
    row: Merge = Merge.objects.of(merge.programme_id).select_for_update(no_key=True).get(pk=merge.pk)
    if row.undone_at is not None:
        return row
    pair = {row.gone_id, row.kept_id}
    both = Member.objects.of(row.programme_id).select_for_update(no_key=True).filter(pk__in=pair).order_by("id")
    held = {member.pk: member for member in both}
    gone, kept = held[row.gone_id], held[row.kept_id]
    for field in row.before["taken"]:
        if getattr(kept, field) == row.before["gone"][field]:
            for column in columns_of(field):
                setattr(kept, column, row.before["kept"][column])
    kept.tags = row.before["kept"]["tags"]
    put_keys(kept)
    for column, value in row.before["gone"].items():
        setattr(gone, column, value)
    gone.status, gone.merged_into = row.before["status"], None
    kept.save()
    gone.save()
    theirs = Member.objects.of(row.programme_id).filter(pk__in=row.before.get("aliases", ()), merged_into=kept)
    theirs.update(merged_into=gone)
    _unhear(kept, row.before.get("consents", {}), by=by, at=at)
    row.undone_at = at
    row.save(update_fields=["undone_at"])
    parted = str(gone.public_id)
    note(programme=row.programme, by=by, verb="member.unmerged", subject=subject_of(kept), at=at, gone=parted)
    return row


def remember(*, merge: Merge, **more: Any) -> None:
    """Keep with a merge what other rooms need for the way back."""
    merge.before = {**merge.before, **more}
    merge.save(update_fields=["before"])


def _told(member: Member) -> dict[str, Any]:
    return {column: getattr(member, column) for field in TOLD for column in columns_of(field)} | {
        "tags": list(member.tags)
    }


def _hand_over(gone: Member, kept: Member, fields: Iterable[str]) -> None:
    for field in fields:
        for column in columns_of(field):
            setattr(kept, column, getattr(gone, column))
        if field in ("email", "phone"):
            for column in columns_of(field):
                setattr(gone, column, "")
    kept.tags = list(dict.fromkeys([*kept.tags, *gone.tags]))
    put_keys(kept)


def _hear_stricter(gone: Member, kept: Member, *, by: str, at: datetime) -> dict[str, Any]:
    """Writes what ``kept`` says from now on, as another answer; by purpose, its row and the row that held before."""
    theirs, mine = queries.last_consents(gone), queries.last_consents(kept)
    heard: dict[str, Any] = {}
    for purpose, said in stricter(theirs, mine).items():
        before = mine.get(purpose)
        if before is None or before.given != said.given:
            row = _say_again(kept, said, given=said.given, source=JOINED, by=by, at=at)
            heard[purpose] = [row.pk, before.pk if before else None]
    return heard


def _unhear(kept: Member, heard: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Each answer that a merge wrote is taken back, unless the member has said something since."""
    last = queries.last_consents(kept)
    for purpose, (written, before) in heard.items():
        if last[purpose].pk != written:
            continue
        earlier = Consent.objects.of(kept.programme_id).filter(pk=before).first() if before else None
        said = earlier or last[purpose]
        _say_again(kept, said, given=earlier.given if earlier else False, source=PARTED, by=by, at=at)


def _say_again(kept: Member, said: Consent, *, given: bool, source: str, by: str, at: datetime) -> Consent:
    """The wording that was answered goes with the answer: it is the proof of what was asked."""
    row: Consent = Consent.objects.create(
        programme=kept.programme,
        member=kept,
        purpose=said.purpose,
        given=given,
        version=said.version,
        wording=said.wording,
        source=source,
        by=by,
        at=at,
    )
    return row

"""Who was forgotten, kept beside the database: a backup that is put back knows them again, and must forget them again.

One line for each, with the programme, the member's number and the moment, in a file that no backup of the database holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from passage.members import actions as members
from passage.members.models import Member
from passage.members.queries import by_public_id
from passage.privacy.actions import erase
from passage.privacy.models import Erasure
from passage.programme.models import Programme

BY = "system:restored"


def kept_in() -> Path:
    folder: Path = settings.DATA
    return folder / "erased.jsonl"


def keep(*, programme: Programme, payload: Mapping[str, Any], at: datetime) -> None:
    """Adds each record of the person to the file. A line that a job wrote twice is one."""
    lines = [{"programme": programme.slug, "member": member, "at": payload["at"]} for member in payload["members"]]
    with kept_in().open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def forget_again(*, at: datetime) -> int:
    """Forgets everybody in the file whom this database still knows, or may hear of again from a till; how many."""
    return sum(_forget(line, at) for line in _lines())


def _forget(line: Mapping[str, Any], at: datetime) -> int:
    programme = Programme.objects.filter(slug=line["programme"]).first()
    if programme is None:
        return 0
    member = by_public_id(programme=programme, public_id=line["member"])
    if member is None:
        # Enrolled and forgotten after the backup: the number stands for nobody, whatever a till still keeps of them.
        member = members.enrol(programme=programme, public_id=line["member"], by=BY, at=at)
    if member.status in (Member.Status.ERASED, Member.Status.MERGED):
        return 0
    erase(member=member, why=Erasure.Why.AGAIN, by=BY, at=at)
    return 1


def _lines() -> Iterator[Mapping[str, Any]]:
    if not kept_in().exists():
        return
    seen = set()
    for text in kept_in().read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line["member"] not in seen:
            seen.add(line["member"])
            yield line

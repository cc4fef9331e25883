"""Who was forgotten, kept beside the database: a backup that is put back knows them again, and must forget them again.

One line for each, with the programme, the member's number and the moment, in a file that no backup of the database holds.
Where backups are made it lies beside them too, for the day on which the whole machine is gone.
"""

from __future__ import annotations

import json
import logging
import os
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

log = logging.getLogger(__name__)
BY = "system:restored"
NAME = "erased.jsonl"


def kept_in() -> Path:
    folder: Path = settings.DATA
    return folder / NAME


def beside(backups: Path, /) -> None:
    """Brings the file beside the backups up to date."""
    _add(backups / NAME, _texts(kept_in()))


def learn_from(folder: Path, /) -> None:
    """Takes in what lies beside a backup: this machine may be a new one."""
    _add(kept_in(), _texts(folder / NAME))


def keep(*, programme: Programme, payload: Mapping[str, Any], at: datetime) -> None:
    """Adds each record of the person to the file. A line that a job wrote twice is one."""
    told = [{"programme": programme.slug, "member": member, "at": payload["at"]} for member in payload["members"]]
    _add(kept_in(), [json.dumps(line) for line in told])
    if settings.BACKUPS is not None:
        try:
            beside(settings.BACKUPS)
        except OSError as error:
            # The next backup brings it up to date.
            log.warning("what was forgotten could not be noted beside the backups: %s", error)


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


def _add(place: Path, lines: list[str]) -> None:
    """What is not in the file yet."""
    known = set(_texts(place))
    if not set(lines) - known:
        return
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines if line not in known)


def _texts(place: Path) -> list[str]:
    return place.read_text(encoding="utf-8").splitlines() if place.exists() else []


def _lines() -> Iterator[Mapping[str, Any]]:
    seen = set()
    for text in _texts(kept_in()):
        line = json.loads(text)
        if line["member"] not in seen:
            seen.add(line["member"])
            yield line

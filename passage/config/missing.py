"""What programs were told is done and this database does not hold, after a backup was put back: for them to send again."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Max

from passage.api.acknowledged import folder
from passage.audit.models import Event, Operation
from passage.journal.models import TillOperation
from passage.programme.models import Key
from passage.purchases.models import Parked, Purchase
from passage.rewards.models import Redemption

# Between the moment of a request and its commit.
SLACK = timedelta(minutes=10)
ENDED = re.compile(r"/redemptions/([0-9a-f-]{36})/(capture|release)")
OF_PURCHASES = re.compile(r"/sales|/sync|/sales/[^/]+/(returns|void|move)")


@dataclass(frozen=True, slots=True)
class Write:
    """``id`` is the sender's own; ``is_sure``: it can be looked up, and is not there. Else it may be there after all."""

    at: str
    programme: str
    key: str
    method: str
    path: str
    id: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """``since``: up to here the database holds everything. ``file`` has a line for each write; None where there are none.

    ``is_known``: what was acknowledged was kept here. Else only the senders know.
    """

    since: datetime
    writes: list[Write]
    file: Path | None
    is_known: bool

    def sentences(self) -> list[str]:
        if not self.is_known:
            return [
                f"What programs sent after {self.since.isoformat()} is not known here: no list of it lies in {folder()}. "
                "Ask them to send it again; what is there already is counted once."
            ]
        if not self.writes:
            return ["Nothing is missing that a program was told is done."]
        each = Counter((write.programme, write.key) for write in self.writes)
        counts = ", ".join(f"{programme} {key}: {count}" for (programme, key), count in sorted(each.items()))
        return [
            f"{len(self.writes)} writes of programs were acknowledged and are missing ({counts}).",
            f"They are listed in {self.file}: give each sender its own, to send them again in this order.",
        ]


def find(*, since: datetime | None, at: datetime) -> Found:
    """Looks up every write acknowledged since, and writes down those that are missing. ``since`` None: the last trace."""
    since = since or last_trace() or at
    lines = [line for line in _lines(since) if datetime.fromisoformat(line["at"]) >= since - SLACK]
    writes = list(dict.fromkeys(_missing(lines, since)))
    return Found(since, writes, _written(writes, at) if writes else None, is_known=folder().is_dir())


def last_trace() -> datetime | None:
    """The last moment that this database tells of."""
    of = ((Event, "at"), (Operation, "at"), (Purchase, "recorded_at"), (TillOperation, "received_at"))
    found = [model._default_manager.aggregate(last=Max(moment))["last"] for model, moment in of]
    return max((each for each in found if each is not None), default=None)


def _lines(since: datetime) -> Iterator[dict[str, Any]]:
    for file in sorted(folder().glob("????-??-??.jsonl")):
        if file.stem >= f"{since - SLACK:%Y-%m-%d}":
            for text in file.read_text(encoding="utf-8").splitlines():
                try:
                    yield json.loads(text)
                except ValueError:  # the power went while it was written
                    continue


def _missing(lines: list[dict[str, Any]], since: datetime) -> Iterator[Write]:
    prefixes = {line["key"] for line in lines}
    keys = {key.prefix: key for key in Key.objects.filter(prefix__in=prefixes).select_related("source")}
    for line in lines:
        key = keys.get(line["key"])
        is_there = None if key is None else _is_there(key, line)
        if key is None or is_there is False:
            yield Write(**line)
        elif is_there is None and datetime.fromisoformat(line["at"]) >= since:
            yield Write(**line, is_sure=False)


def _is_there(key: Key, line: dict[str, Any]) -> bool | None:
    """None where nothing tells."""
    named = {"programme": key.programme_id, "source": key.source_id}
    if OF_PURCHASES.fullmatch(line["path"]):
        mine = {**named, "client_id": line["id"]}
        return Purchase.objects.filter(**mine).exists() or Parked.objects.filter(**mine).exists()
    if line["path"] == "/redemptions":
        return Redemption.objects.filter(**named, client_id=line["id"]).exists()
    if ended := ENDED.fullmatch(line["path"]):
        row = Redemption.objects.filter(programme=key.programme_id, public_id=ended[1]).first()
        return row is not None and row.state != Redemption.State.RESERVED
    if line["id"]:
        return Operation.objects.filter(**named, key=line["id"]).exists()
    return None


def _written(writes: list[Write], at: datetime) -> Path:
    file = folder() / f"missing-{at:%Y%m%dT%H%M%SZ}.jsonl"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        target.writelines(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in writes)
    return file

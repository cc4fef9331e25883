"""What follows once a backup was put back, by whatever way: the tills are told, and nobody forgotten is brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from passage.config import erasures, missing
from passage.outbox import actions as outbox
from passage.programme import actions as programmes


@dataclass(frozen=True, slots=True)
class Restored:
    """``forgotten``: how many members were erased again. ``epoch``: the name of the database's life from now on."""

    forgotten: int
    epoch: str
    missing: missing.Found

    def sentences(self) -> list[str]:
        told = [f"Epoch {self.epoch}: tills will send again what is missing.", *self.missing.sentences()]
        if self.forgotten:
            told.insert(0, f"Forgotten again: {self.forgotten} members who had been erased after the backup was made.")
        return told

    def as_json(self) -> dict[str, Any]:
        return {"forgotten": self.forgotten, "epoch": self.epoch, "missing": len(self.missing.writes)}


def begin_again(*, at: datetime, since: datetime | None = None, beside: Path | None = None) -> Restored:
    """Forgets again whoever was erased since, begins another epoch, and finds out what programs have to send again.

    ``since`` is when the backup was made, where that is known, and ``beside`` the folder that it lay in.
    """
    found = missing.find(since=since, at=at)
    if beside is not None:
        erasures.learn_from(beside)
    forgotten = erasures.forget_again(at=at)
    # The backup remembers a moment of long ago, and that is no leap of the clock.
    outbox.accept_clock(at=at)
    return Restored(forgotten, programmes.begin_epoch(at=at), found)

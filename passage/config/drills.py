"""Backups made, tried and kept: what the worker does each night, and `passage backup` at once.

A drill is a restore like any other, by the same command, into a scratch folder or a scratch schema: what works here at
night works on the day it is needed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone

from passage.backups import actions, keeping
from passage.backups.errors import BadBackup
from passage.backups.keeping import Kept
from passage.backups.models import Backup
from passage.config import erasures

PREFIX = "drill-"
SCHEMA = "passage_drill_"
# What a drill is not to find: it has places of its own.
ELSEWHERE = frozenset({"PASSAGE_BACKUP_DIR", "PASSAGE_WRITES_DIR", "DATABASE_URL"})
A_DAY = 24 * 3600
RESTORE = [sys.executable, "-c", "from passage.config.cli import main; main()", "restore"]
NOT_SET = "No backup can be made: set PASSAGE_BACKUP_DIR and PASSAGE_BACKUP_PASSPHRASE_FILE."


def work(*, programme: object, payload: Mapping[str, Any], at: datetime) -> None:
    """The night's backup, as a job of the installation."""
    back_up(at=at)


def back_up(*, at: datetime) -> Path:
    """Lets old backups go, makes one and proves it; the file. Raises `BadBackup` with what is wrong."""
    folder, passphrase = place()
    actions.forget_old(folder=folder, kept=Kept(*settings.ENV.passage_backup_keep), at=at)
    backup = actions.make(folder=folder, scratch=settings.DATA, passphrase=passphrase, at=at)
    file = prove(backup, folder / f"{backup.name}{keeping.UNPROVEN}")
    erasures.beside(folder)
    return file


def place() -> tuple[Path, str]:
    """The folder of backups and the passphrase. Raises `BadBackup` where they are not set."""
    if settings.BACKUPS is None:
        raise BadBackup(NOT_SET)
    return settings.BACKUPS, settings.ENV.backup_passphrase


def prove(backup: Backup, file: Path) -> Path:
    """Restores the file elsewhere; it is good when that works and the books there are right."""
    try:
        told = drill(file)
    except BadBackup as bad:
        actions.fail(backup=backup, folder=file.parent, trouble=str(bad))
        raise
    return actions.prove(backup=backup, folder=file.parent, reached=told["reached"], at=timezone.now())


def drill(file: Path) -> dict[str, Any]:
    """What the restored copy says of itself. Raises `BadBackup` where it cannot be restored or its books are wrong."""
    with _elsewhere() as env:
        done = subprocess.run(  # noqa: S603 - our own command
            [*RESTORE, str(file), "--json"], env=env, capture_output=True, text=True, check=False
        )
    try:
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        why = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise BadBackup(f"{file.name} could not be restored: {why[0]}") from None
    if told["faults"]:
        raise BadBackup("\n".join([f"The books in {file.name} are wrong:", *told["faults"][:20]]))
    return told


@contextmanager
def _elsewhere() -> Iterator[dict[str, str]]:
    """The environment of a process that knows another place than this one, for as long as it takes."""
    _clear_away()
    env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.DATA) as folder:
        env["PASSAGE_DATA"] = folder
        if connection.vendor == "sqlite":
            yield env
            return
        schema = f"{SCHEMA}{int(time.time())}_{secrets.token_hex(4)}"
        _run(f"CREATE SCHEMA {schema}")
        try:
            yield {**env, "DATABASE_URL": in_schema(settings.ENV.database_url, schema=schema)}
        finally:
            _run(f"DROP SCHEMA {schema} CASCADE")


def in_schema(url: str, *, schema: str) -> str:
    """The same database, where everything that is named is looked for in this schema and nowhere else."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    asked["options"] = f"{asked.get('options', '')} -csearch_path={schema}".strip()
    return urlunsplit(parts._replace(query=urlencode(asked)))


def _clear_away() -> None:
    """What a drill left behind that was killed."""
    for left in settings.DATA.glob(f"{PREFIX}*"):
        if time.time() - left.stat().st_mtime > A_DAY:
            shutil.rmtree(left, ignore_errors=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", [f"{SCHEMA}%"])
            schemas = [name for (name,) in cursor.fetchall()]
        for name in schemas:
            if time.time() - int(name.removeprefix(SCHEMA).partition("_")[0]) > A_DAY:
                _run(f'DROP SCHEMA "{name}" CASCADE')


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)

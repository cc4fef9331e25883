"""An installation of its own for a test: a database beside the run's own, and the commands as an owner types them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "a sentence that nobody guesses"
PATIENCE = 300


@dataclass
class Installation:
    """``url`` is empty on SQLite in ``folder``."""

    folder: Path
    url: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        told = {"PASSAGE_DATA": str(self.folder), "PASSAGE_BACKUP_PASSPHRASE": PASSPHRASE, **self.more}
        return {**kept, **told, **({"DATABASE_URL": self.url} if self.url else {})}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env={**self.env, **more}, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def done(self, *arguments: str, **more: str) -> str:
        ended = self.run(*arguments, **more)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self, *module: str) -> subprocess.Popen[str]:
        env = {**self.env, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        return subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read past the product."""
        if self.url:
            with psycopg.connect(self.url) as server:
                return server.execute(sql).fetchall()  # type: ignore[arg-type]
        with closing(sqlite3.connect(self.folder / "passage.sqlite3")) as file:
            return file.execute(sql).fetchall()


def an_installation(folder: Path, *, name: str, is_empty: bool = False, **more: str) -> Installation:
    """On the kind of database that the run is on: empty, or with the tables and defences of the run's own."""
    place = Installation(folder / name, more=more)
    place.folder.mkdir(mode=0o700)
    if connection.vendor == "sqlite":
        if not is_empty:
            with (
                closing(sqlite3.connect(connection.settings_dict["NAME"])) as ours,
                closing(sqlite3.connect(place.folder / "passage.sqlite3")) as theirs,
            ):
                ours.backup(theirs)
        return place
    place.url = _address(f"{connection.settings_dict['NAME']}_{name}")
    if not is_empty:
        connection.close()  # a database is copied while nobody uses it
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        copied = "template0" if is_empty else connection.settings_dict["NAME"]
        server.execute(f'CREATE DATABASE "{urlsplit(place.url).path[1:]}" TEMPLATE "{copied}"')
    return place


def end(place: Installation) -> None:
    if place.url:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{urlsplit(place.url).path[1:]}" WITH (FORCE)')


def _address(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))

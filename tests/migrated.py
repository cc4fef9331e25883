"""A database of this version, migrated once for a whole run and copied wherever a program starts on one of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "passage.sqlite3"
# Where the stages of one `bin/test` keep what they share; a single run keeps it with its own files.
SHARED, FILES = "PASSAGE_TEST_SHARED", "PASSAGE_TEST_FILES"


def migrated(folder: Path) -> Path:
    """``folder``, with what `passage migrate` leaves in an empty one, but for the secret key."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template(), folder / NAME)
    (folder / NAME).chmod(0o600)
    return folder


def template() -> Path:
    kept = Path(os.environ.get(SHARED) or os.environ[FILES]) / "migrated"
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "done").exists():
            left_out = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
            env = {name: value for name, value in os.environ.items() if name not in left_out}
            command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0", "--skip-checks"]
            subprocess.run(command, cwd=ROOT, env={**env, "PASSAGE_DATA": str(kept)}, check=True)
            (kept / "done").touch()
    return kept / NAME

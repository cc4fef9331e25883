"""The `passage` command: `passage serve`, `passage migrate`, and every other command of the house."""

import os
import sys

import platformdirs
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error

from passage.config.data_folder import UMASK
from passage.config.env import Refused
from passage.programme.trouble import REMEDIES, first_line, trouble_of


def main() -> None:
    """Runs one command. A setting that cannot be used, or a database or disk in trouble, ends it with one line.

    Whatever it writes is for this account alone.
    """
    os.umask(UMASK)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passage.config.settings")
    if sys.argv[1:2] == ["demo"]:
        # Where nobody names a folder, a demo never opens that of a real installation.
        os.environ.setdefault("PASSAGE_DATA", str(platformdirs.user_data_path("passage-demo")))
    try:
        import passage.config.settings  # noqa: F401 - read first, else Django would hide what is wrong in it
    except Refused as refused:
        sys.exit(f"passage: {refused}")
    try:
        execute_from_command_line(sys.argv)
    except (Error, OSError, ImproperlyConfigured) as error:
        if "--traceback" in sys.argv or not (line := _one_line(error)):
            raise
        sys.exit(f"passage: {line}")


def _one_line(error: Exception) -> str:
    """What keeps the database or the disk from doing it, and the remedy; nothing for a fault of ours."""
    if isinstance(error, ImproperlyConfigured):
        return str(error)
    trouble = trouble_of(error)
    return f"{REMEDIES[trouble]} ({first_line(error.__cause__ or error)})" if trouble else ""

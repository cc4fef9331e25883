"""The `passage` command: `passage serve`, `passage migrate`, and every other command of the house."""

import os
import sys

import platformdirs
from django.core.management import execute_from_command_line

from passage.config.data_folder import UMASK
from passage.config.env import Refused


def main() -> None:
    """Runs one command. A setting that cannot be used ends it with one line and no traceback.

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
    execute_from_command_line(sys.argv)

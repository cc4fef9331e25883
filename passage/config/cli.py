"""The `passage` command: `passage serve`, `passage migrate`, and every other command of the house."""

import os
import sys

from django.core.management import execute_from_command_line

from passage.config.env import Refused


def main() -> None:
    """Runs one command. A setting that cannot be used ends it with one line and no traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passage.config.settings")
    try:
        import passage.config.settings  # noqa: F401 - read first, else Django would hide what is wrong in it
    except Refused as refused:
        sys.exit(f"passage: {refused}")
    execute_from_command_line(sys.argv)

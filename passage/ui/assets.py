"""Names of the built files: the bundler puts a hash of the content in each name."""

import json
from functools import cache

from django.core.exceptions import ImproperlyConfigured

from passage.ui.places import DIST


@cache
def _entries() -> dict[str, str]:
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        raise ImproperlyConfigured(
            "The browser's files have not been built: run `python hatch_build.py`, or reinstall the project "
            "without PASSAGE_SKIP_ASSETS."
        )
    entries: dict[str, str] = json.loads(manifest.read_text())["entries"]
    return entries


def asset_path(*, name: str) -> str:
    """The path under the static address of a built file; KeyError for a name that was never built."""
    return f"dist/{asset_name(name=name)}"


def asset_name(*, name: str) -> str:
    """The file in DIST that was built for a plain name; KeyError for a name that was never built."""
    return _entries()[name]

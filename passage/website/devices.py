"""What a browser calls itself, in words that its owner recognises."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

# The first that fits: nearly every browser also claims to be several others.
BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def device_name(told: str, /) -> str:
    """ "Firefox, Windows"; only the half that is known, or that nothing is."""
    known = [name for names in (BROWSERS, SYSTEMS) if (name := _first(names, told))]
    return ", ".join(known) or _("Unknown device")


def _first(names: tuple[tuple[str, str], ...], told: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, told)), "")

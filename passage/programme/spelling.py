"""A name as a code or an address would write it."""

from __future__ import annotations

from django.utils.text import slugify

# Letters that have no accent to lose.
BARRED = str.maketrans("łŁøØđĐ", "lLoOdD")


def plain(name: str, /, *, most: int) -> str:
    """Small letters, figures and hyphens; empty where nothing of the name can be written so."""
    return slugify(name.translate(BARRED))[:most].strip("-")

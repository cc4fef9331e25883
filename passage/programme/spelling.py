"""A name as a code or an address would write it."""

from __future__ import annotations

from django.utils.text import slugify

MOST_TYPED = 4  # signs, blanks and accents of a name go; what is beyond so many times its length is not looked at
# Letters that have no accent to lose.
BARRED = str.maketrans("łŁøØđĐ", "lLoOdD")


def plain(name: str, /, *, most: int) -> str:
    """Small letters, figures and hyphens; empty where nothing of the name can be written so."""
    return slugify(name[: MOST_TYPED * most].translate(BARRED))[:most].strip("-")

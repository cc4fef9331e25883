"""The help of a page: docs/help/<page>.<language>.md, made into safe HTML.

The texts are ours, yet everything is escaped first: only headings, lists, emphasis, keys, links to pages of
this house and, in a guide, pictures of them are then given their tags.
"""

import re
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from passage.ui.places import HELP

KEY = re.compile(r"[a-z0-9-]{1,60}")
PICTURE = re.compile(r"!\[([^\]]+)\]\(pictures/[a-z-]+-(\d+)\.[a-z]{2}\.webp\)")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<kbd>\1</kbd>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\[([^\]]+)\]\((/[a-z0-9/_-]*)\)"), r'<a href="\2">\1</a>'),
)


def help_file(*, page: str, language: str) -> Path | None:
    """The page's text in the language, else in English; None where there is none at all."""
    if not KEY.fullmatch(page):
        return None
    candidates = (HELP / f"{page}.{code}.md" for code in (language, "en"))
    return next((file for file in candidates if file.is_file()), None)


def title(*, text: str) -> str:
    """The first heading of a help text."""
    return text.lstrip().splitlines()[0].lstrip("# ").strip()


def render_help(*, text: str, top: int, pictures: str = "") -> SafeString:
    """Markdown of the plainest kind as HTML. ``top`` is the level of its first heading: 1 on a page of its own.

    A block ``![what it shows](pictures/name-3.pl.webp)`` is a picture: ``pictures`` is its address here, with a star
    for the number.
    """
    # A line never begins with the mark that French parts from its word.
    unbroken = re.sub(r"(?<=«) | (?=[:;?!»])", "\N{NO-BREAK SPACE}", text.strip())
    blocks = re.split(r"\n\s*\n", unbroken)
    return mark_safe(  # noqa: S308
        "\n".join(_block(block.splitlines(), top=top, pictures=pictures) for block in blocks if block)
    )


def _block(lines: list[str], *, top: int, pictures: str) -> str:
    if pictures and (shown := PICTURE.fullmatch(lines[0])):
        address = pictures.replace("*", shown[2])
        return f'<figure><img src="{escape(address)}" alt="{escape(shown[1])}" loading="lazy"></figure>'
    if lines[0].startswith("#"):
        level = len(lines[0]) - len(lines[0].lstrip("#")) - 1 + top
        return f"<h{level}>{_inline(lines[0].lstrip('# '))}</h{level}>"
    if lines[0].startswith("- "):
        return _listing("ul", lines, marker=r"- ")
    if re.match(r"\d+\. ", lines[0]):
        return _listing("ol", lines, marker=r"\d+\. ")
    return f"<p>{_inline(' '.join(lines))}</p>"


def _listing(tag: str, lines: list[str], *, marker: str) -> str:
    items: list[str] = []
    for line in lines:
        if re.match(marker, line):
            items.append(re.sub(f"^{marker}", "", line))
        else:  # a line that goes on under its item
            items[-1] += f" {line.strip()}"
    return f"<{tag}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{tag}>"


def _inline(text: str) -> str:
    safe = str(escape(text))
    for pattern, replacement in _INLINE:
        safe = pattern.sub(replacement, safe)
    return safe

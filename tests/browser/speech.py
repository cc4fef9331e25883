"""Whether a page still speaks English where it should not: its words against the sources' own."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from passage.ui.places import LOCALE

# Each language and each light once; the other pairs are among the long proofs.
in_languages_and_lights = pytest.mark.parametrize(
    ("locale", "light"),
    [
        ("fr-FR", "light"),
        ("pl-PL", "dark"),
        pytest.param("fr-FR", "dark", marks=pytest.mark.long),
        pytest.param("pl-PL", "light", marks=pytest.mark.long),
    ],
    indirect=["locale"],
)
WORDS = """() => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) found.push(walk.currentNode.textContent.trim());
    for (const each of document.querySelectorAll("[aria-label], [placeholder], [title]"))
        for (const name of ["aria-label", "placeholder", "title"]) found.push(each.getAttribute(name) ?? "");
    return found.filter(Boolean);
}"""


def english(page: Page, language: str) -> list[str]:
    """Texts on the page that are English sentences of ours with another answer in ``language``."""
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as lines:
        catalogue = read_po(lines)
    foreign = {
        message.id.strip()
        for message in catalogue
        if isinstance(message.id, str) and message.id and message.string != message.id and "{" not in message.id
    }
    own = {message.string for message in catalogue if isinstance(message.string, str)}
    shown = {re.sub(r"\s+", " ", text) for text in page.evaluate(WORDS)}
    return sorted((shown & foreign) - own)

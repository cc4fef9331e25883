"""The help of every page, for everybody who may open it, in every language: it is there, and it speaks of that page.

What a help text prints in bold is the name of something on its page, unless it ends a sentence (**Pay.**). The
name must be seen on the page, or stand among the words of the templates and forms that make it: some buttons
show themselves in some states only.
"""

import importlib
import inspect
import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.html import strip_tags

from passage.ui import catalogue
from passage.ui.context import page_key
from passage.ui.places import CHECKOUT, HELP
from passage.website.guides import GUIDES, guide_file
from tests.journeys.test_page_rights import IN, PAGES, PEOPLE, a_sale, a_till_with_a_problem, cast, clients  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
BOLD = re.compile(r"\*\*([^*]+)\*\*")
WRITTEN = re.compile(r'(?:placeholder|aria-label|title|alt|value)="([^"]*)"')
UNSEEN = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
PART = re.compile(r"{% (?:include|extends) \"([^\"]+)\"")
TEMPLATE = re.compile(r'"([a-z]+/[a-z_]+\.html)"')
OWN_IMPORT = re.compile(r"^from (passage\.\w+(?:\.\w+)*) import ([\w, ]+)", re.MULTILINE)
# What every page stands in, and where the names of states and kinds are kept.
EVERYWHERE = ("passage/ui/", "passage/programme/gate.py")
# One page with many screens, whose words are in its own program; the others are no page to open.
TILL = "till:app"
NO_PAGE = {"website:home", "website:sign_out", "till:worker", "till:manifest", TILL}


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(text).replace("\N{NO-BREAK SPACE}", " ").replace("’", "'")).strip().casefold()


def names_in(text: str) -> list[str]:
    """What a help text says is on its page."""
    return [name for name in BOLD.findall(text) if name[-1] not in ".:?!,;"]


def seen(page: str) -> str:
    """All that can be read on a page, its hints and labels for the ear among it."""
    page = UNSEEN.sub(" ", page)
    return plain(" ".join([strip_tags(page.replace("<", " <")), *WRITTEN.findall(page)]))


@cache
def sayings(language: str) -> tuple[tuple[frozenset[str], str], ...]:
    """Every sentence of the house in the language, with the files it stands in."""
    answers = catalogue.read(language=language)
    return tuple(
        (frozenset(name for name, _ in message.locations), plain(form))
        for message in answers
        if message.id
        for form in _forms(message)
    )


def _forms(message: Message) -> list[str]:
    source = message.id if isinstance(message.id, list | tuple) else [message.id]
    said = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [form for form in said if form] or list(source)


def views(patterns: list[URLPattern | URLResolver] | None = None, *, door: str = "") -> dict[str, str]:
    """The module of each page's view, by the page's name."""
    found: dict[str, str] = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            found |= views(pattern.url_patterns, door=pattern.namespace or door)
        else:
            found[f"{door}:{pattern.name}"] = inspect.unwrap(pattern.callback).__module__
    return found


def sources_of(page: str, *, templates: set[str]) -> set[str]:
    """The files whose words may stand on the page: its templates with their parts, its view, what that takes, and the
    labels of the rooms it speaks of."""
    door = page.split(":")[0]
    modules, labels, waiting = set(), set(), [views()[page]]
    while waiting:
        name = waiting.pop()
        if name in modules or not name.startswith("passage."):
            continue
        modules.add(name)
        text = inspect.getsource(importlib.import_module(name))
        templates = templates | set(TEMPLATE.findall(text))
        for room, parts in OWN_IMPORT.findall(text):
            labels.add(f"{'/'.join(room.split('.')[:2])}/models.py")
            if room.startswith(f"passage.{door}"):
                waiting += [room] if room.count(".") > 1 else [f"{room}.{part.strip()}" for part in parts.split(",")]
    files = {f"{name.replace('.', '/')}.py" for name in modules}
    return files | labels | {file for template in templates for file in with_parts(template)}


@cache
def with_parts(template: str) -> frozenset[str]:
    file = next(iter((CHECKOUT / "passage").glob(f"*/templates/{template}")), None)
    if file is None:
        return frozenset()
    inner = [part for name in PART.findall(file.read_text()) for part in with_parts(name)]
    return frozenset({file.relative_to(CHECKOUT).as_posix(), *inner})


def is_said(name: str, *, language: str, files: set[str]) -> bool:
    wanted = plain(name)
    return any(
        wanted in said and (places & files or any(place.startswith(EVERYWHERE) for place in places))
        for places, said in sayings(language)
    )


def help_of(page: str, *, language: str) -> Path:
    return HELP / f"{page_key(view_name=page)}.{language}.md"


def strangers(page: str, text: str, *, language: str, shown: str, files: set[str]) -> list[str]:
    """The names in a help text that are not on its page."""
    return [
        f"{page} ({language}): **{name}**"
        for name in names_in(text)
        if plain(name) not in shown and not is_said(name, language=language, files=files)
    ]


def test_a_button_that_the_page_does_not_have_is_caught():
    files = {"passage/office/templates/office/cards.html"}
    text = "Press **Numbers as a file**, then **Send to the moon**. **Ready.**"
    caught = strangers("office:cards", text, language="en", shown="", files=files)
    assert caught == ["office:cards (en): **Send to the moon**"]


def test_the_help_of_every_page_is_at_hand_and_names_only_what_is_there(cast, clients):  # noqa: F811
    known = {"sale": a_sale(clients["piotr"]), "member": cast.anna.public_id, **a_till_with_a_problem(cast)}
    wrong: list[str] = []
    for page, (address, answers) in PAGES.items():
        readers = [person for person, answer in zip(PEOPLE, answers, strict=True) if answer == IN]
        for language in LANGUAGES if readers and page not in NO_PAGE else ():
            shown, templates = "", set()
            for person in readers:
                answer = clients[person].get(address.format(**known), headers={"Accept-Language": language})
                if answer.get("Content-Type", "").startswith("text/html"):
                    way = f'href="/help/{page_key(view_name=page)}"'
                    wrong += [] if way in answer.text else [f"{page} for {person}: no way to its help"]
                    shown += seen(answer.text)
                    templates |= {template.name for template in answer.templates if template.name}
            if shown:
                text = help_of(page, language=language).read_text()
                files = sources_of(page, templates=templates)
                wrong += strangers(page, text, language=language, shown=shown, files=files)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_of_the_till_names_only_what_the_till_says(language):
    own = {place for places, _ in sayings(language) for place in places if place.startswith("frontend/src/till/")}
    wrong = [
        each
        for file in sorted(HELP.glob(f"till-app-*.{language}.md"))
        for each in strangers(file.stem, file.read_text(), language=language, shown="", files=own)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_name_only_what_some_page_says(language):
    anywhere = {place for places, _ in sayings(language) for place in places}
    wrong = [
        each
        for name in GUIDES
        for each in strangers(name, guide_file(name, language).read_text(), language=language, shown="", files=anywhere)
    ]
    assert not wrong, "\n".join(wrong)

"""Every page has its help, in every language, and no help speaks of a page that is gone."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from passage.ui.context import page_key
from passage.ui.places import HELP
from tests.house.reading import ROOT

DOORS = {"website", "till", "office", "portal"}
# Addresses that only send on to a page, and never show one themselves.
WITHOUT_A_PAGE = {
    "website-home",
    "website-sign-out",
    "website-picture",
    "website-guide-picture",
    "till-worker",
    "till-manifest",
    "office-begin",
}
# What only acts, and sends on to a page or shows that of another address.
DEEDS = {
    f"office-{deed}"
    for deed in (
        "disconnect",
        "retire",
        "pin",
        "invite",
        "link",
        "offer-again",
        "withdraw",
        "leave",
        "end-promotion",
        "publish",
        "confirm-past",
        "end-reward",
        "block-member",
        "give-card",
        "turn-card",
        "card-list",
        "send-again",
        "ask-factor",
        "take-factor",
        "new-password",
        "unmerge",
        "restock",
        "hand-out",
        "cancel-prize",
        "prizes-file",
        "export",
        "import-do",
        "import-report",
        "download",
        "revoke-key",
        "decide",
        "end-own",
    )
} | {
    f"website-{deed}"
    for deed in (
        "passkey",
        "passkey-options",
        "language",
        "app-off",
        "recovery",
        "add-passkey",
        "new-passkey",
        "change-passkey",
        "end-session",
        "end-sessions",
        "answer",
    )
}
# The till is one page with many screens: each has its own help, built into it.
SCREENS = ROOT / "frontend/src/till/store.ts"
NOT_AN_ADDRESS = {"not-found"}


def pages(patterns: list[URLPattern | URLResolver] | None = None, *, door: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, door=pattern.namespace or door)
        elif door in DOORS and pattern.name:
            yield page_key(view_name=f"{door}:{pattern.name}")


def screens() -> set[str]:
    named = re.search(r"export type Screen = ([^;]+);", SCREENS.read_text())
    assert named is not None, "the till no longer names its screens"
    return {f"till-app-{name}" for name in [*re.findall(r'"(\w+)"', named[1]), "pair", "lock"]}


def missing(*, of: set[str], among: set[str]) -> list[str]:
    return sorted(
        f"{page}.{code}.md" for page in of for code, _ in settings.LANGUAGES if f"{page}.{code}.md" not in among
    )


def test_a_page_without_help_is_caught():
    assert missing(of={"till-points"}, among={"till-points.fr.md", "till-points.pl.md"}) == ["till-points.en.md"]


def test_every_page_has_help_in_every_language():
    wanted = set(pages()) - WITHOUT_A_PAGE - DEEDS - {"till-app"} | NOT_AN_ADDRESS | screens()
    assert {"till-points", "office-member", "portal-me", "website-sign-in"} <= wanted
    assert missing(of=wanted, among={file.name for file in HELP.glob("*.md")}) == []


def test_no_help_is_left_of_a_page_that_is_gone():
    known = set(pages()) | NOT_AN_ADDRESS | screens()
    assert [file.name for file in HELP.glob("*.md") if file.name.split(".")[0] not in known] == []

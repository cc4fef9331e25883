"""Nothing in the repository tells where it was written, or that it was left unfinished."""

import re
import tomllib

from tests.house.reading import ROOT, Source, repository

# Written in pieces, or this file would find itself.
PLACES = re.compile(
    "|".join(
        ("/" + "work/", "/" + "farm/", r"pypi\." + "org", "python" + "hosted", r"npm" + r"js\.org", r"deb\." + "debian")
    )
)
UNFINISHED = re.compile(
    "|".join(
        (
            r"\bTO" + r"DO\b",
            r"\bFIX" + r"ME\b",
            r"\bXX" + r"X\b",
            "NotImplemented" + "Error",
            r"mark\.(skip|xfail)" + r"\b",
            "assert " + "True",
        )
    )
)
MADE = {"package-lock.json", "LICENSE"}


def mentions(source: Source, pattern: re.Pattern[str]) -> list[str]:
    return [f"{source.path}:{number} {line.strip()[:100]}" for number, line in source.lines() if pattern.search(line)]


def test_the_name_of_a_workplace_or_a_registry_is_caught():
    for line in ("/" + "work/main", "https://files.python" + "hosted.org/x", "registry.npm" + "js.org"):
        assert mentions(Source("README.md", line), PLACES), line
    assert mentions(Source("README.md", "passage work"), PLACES) == []


def test_an_unfinished_place_is_caught():
    for line in ("# TO" + "DO: later", "@pytest.mark.sk" + "ip", "raise NotImplemented" + "Error"):
        assert mentions(Source("passage/till/views.py", line), UNFINISHED), line


def test_no_file_names_a_workplace_or_a_registry():
    assert [fault for source in repository() for fault in mentions(source, PLACES)] == []


def test_nothing_is_left_unfinished():
    written = [
        s for s in repository() if s.path.endswith((".py", ".ts", ".html", ".css", ".sh")) and s.name not in MADE
    ]
    assert [fault for source in written for fault in mentions(source, UNFINISHED)] == []


def test_the_changelog_has_a_place_for_what_is_not_released():
    headings = re.findall(r"^## \[?([^\]\n]+)\]?", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings
    assert headings[0] == "Unreleased"


def test_the_licence_is_the_one_the_package_declares():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"]
    assert declared == "AGPL-3.0-or-later"
    assert "GNU AFFERO GENERAL PUBLIC LICENSE\n                       Version 3" in (ROOT / "LICENSE").read_text()

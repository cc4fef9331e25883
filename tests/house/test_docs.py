"""What the papers say can be followed: links lead somewhere, commands exist, decisions are whole."""

import re

from passage.config.env import Env
from passage.ui.catalogue import read
from tests.house.reading import ROOT, Source, repository

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"\bpassage ([a-z][a-z-]*)")
# Django's own, reached by the same name.
BORN_WITH_DJANGO = {"migrate", "check", "createsuperuser", "shell", "test"}
DECISION = re.compile(
    r"^# (\d{4}) · .+\n(.|\n)*^## Context\n(.|\n)*^## Decision\n(.|\n)*^## Consequences\n", re.MULTILINE
)


def papers() -> list[Source]:
    return [source for source in repository() if source.path.endswith(".md")]


def dead_links(source: Source, *, exists) -> list[str]:
    here = (ROOT / source.path).parent
    return [f"{source.path}: {link}" for link in LINK.findall(source.text) if not exists(here / link)]


def unknown_commands(source: Source, *, known: set[str]) -> list[str]:
    spans = re.findall(r"`([^`\n]+)`", source.text) + re.findall(
        r"^```.*?$(.*?)^```", source.text, re.MULTILINE | re.DOTALL
    )
    return [f"{source.path}: passage {name}" for span in spans for name in COMMAND.findall(span) if name not in known]


def commands() -> set[str]:
    files = {s.name for s in repository() if s.parts[-3:-1] == ("management", "commands")}
    return {name.removesuffix(".py").replace("_", "-") for name in files} | {name.removesuffix(".py") for name in files}


def test_a_dead_link_and_an_unknown_command_are_caught():
    paper = Source("docs/running.md", "See [there](gone.md), then run `passage fly`.\n")
    assert dead_links(paper, exists=lambda path: False) == ["docs/running.md: gone.md"]
    assert unknown_commands(paper, known={"verify"}) == ["docs/running.md: passage fly"]
    assert unknown_commands(Source("a.md", "`passage verify` and [x](https://a.example)"), known={"verify"}) == []


def test_links_lead_somewhere():
    assert [fault for paper in papers() for fault in dead_links(paper, exists=lambda path: path.exists())] == []


def test_the_commands_that_papers_name_exist():
    known = commands() | BORN_WITH_DJANGO
    assert [fault for paper in papers() for fault in unknown_commands(paper, known=known)] == []


def test_a_decision_without_its_consequences_is_caught():
    assert DECISION.match("# 0001 · A\n\n## Context\n\na\n\n## Decision\n\nb\n\n## Consequences\n\nc\n")
    assert not DECISION.match("# 0001 · A\n\n## Context\n\na\n\n## Decision\n\nb\n")


def test_decisions_are_whole_and_numbered_once():
    decisions = [s for s in repository() if s.path.startswith("docs/decisions/") and s.name != "README.md"]
    assert [s.path for s in decisions if not DECISION.match(s.text)] == []
    numbers = [s.name[:4] for s in decisions]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    assert [s.path for s in decisions if not s.text.startswith(f"# {s.name[:4]} ·")] == []
    index = (ROOT / "docs/decisions/README.md").read_text()
    assert [s.path for s in decisions if f"[{s.text.splitlines()[0][2:]}]({s.name})" not in index] == []


def undocumented(text: str, *, variables: set[str]) -> tuple[set[str], set[str]]:
    """Variables that the table leaves out, and rows for variables that do not exist."""
    written = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    return variables - written, written - variables


def test_a_forgotten_and_an_invented_variable_are_caught():
    text = "| `PORT` | the port | `8000` |\n| `COLOUR` | of the bike shed | green |\n"
    assert undocumented(text, variables={"PORT", "BIND"}) == ({"BIND"}, {"COLOUR"})


def test_every_variable_is_explained_and_none_is_invented():
    variables = {name.upper() for name in Env.model_fields}
    assert undocumented((ROOT / "docs/running.md").read_text(), variables=variables) == (set(), set())


def test_the_glossary_has_the_words_of_the_house():
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    wanted = "programme shop till staff clerk member card basket line claim purchase return receipt account unit entry lot rule reward redemption tier connector outbox"
    assert set(wanted.split()) - {word.strip() for word in words} == set()


def at_odds(glossary: str, *, language: str, column: int, said: dict[str, str]) -> list[str]:
    """Words that the pages translate otherwise than the glossary; `said` is what the catalogue says by English word."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in glossary.splitlines() if line[:1] == "|"]
    return [
        f"{language}: {word} is {said[word.capitalize()]} on the pages"
        for row in rows
        if len(row) == 4
        for word in [row[0]]
        if word.capitalize() in said and said[word.capitalize()].lower() not in row[column].lower()
    ]


def test_a_word_that_the_pages_translate_otherwise_is_caught():
    glossary = "| member | a person | client | uczestnik |\n"
    assert at_odds(glossary, language="fr", column=2, said={"Member": "Membre"}) == [
        "fr: member is Membre on the pages"
    ]
    assert at_odds(glossary, language="pl", column=3, said={"Member": "Uczestnik"}) == []


def test_the_pages_and_the_glossary_use_the_same_words():
    glossary = (ROOT / "docs/glossary.md").read_text()
    for column, language in ((2, "fr"), (3, "pl")):
        said = {str(message.id): str(message.string) for message in read(language=language) if not message.context}
        assert said["Member"]
        assert at_odds(glossary, language=language, column=column, said=said) == []

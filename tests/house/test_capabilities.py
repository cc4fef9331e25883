"""docs/capabilities.md claims what tests prove, and leaves nothing out."""

import ast
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.house.reading import ROOT, Source, repository

LIST = "docs/capabilities.md"
EVERY = [
    f"{kind}-{number:02}"
    for kind, last in (("S", 61), ("F", 104), ("P", 48), ("B", 28), ("E", 50))
    for number in range(1, last + 1)
]
STATES = ("done", "partly", "not yet")
ROW = re.compile(r"^\| *([A-Z]-\d+) *\|(.*)\|$", re.MULTILINE)
TEST = re.compile(r"`([^`\s]+::[^`\s]+)`")


@dataclass(frozen=True)
class Row:
    number: str
    what: str
    state: str
    proof: str


def rows(text: str) -> tuple[list[Row], list[str]]:
    """The rows of the list, and what is wrong with those that cannot be read."""
    read, unreadable = [], []
    for number, rest in ROW.findall(text):
        cells = [cell.strip() for cell in rest.split("|")]
        if len(cells) == 3:
            read.append(Row(number, *cells))
        else:
            unreadable.append(f"{number}: four columns, please")
    return read, unreadable


def faults(text: str, *, exists: Callable[[str], bool]) -> list[str]:
    read, found = rows(text)
    seen = Counter(row.number for row in read)
    found += [f"{number}: stands {seen[number]} times" for number in EVERY if seen[number] != 1]
    found += [f"{number}: not in the specification" for number in seen if number not in EVERY]
    for row in read:
        tests = TEST.findall(row.proof)
        if row.state not in STATES:
            found.append(f"{row.number}: {row.state!r} is not a state")
        if not row.what:
            found.append(f"{row.number}: says nothing")
        if row.state == "done" and not tests:
            found.append(f"{row.number}: done, and no test proves it")
        if row.state == "partly" and "missing:" not in row.proof:
            found.append(f"{row.number}: partly, and nothing is said to be missing")
        if row.state == "not yet" and tests:
            found.append(f"{row.number}: not yet, and yet tests prove it")
        found += [f"{row.number}: no such test: {test}" for test in tests if not exists(test)]
    return found


def named_tests(sources: tuple[Source, ...]) -> set[str]:
    """Every test as `path::name` or `path::Class::name`, by reading and not by importing."""
    found = set()
    for source in sources:
        if not (source.is_test and source.path.endswith(".py")):
            continue
        for node in source.tree().body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"{source.path}::{node.name}")
            if isinstance(node, ast.ClassDef):
                # Classes count as well as their methods: a state machine of hypothesis has no method of its own.
                found.add(f"{source.path}::{node.name}")
                found |= {f"{source.path}::{node.name}::{m.name}" for m in node.body if isinstance(m, ast.FunctionDef)}
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.add(f"{source.path}::{node.targets[0].id}")
    return found


def planted(number: str, line: str) -> str:
    """A faultless list, but for one line."""
    return "\n".join(line if each == number else f"| {each} | something | not yet | – |" for each in EVERY)


def test_a_faultless_list_is_let_through():
    assert faults(planted("S-01", "| S-01 | a | done | `tests/a.py::test_b` |"), exists=lambda test: True) == []


def test_each_fault_of_a_list_is_caught():
    for line, fault in {
        "": "S-01: stands 0 times",
        "| S-01 | a | not yet | – |\n| S-01 | a | not yet | – |": "S-01: stands 2 times",
        "| S-01 | a | not yet | – |\n| S-62 | a | not yet | – |": "S-62: not in the specification",
        "| S-01 | a | soon | – |": "S-01: 'soon' is not a state",
        "| S-01 |  | not yet | – |": "S-01: says nothing",
        "| S-01 | a | done | trust us |": "S-01: done, and no test proves it",
        "| S-01 | a | partly | `tests/a.py::test_b` |": "S-01: partly, and nothing is said to be missing",
        "| S-01 | a | not yet | `tests/a.py::test_b` |": "S-01: not yet, and yet tests prove it",
        "| S-01 | a | b | done | – |": "S-01: four columns, please",
    }.items():
        assert fault in faults(planted("S-01", line), exists=lambda test: True), line
    gone = planted("S-01", "| S-01 | a | done | `tests/a.py::test_gone` |")
    assert faults(gone, exists=lambda test: False) == ["S-01: no such test: tests/a.py::test_gone"]


def test_tests_are_found_by_reading():
    source = Source(
        "tests/a/test_b.py", "def test_c(): ...\ndef cast(): ...\nclass TestD:\n    def test_e(self): ...\n"
    )
    assert {"tests/a/test_b.py::test_c", "tests/a/test_b.py::TestD::test_e"} <= named_tests((source,))
    assert "tests/a/test_b.py::cast" not in named_tests((source,))


def test_every_line_is_there_once_and_what_is_done_is_proved():
    known = named_tests(repository())
    assert faults((ROOT / LIST).read_text(), exists=known.__contains__) == []


def test_the_count_at_the_top_is_true():
    text = (ROOT / LIST).read_text()
    count = Counter(row.state for row in rows(text)[0])
    assert f"Today: {count['done']} done, {count['partly']} partly, {count['not yet']} not yet." in text

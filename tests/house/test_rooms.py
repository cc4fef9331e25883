"""Whoever opens a room is told at the door what it is and what always holds in it."""

import ast

from tests.house.reading import ROOT, Source, floors, repository, rooms

FEWEST_LINES = 3


def faults_at_the_door(source: Source) -> list[str]:
    """A room's `__init__.py` holds its few lines of explanation and nothing else."""
    tree = source.tree()
    said = ast.get_docstring(tree) or ""
    found = []
    if len([line for line in said.splitlines() if line.strip()]) < FEWEST_LINES:
        found.append(f"{source.path}: say in about five lines what this room is and what always holds in it")
    if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)):
        found.append(f"{source.path}: a room imports nothing at its door")
    return found


def test_a_silent_room_and_an_importing_room_are_caught():
    assert faults_at_the_door(Source("passage/cards/__init__.py", '"""Cards."""\n'))
    assert faults_at_the_door(Source("passage/cards/__init__.py", '"""One\ntwo\nthree."""\nfrom x import y\n'))
    assert faults_at_the_door(Source("passage/cards/__init__.py", '"""One\ntwo\nthree."""\n')) == []


def test_every_room_says_what_it_is():
    doors = [s for s in repository() if s.room in floors() and len(s.parts) == 3 and s.name == "__init__.py"]
    assert sorted(source.room for source in doors) == rooms(), "a room without an __init__.py"
    assert [fault for source in doors for fault in faults_at_the_door(source)] == []


def test_every_room_is_drawn_in_the_plan_of_the_house():
    plan = (ROOT / "docs/house.md").read_text()
    assert [room for room in rooms() if f"{room}/" not in plan] == []

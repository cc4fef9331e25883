"""A file fits in one reading, a function on one screen."""

import ast

from tests.house.reading import Source, repository

FILE, FUNCTION = 400, 50


def too_long(source: Source) -> list[str]:
    found = []
    if (length := len(source.text.splitlines())) > FILE:
        found.append(f"{source.path}: {length} lines")
    if source.path.endswith(".py"):
        found += [
            f"{source.path}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
            for node in ast.walk(source.tree())
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= FUNCTION
        ]
    return found


def test_a_long_file_and_a_long_function_are_caught():
    long_file = Source("passage/till/views.py", "a = 1\n" * (FILE + 1))
    long_function = Source("passage/till/views.py", "def page():\n" + "    a = 1\n" * FUNCTION)
    just_right = Source("passage/till/views.py", "def page():\n" + "    a = 1\n" * (FUNCTION - 1))
    assert too_long(long_file) == ["passage/till/views.py: 401 lines"]
    assert too_long(long_function) == ["passage/till/views.py:1 page: 51 lines"]
    assert too_long(just_right) == []


def test_files_and_functions_fit_on_a_screen():
    written = [s for s in repository() if s.path.endswith((".py", ".ts", ".tsx")) and not s.is_migration]
    assert [fault for source in written for fault in too_long(source)] == []

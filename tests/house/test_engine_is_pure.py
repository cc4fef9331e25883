"""The engine computes with whole numbers, and knows nothing of Django, of databases or of the network."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.house.reading import ROOT, Source, package

STRANGERS = {"django", "ninja", "pydantic", "psycopg", "sqlite3", "socket"}
UNASKED = {"random", "secrets", "time", "os", "gettext", "logging", "decimal"}
WAKE = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".tests" not in module.name:
        importlib.import_module(module.name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def strangers_woken_by(package_name: str, *, where: Path) -> set[str]:
    """The top-level packages, out of the strangers', that importing the whole package brings in."""
    woken = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(where)!r})\n{WAKE}", package_name],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return set(woken) & STRANGERS


def unasked(source: Source) -> list[str]:
    """Chance, clocks, the machine and languages reach the engine as arguments, or not at all."""
    named = []
    for node in ast.walk(source.tree()):
        match node:
            case ast.Import(names=names):
                named += [(node.lineno, alias.name) for alias in names]
            case ast.ImportFrom(module=str(module)):
                named.append((node.lineno, module))
    return [f"{source.path}:{line} imports {name}" for line, name in named if name.split(".")[0] in UNASKED]


def floats(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree()):
        match node:
            case ast.Constant(value=float() | complex()):
                what = f"the literal {node.value}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                what = "a true division: use // or a Fraction of two whole numbers"
            case ast.Name(id="float"):
                what = "float"
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name not in {"gcd", "isqrt", "lcm", "prod"}:
                what = f"math.{name}"
            case _:
                continue
        found.append(f"{source.path}:{node.lineno} {what}")
    return found


def float_columns(source: Source) -> list[str]:
    return [f"{source.path}:{number}" for number, line in source.lines() if "FloatField(" in line]


def test_an_engine_that_wakes_a_stranger_is_caught(tmp_path):
    (tmp_path / "motor").mkdir()
    (tmp_path / "motor/__init__.py").write_text("")
    (tmp_path / "motor/rules.py").write_text("import sqlite3")
    assert strangers_woken_by("motor", where=tmp_path) == {"sqlite3"}


def test_the_engine_wakes_up_without_django():
    # -S leaves the installed packages out: an engine that needs any of them does not even import.
    assert strangers_woken_by("passage.engine", where=ROOT) == set()


def test_an_engine_that_throws_dice_is_caught():
    assert unasked(Source("passage/engine/rules.py", "import random"))
    assert unasked(Source("passage/engine/rules.py", "from time import monotonic"))
    assert unasked(Source("passage/engine/rules.py", "from fractions import Fraction")) == []


def test_the_engine_asks_for_no_chance_no_clock_and_no_language():
    assert [fault for source in package() if source.room == "engine" for fault in unasked(source)] == []


def test_floats_are_caught():
    for line in ("a = 0.5", "a = b / c", "a /= 2", "a = float(b)", "def f(x: float): ...", "a = math.floor(b)"):
        assert floats(Source("passage/engine/money.py", line)), line
    for line in ("a = b // c", "a = Fraction(1, 3)", "a = divmod(b, c)", "a = math.gcd(b, c)", "a = 'a/b'"):
        assert floats(Source("passage/engine/money.py", line)) == [], line
    assert float_columns(Source("passage/ledger/models.py", "points = models.FloatField()"))


def test_the_engine_holds_no_float():
    assert [fault for source in package() if source.room == "engine" for fault in floats(source)] == []


def test_no_table_holds_a_float():
    assert [fault for source in package() for fault in float_columns(source)] == []

"""What the house tests read: the files of the repository, as values that a test can also make up."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "passage"
DOORS = ("office", "till", "portal", "api", "connectors", "website")


@dataclass(frozen=True)
class Source:
    """One text file: its path from the root of the repository, and what it says."""

    path: str
    text: str

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).parts

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def room(self) -> str | None:
        """The room of the package the file stands in, or None outside all rooms."""
        return self.parts[1] if self.parts[0] == PACKAGE and len(self.parts) > 2 else None

    @property
    def is_test(self) -> bool:
        return "tests" in self.parts or self.name in {"conftest.py", "testing.py"}

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    def lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), 1)


@cache
def repository() -> tuple[Source, ...]:
    """Every text file that git keeps or would keep; what it ignores is nobody's writing."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    sources = []
    for path in sorted(filter(None, listed.split("\0"))):
        try:
            sources.append(Source(path, (ROOT / path).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, or a file deleted and not yet committed
    return tuple(sources)


def package() -> list[Source]:
    """The product's own Python, without its tests and its migrations."""
    return [
        source
        for source in repository()
        if source.parts[0] == PACKAGE and source.path.endswith(".py") and not (source.is_test or source.is_migration)
    ]


@cache
def floors() -> dict[str, int]:
    """Each room with the height of its floor, from the one list of floors: import-linter's in pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {room: height for height, layer in enumerate(reversed(layers)) for room in re.findall(r"[a-z_]+", layer)}


def rooms() -> list[str]:
    """The rooms that stand today."""
    return sorted({source.room for source in repository() if source.room in floors()} - {None})

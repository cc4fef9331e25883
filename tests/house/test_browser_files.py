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
        "passage/till/templates/till/points.html": '<p class="grid">',
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    "edited", ["frontend/src/app.ts", "passage/till/templates/till/points.html", "frontend/build.mjs"]
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


@pytest.mark.parametrize("name", ["app.js", "theme.js", "style.css", "mark.svg"])
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


def test_nothing_built_asks_a_foreign_host():
    built = [file for file in DIST.iterdir() if file.suffix in {".css", ".js"}]
    assert [file.name for file in built if "url(http" in file.read_text() or "//fonts." in file.read_text()] == []

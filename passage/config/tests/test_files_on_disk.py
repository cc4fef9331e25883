"""What the installation keeps is this account's alone, whatever the folder and the account's habits were before."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from passage.config.data_folder import open_data_folder
from passage.config.env import Refused, read_env
from passage.config.tests.test_commands import COMMAND, run, surroundings

pytestmark = pytest.mark.one_database


def modes(folder: Path) -> dict[str, int]:
    return {str(each.relative_to(folder.parent)): stat.S_IMODE(each.lstat().st_mode) for each in found(folder)}


def found(folder: Path) -> list[Path]:
    return [folder, *sorted(folder.rglob("*"))]


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASSAGE_DATA", str(folder))
    return open_data_folder(env=read_env())


def test_a_command_leaves_nothing_that_others_can_read(tmp_path: Path) -> None:
    """The folder was open, the account's own umask lets everybody read: as with an older version, or a careless unit."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    env = surroundings(data=folder)
    env.pop("SECRET_KEY", None)
    done = subprocess.run([*COMMAND, "migrate", "-v0"], env=env, umask=0o000, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"data/secret-key", "data/passage.sqlite3"} <= modes(folder).keys()
    assert {name: oct(mode) for name, mode in modes(folder).items() if mode & 0o077} == {}


def test_what_an_older_version_left_open_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    (folder / "archives").mkdir(parents=True)
    for name in ("passage.sqlite3", "passage.sqlite3-wal", "erased.jsonl", "archives/one.zip"):
        (folder / name).write_text("")
        (folder / name).chmod(0o664)
    outside = tmp_path / "outside"
    outside.write_text("")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)
    (folder / "archives").chmod(0o775)
    folder.chmod(0o755)
    opened(folder, monkeypatch)
    assert {name for name, mode in modes(folder).items() if mode & 0o077} == {"data/link"}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_an_open_folder_with_files_of_others_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is used for something else, as a home or /tmp, is not closed behind anybody's back."""
    (tmp_path / "holiday.jpg").write_text("")
    tmp_path.chmod(0o755)
    with pytest.raises(Refused, match=f"chmod 700 {tmp_path}"):
        opened(tmp_path, monkeypatch)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    ended = run("check", data=tmp_path)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    tmp_path.chmod(0o700)
    assert opened(tmp_path, monkeypatch) == tmp_path


def test_an_open_folder_of_another_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    # The same seen from the other side, so that nobody has to be root: who asks is another account than the owner.
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(Refused, match=r"belongs to another account and is open to others.*chmod 700"):
        opened(folder, monkeypatch)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_database_elsewhere_is_closed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "shop.sqlite3"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    ended = run("check", data=tmp_path / "data", DATABASE_URL=f"sqlite:///{elsewhere}")
    assert ended.returncode == 0, ended.stderr
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600

"""A file is opened in a child: what it does there ends the child, is told as a refusal, and is nothing to anybody else."""

import io
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore

import pytest
from django.db import transaction

from passage.programme import child
from passage.programme.errors import Refused

MEGABYTE = 1 << 20
# A machine that is busy with other tests takes its time to start a child.
BOUNDS = child.Bounds(memory=256 * MEGABYTE, seconds=60, answer=4 * MEGABYTE)
IMPATIENT = replace(BOUNDS, seconds=1)


def asked(work, file=b"", bounds=BOUNDS):
    failing = Refused("failing", field="file")
    return list(child.run(f"passage.programme.tests.works:{work}", file=file, bounds=bounds, failing=failing))


def test_what_a_child_answers_comes_back_in_pieces():
    assert asked("reads", b"a file") == [b"a file", b"and more"]
    assert asked("reads", io.BytesIO(b"in memory")) == [b"in memory", b"and more"]


def test_a_file_on_disk_is_read_from_its_beginning_and_stands_where_it_stood():
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789")
        file.seek(4)
        assert file.read(1) == b"4"
        assert asked("reads", file) == [b"0123456789", b"and more"]
        assert file.read() == b"56789"


def test_what_the_child_refuses_is_refused_here():
    with pytest.raises(Refused) as refused:
        asked("refuses")
    assert (refused.value.code, refused.value.field, refused.value.params) == ("too_many_rows", "file", {"limit": 7})


def test_a_child_knows_no_secrets_and_no_database(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for a child")
    names, loaded = asked("tells_of_itself")
    assert set(names.decode().split()) <= {*child.ENVIRONMENT, "LC_CTYPE"}
    assert loaded == b""


@pytest.mark.parametrize(
    "work", ["fails", "aborts", "is_killed", "takes_memory", "computes", "sleeps", "never_stops_answering", "unknown"]
)
def test_a_child_that_crashes_or_takes_too_much_is_ended_and_refused(work):
    before = children()
    with pytest.raises(Refused, match="failing"):
        asked(work, bounds=IMPATIENT)
    assert children() == before


def children():
    """The processes that this one has started and not yet buried."""
    return sorted(open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split())


def test_few_are_open_at_once_few_wait_and_the_others_are_refused_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(child, "PATIENCE", 300)
    everybody = child.AT_ONCE + child.WAITING
    let_go = str(tmp_path / "go").encode()
    with ThreadPoolExecutor(everybody) as pool:
        held = [pool.submit(asked, "waits_to_be_let_go", let_go) for _ in range(everybody)]
        while child._queue._value:
            assert not any(each.done() for each in held)
        with pytest.raises(Refused, match="files_busy"):
            asked("reads")
        (tmp_path / "go").touch()
        assert [each.result() for each in held] == [[b"let go"]] * everybody
    assert asked("reads", b"after") == [b"after", b"and more"]


def test_whoever_waited_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(child, "PATIENCE", 0)
    monkeypatch.setattr(child, "_places", BoundedSemaphore(1))
    child._places.acquire()
    with pytest.raises(Refused, match="files_busy"):
        asked("reads")
    child._places.release()
    assert asked("reads") == [b"", b"and more"]


@pytest.mark.django_db
def test_no_child_is_started_in_a_transaction():
    """The one that a test runs in is none: see the tests above."""
    with pytest.raises(RuntimeError, match="never in it"), transaction.atomic():
        asked("reads")


def test_the_server_does_not_even_load_what_opens_files():
    """Asked of a process that loads every page and the whole API, as the server does, and the worker's jobs."""
    asked_of_it = (
        "import sys, django; django.setup(); import passage.config.urls, passage.config.worker;"
        "print(*[name for name in sys.argv[1:] if name in sys.modules])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(child.ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", asked_of_it, "PIL.Image", "python_calamine", "typst", "barcode"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == []

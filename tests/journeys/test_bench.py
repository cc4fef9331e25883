"""The benches work and are honest, on the database of the run; how fast anything is, no test asks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from django.conf import settings

from tests.house.reading import ROOT

pytestmark = pytest.mark.one_database


def bench(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    database = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2].removesuffix("3")
    command = [sys.executable, "-m", f"bench.{name}", "--quick", "--database", database, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def planted(name: str) -> str:
    """A run that is sound, then slowed, then robbed: what it said until it declared itself void."""
    done = bench(name, "--plant", "slow", "--plant", "lose")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"ratio \d+\.\d+", done.stdout), done.stdout
    assert re.search(r"^load before: \d", done.stdout), done.stdout
    assert "caught: the planted slowness moved" in done.stdout, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_recording_is_compared_with_the_raw_database_and_every_answered_sale_is_in_the_books():
    said = planted("record")
    assert re.search(r"^audit \w+: \d+ answered sales, each in the books once", said, re.MULTILINE)
    assert "VOID: 1 answered sales are not in the books" in said


def test_a_batch_is_compared_with_set_based_sql_and_a_lost_sale_makes_the_run_void():
    said = planted("bulk")
    assert re.search(r"^audit \w+: \d+ sales recorded, each in the books once", said, re.MULTILINE)
    assert re.search(r"VOID: \d+ sales were recorded and \d+ are in the books", said)


def test_a_look_up_is_compared_with_an_empty_answer_and_must_find_the_very_member():
    said = planted("lookup")
    for how in ("card", "phone", "email"):
        assert re.search(rf"^look-up by {how} \w+: ratio \d", said, re.MULTILINE)
    assert "look-ups did not find their member" in said


def test_every_search_is_answered_by_an_index_and_one_that_is_gone_is_missed():
    done = bench("members", "--plant", "slow", "--plant", "lose")
    assert done.returncode == 1, done.stdout + done.stderr
    said = done.stdout + done.stderr
    for what in ("last name", "first name", "phone", "last four digits", "card number", "the log of a person on a day"):
        assert re.search(rf"^{what} \w+: ratio \d+\.\d \(p50 \d", said, re.MULTILINE), what
    assert "caught: without member_name the plan is another" in said
    assert "is not used" not in said
    assert "VOID: nothing was found by a card" in said


def test_sealing_is_compared_with_a_plain_read_and_the_head_of_another_chain_is_missed():
    assert "VOID: bench: block 1: a head that left this machine names it, and it is another block now" in planted(
        "seals"
    )


@pytest.mark.parametrize("name", ["record", "bulk", "lookup", "members", "seals"])
def test_a_bench_refuses_a_fault_it_does_not_know(name):
    assert "invalid choice" in bench(name, "--plant", "luck").stderr

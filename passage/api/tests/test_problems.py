"""Every refusal there is has its sentence, in every language, and an unknown one breaks nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation

from passage.api import problems
from passage.api.problems import Error, Fault
from passage.api.reading import CODES
from passage.api.tests.world import a_sale
from passage.api.tokens import seal, unseal
from passage.api.wordings import REFUSALS, TITLES

PACKAGE = Path(__file__).resolve().parents[2]
ROOMS = ("api", "cards", "ledger", "members", "purchases", "rewards")
REFUSERS = {"Refused", "Invalid", "NotThisCard", "Fault", "PydanticCustomError", "_refuse"}
# What only the staff's own pages and commands can meet: defining rewards, merging people, making cards.
NOT_FOR_PROGRAMS = {
    "before_last_version",
    "choose",
    "invalid_reward",
    "merge_in_use",
    "not_a_sale",
    "points_are_claimed",
    "unknown_unit",
}


def codes(source: str) -> set[str]:
    """The codes that a source refuses with, where they stand in the source."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSERS):
            continue
        place = 1 if node.func.id == "Invalid" else 0
        if len(node.args) > place and isinstance(node.args[place], ast.Constant):
            found.add(str(node.args[place].value))
    return found


def test_a_refusal_is_found_by_reading():
    assert codes('raise Refused("no", field="x")\nraise Invalid("email", "bad")\nraise Invalid(field)') == {"no", "bad"}


def test_every_refusal_of_the_rooms_has_a_sentence():
    sources = [file for room in ROOMS for file in (PACKAGE / room).rglob("*.py") if "tests" not in file.parts]
    used = {code for file in sources for code in codes(file.read_text())}
    assert {"card_lost" in REFUSALS, "insufficient_points" in used} == {True}
    assert used - REFUSALS.keys() - NOT_FOR_PROGRAMS == set()
    assert set(CODES.values()) <= REFUSALS.keys()


def test_every_sentence_is_one_and_keeps_its_numbers_in_every_language():
    params = {
        "limit": 1,
        "field": "x",
        "scope": "s",
        "line": "1",
        "left": 5,
        "missing": 3,
        "debt": 2,
        "currency": "PLN",
    }
    for language in ("en", "fr", "pl"):
        with translation.override(language):
            for code in REFUSALS:
                said = problems.sentence(Error(code, "x", {**params, "differs": ["a", "b"], "allowed": "c", "by": "d"}))
                assert said.endswith(".")
                assert "{" not in said
            assert all(str(title) for title in TITLES.values())
    with translation.override("pl"):
        assert problems.sentence(Error("conflict", params={"differs": ["basket", "member"]})).count("basket, member")


def test_an_unknown_code_is_shown_as_it_is():
    assert problems.sentence(Error("from_tomorrow")) == "This was refused (from_tomorrow)."
    assert "day of the week" in problems.sentence(Error("wrong_day"))
    assert problems.content(Fault("from_tomorrow", status=418))["title"]


def test_sealed_numbers_come_back_and_only_to_their_own_programme():
    token = seal(7, kind="entry", programme_id=1)
    assert unseal(token, kind="entry", programme_id=1) == 7
    assert unseal(token, kind="lot", programme_id=1) is None
    assert unseal(token, kind="entry", programme_id=2) is None
    assert len({seal(number, kind="entry", programme_id=1) for number in range(1, 500)}) == 499
    for text in ("", "7", "AAAAAAAAAAA", "ąąąąąąąąąąą", "A" * 12, "!!!!!!!!!!!"):
        assert unseal(text, kind="entry", programme_id=1) is None


@pytest.mark.django_db
def test_answers_are_kept_by_nobody_and_set_no_cookie(till):
    for answer in (
        till.post("/sales", a_sale()),
        till.get("/rewards"),
        till.get("/nothing"),
        till.get("/"),
    ):
        assert answer.headers.get("Cache-Control") == "no-store", answer.content[:300]
        assert {"Accept-Language", "Authorization"} <= {each.strip() for each in answer.headers["Vary"].split(",")}
        assert not answer.cookies
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].startswith("application/")

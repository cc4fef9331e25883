"""Whatever a room or a door refuses is said in a sentence with a remedy, in every language: nobody reads a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from passage.api import wordings
from passage.engine.reasons import WhyNot
from passage.imports.columns import FIELDS as COLUMNS
from passage.office import import_words
from passage.ui import refusals
from tests.house import refused
from tests.house.reading import Source, package

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What is wrong, then what to do: two sentences, or two parts of one.
TWO_PARTS = re.compile(r"\w[^.:;]*[.:;] \S")
# Places that stay apart: only the pages of an import say what these two rooms of files refuse.
FILES = ("passage/imports/",)
API = "passage/api/"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def found() -> list[refused.Code]:
    return list(refused.codes(package()))


def of_rooms() -> set[str]:
    """What pages can meet: every code of a room, and every reason why a reward does not apply."""
    told = refused.named_codes(package(), function="check_not_own")
    raised = {each.code for each in found() if not each.place.startswith((*FILES, API))}
    return raised | told | set(WhyNot)


def of_programs() -> set[str]:
    """What the API adds to it."""
    return {each.code for each in found() if each.place.startswith(API)}


def of_files() -> set[str]:
    return {each.code for each in found() if each.place.startswith(FILES)}


def of_rows() -> set[str]:
    """What a row of a list can have against it: faults of its own, and what members and cards refuse to be."""
    sources = {source.path: source for source in package()}
    cells = ("passage/imports/cells.py", "passage/members/canonical.py", "passage/cards/numbers.py")
    return refused.faults_of_rows(sources) | {each.code for each in found() if each.place.startswith(cells)}


A_ROOM = """
from passage.programme.errors import Refused
class Late(Refused):
    def __init__(self, field: str) -> None:
        super().__init__("late", field=field)
class Odd(Refused):
    def __init__(self, field: str, code: str = "odd") -> None:
        super().__init__(code, field=field)
def go(member, wrong):
    raise Refused("plain", field="x")
    raise Refused("one" if wrong else "other")
    raise Refused(f"member_{member.status}")
    raise Late("x")
    raise Odd("x")
    raise Odd("x", "quite_odd")
    raise Refused(wrong.code)
    raise Refused(f"shelf_{member}")
"""


def test_every_way_to_write_a_code_is_read():
    sources = [*package(), Source("passage/rewards/planted.py", A_ROOM)]
    made = [each.code for each in refused.codes(sources) if "planted" in each.place]
    members = ["member_blocked", "member_merged", "member_erased"]
    assert made == ["plain", "one", "other", *members, "late", "odd", "quite_odd", ""]


def test_a_sentence_without_a_remedy_is_caught():
    assert not TWO_PARTS.search("None is left.")
    assert TWO_PARTS.search("None is left. Choose another one.")


def test_every_code_can_be_read_where_it_is_made():
    """One that is put together cannot be walked: it is written out, or its ends are told to `tests.house.refused`."""
    assert [each.place for each in found() if not each.code] == []


def test_every_refusal_of_a_room_has_a_sentence_for_people():
    assert of_rooms() - refusals.REFUSALS.keys() == set()
    assert {"invalid_phone", "invalid_email", "invalid_day", "invalid"} <= of_rooms()


def test_every_problem_of_the_api_has_a_sentence():
    assert of_programs() - wordings.REFUSALS.keys() == set()


def test_every_fault_of_a_file_and_of_its_rows_has_a_sentence():
    said = import_words.FILES.keys() | import_words.FAULTS.keys()
    assert of_files() - said == set()
    assert of_rows() - import_words.FAULTS.keys() == set()


TABLES: dict[str, Mapping[str, str | Promise]] = {
    "pages": refusals.REFUSALS,
    "programs": wordings.REFUSALS,
    "files": import_words.FILES,
    "rows": import_words.FAULTS,
}
NAMES: dict[str, Mapping[str, str | Promise]] = {"fields": refusals.FIELDS, "columns": COLUMNS}


@pytest.mark.parametrize("table", TABLES)
def test_every_refusal_names_a_remedy(table: str):
    with translation.override("en"):
        texts = {code: str(text) for code, text in TABLES[table].items() if code != "unknown_code"}
    assert {code: text for code, text in texts.items() if not TWO_PARTS.search(f"{text} ")} == {}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("table", [*TABLES, *NAMES])
def test_no_refusal_is_english_on_a_page_in_another_language(table: str, language: str):
    texts = (TABLES | NAMES)[table]
    with translation.override("en"):
        english = {code: str(text) for code, text in texts.items()}
    with translation.override(language):
        same = {code: text for code, text in english.items() if str(texts[code]) == text and " " in text}
    assert same == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_no_code_and_no_name_of_a_column(language: str):
    with translation.override(language):
        for code in sorted(of_rooms()):
            said = refusals.refusal(code, {"field": "phone", "limit": 3})
            assert "{" not in said, code
            assert said.endswith("."), code
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", said), said
            assert f"({code})" not in said, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_about_a_field_names_it(language: str):
    with translation.override(language):
        for code in sorted(refusals.OF_FIELDS):
            assert refusals.refusal(code, {"field": "phone"}).startswith(str(refusals.FIELDS["phone"])), code
            assert refusals.refusal(code, {"field": "earns.kind"}).startswith(str(refusals.FIELDS["earns"])), code
            assert refusals.refusal(code, {}), code


def test_every_field_that_a_room_refuses_by_itself_has_a_name_for_people():
    assert refused.fields(package(), codes=refusals.OF_FIELDS) - refusals.FIELDS.keys() - UNSEEN == set()


# Fields that no page has: only the sales and returns of tills and programs bring them.
UNSEEN: set[str] = set()

"""docs/asvs.csv and docs/security.md claim what tests prove, or say why not."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable

from tests.house.reading import ROOT, repository
from tests.house.test_capabilities import TEST, named_tests

STATES = ("done", "partly", "not yet", "not applicable")
COLUMNS = ["id", "what", "status", "where", "test", "reason"]
CHAPTERS = 17
WORDS = 12  # in our own words, and few of them: the standard's sentences are the standard's


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def faults(text: str, *, exists: Callable[[str], bool]) -> list[str]:
    told = rows(text)
    found = [] if told and list(told[0]) == COLUMNS else [f"the columns are {', '.join(COLUMNS)}"]
    found += [
        f"{number}: stands {times} times" for number, times in Counter(r["id"] for r in told).items() if times > 1
    ]
    for row in told:
        number, tests = row["id"], row["test"].split()
        wrong = {
            "is no number of the standard": not re.fullmatch(r"\d{1,2}(\.\d{1,2}){0,2}", number),
            f"{row['status']!r} is not a state": row["status"] not in STATES,
            "says nothing, or too much": not 0 < len(row["what"].split()) <= WORDS,
            "has neither a test nor an explanation": not tests and not row["reason"],
            "is not done, and nothing says why": row["status"] != "done" and not row["reason"],
            "is claimed, and nothing says where": row["status"] in ("done", "partly") and not row["where"],
            "is not done, and yet a test proves it": row["status"] in STATES[2:] and bool(tests),
        }
        found += [f"{number}: {said}" for said, is_so in wrong.items() if is_so]
        found += [f"{number}: no such test: {test}" for test in tests if not exists(test)]
    missing = set(map(str, range(1, CHAPTERS + 1))) - {row["id"].partition(".")[0] for row in told}
    return found + [f"chapter {number} is left out" for number in sorted(missing, key=int)]


def one(**changes: str) -> str:
    row = {"id": "1.2.4", "what": "a", "status": "done", "where": "passage", "test": "a.py::test_a", "reason": ""}
    return ",".join(COLUMNS) + "\n" + ",".join((row | changes)[column] for column in COLUMNS) + "\n"


def test_what_is_claimed_without_a_proof_is_caught():
    def caught(said: str, *, exists: bool = True, **changes: str) -> bool:
        return any(said in fault for fault in faults(one(**changes), exists=lambda test: exists))

    assert not caught("1.2.4")
    assert caught("no such test", exists=False)
    assert caught("neither a test nor an explanation", test="")
    assert caught("nothing says why", status="partly")
    assert caught("yet a test proves it", status="not yet", reason="later")
    assert caught("nothing says where", where="")
    assert caught("is not a state", status="nearly")
    assert caught("no number", id="V1")
    assert caught("too much", what="a " * 13)
    assert caught("chapter 2 is left out")


def test_each_line_of_the_standard_has_a_test_or_an_explanation():
    assert faults((ROOT / "docs/asvs.csv").read_text(), exists=named_tests(repository()).__contains__) == []


KIND = re.compile(r"^\| *(A\d+|B\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)


def faults_of_kinds(text: str, *, exists: Callable[[str], bool]) -> list[str]:
    found = []
    for number, kind, stands, proof in KIND.findall(text):
        tests = TEST.findall(proof)
        if not kind.strip() or not stands.strip():
            found.append(f"{number}: says nothing")
        if not tests and "missing:" not in proof:
            found.append(f"{number}: no test, and nothing is said to be missing")
        found += [f"{number}: no such test: {test}" for test in tests if not exists(test)]
    return found


def test_a_kind_without_its_test_is_caught():
    row = "| A1 | slow bodies | a deadline | `a.py::test_a` |\n"
    assert faults_of_kinds(row, exists=lambda test: True) == []
    assert faults_of_kinds(row, exists=lambda test: False) == ["A1: no such test: a.py::test_a"]
    assert faults_of_kinds("| A1 | slow bodies | a deadline | – |\n", exists=lambda test: True)


def test_each_kind_of_attack_and_fault_has_its_test():
    text = (ROOT / "docs/security.md").read_text()
    assert faults_of_kinds(text, exists=named_tests(repository()).__contains__) == []
    numbers = [number for number, *_ in KIND.findall(text)]
    assert numbers == [f"A{n}" for n in range(1, 12)] + [f"B{n}" for n in range(1, 9)]

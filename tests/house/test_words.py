"""One word for one thing: the words of the house, and the ones that are kept out of it.

Each rule carries lines it must refuse and lines it must let through, so that the rule itself is tested.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.house.reading import Source, package, repository

# Rooms where the only person is the member; elsewhere a `user` may be somebody of the staff who signed in.
MEMBER_ROOMS = {"engine", "members", "cards", "ledger", "earning", "rewards", "purchases"}


@dataclass(frozen=True)
class Defined:
    """A name that our code gives to something (not one it merely uses)."""

    name: str
    kind: str
    line: int

    @property
    def words(self) -> set[str]:
        return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", self.name)}


def defined(source: Source) -> Iterator[Defined]:
    for node in ast.walk(source.tree()):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield Defined(name, "function", node.lineno)
            case ast.ClassDef(name=name):
                yield Defined(name, "class", node.lineno)
            case ast.arg(arg=name):
                yield Defined(name, "argument", node.lineno)
            case ast.Name(id=name, ctx=ast.Store()):
                yield Defined(name, "variable", node.lineno)


@dataclass(frozen=True)
class Rule:
    why: str
    refuses: Callable[[Defined], bool]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    rooms: frozenset[str] | None = None

    def faults(self, source: Source) -> list[str]:
        if self.rooms is not None and source.room not in self.rooms:
            return []
        return [f"{source.path}:{d.line} {d.name}: {self.why}" for d in defined(source) if self.refuses(d)]


RULES = {
    "member": Rule(
        why="the person is a member",
        refuses=lambda d: bool(d.words & {"customer", "customers"}),
        bad=("customer = 1", "def find_customer(): ...", "class CustomerRow: ..."),
        good=("member = 1", "number = row['CustomerID']"),
    ),
    "member, where nobody else is meant": Rule(
        why="the person is a member; `user` is for somebody of the staff who signed in",
        refuses=lambda d: d.name in {"user", "users", "client", "clients"},
        bad=("user = 1", "def block(*, client): ..."),
        good=("member = 1", "client_id = 1"),
        rooms=frozenset(MEMBER_ROOMS),
    ),
    "entry or purchase": Rule(
        why="an entry, a purchase or a return; `transaction` is the database's word",
        refuses=lambda d: bool(d.words & {"transaction", "transactions"}),
        bad=("transactions = []", "class Transaction: ...", "def post_transaction(): ..."),
        good=("entries = []", "with transaction.atomic(): ...", "from django.db import transaction"),
    ),
    "a name that says something": Rule(
        why="say what it is or does",
        refuses=lambda d: (
            bool(d.words & {"util", "utils", "helper", "helpers", "info", "infos"})
            or ("handler" in d.words and not re.fullmatch(r"handler\d{3}", d.name))
            or d.name in {"data", "process"}
            or (d.kind == "class" and d.name.endswith(("Manager", "Data", "Processor")))
            or (d.kind == "function" and d.name.startswith("process_") and d.name != "process_exception")  # Django's
        ),
        bad=("data = {}", "class CardManager: ...", "def process_batch(): ...", "sale_info = 1", "def helper(): ..."),
        good=(
            "form.cleaned_data['amount']",
            "manager = Role.MANAGER",
            "class Command: ...",
            "database = 1",
            "handler404 = 1",
        ),
    ),
}
FILE_NAMES = re.compile(
    r"^(core|common|base|misc|utils?|helpers?|managers?|handlers?|processors?|data|info|stuff)\.py$"
)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_refuses_its_bad_lines_and_lets_its_good_lines_through(rule):
    for line in rule.bad:
        assert rule.faults(Source("passage/members/actions.py", line)), line
    for line in rule.good:
        assert rule.faults(Source("passage/members/actions.py", line)) == [], line


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_code_speaks_the_words_of_the_house(rule):
    assert [fault for source in package() for fault in rule.faults(source)] == []


def test_a_file_named_after_nothing_is_caught():
    assert FILE_NAMES.match("utils.py")
    assert not FILE_NAMES.match("lots.py")


def test_no_file_is_named_after_nothing():
    written = [s for s in repository() if s.path.endswith(".py")]
    assert [source.path for source in written if FILE_NAMES.match(source.name)] == []


def foreign_words_on_screen(source: Source) -> list[str]:
    """What a page says in English speaks of members, too."""
    spoken = re.compile(r"\bcustomers?\b|\bloyalty user", re.IGNORECASE)
    return [f"{source.path}:{number} {line.strip()}" for number, line in source.lines() if spoken.search(line)]


def test_a_page_that_speaks_of_customers_is_caught():
    assert foreign_words_on_screen(Source("passage/till/templates/till/x.html", "{% translate 'Find a customer' %}"))
    assert not foreign_words_on_screen(Source("passage/till/templates/till/x.html", "{% translate 'Find a member' %}"))


def test_pages_speak_the_words_of_the_house():
    pages = [s for s in repository() if "templates" in s.parts and s.path.endswith((".html", ".txt"))]
    assert [fault for source in pages for fault in foreign_words_on_screen(source)] == []

"""Every code of a refusal that the sources can make, found by walking them: whoever adds one is found too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.house.reading import Source

ROOT_OF_ALL = "passage.programme.errors.Refused"
# Values that name a refusal without being one, by their module; what programs alone meet comes from the API.
OTHERS = ("passage.purchases.values.Problem",)
OF_PROGRAMS = ("passage.api.problems.Fault", "passage.api.problems.Error")
# What an expression that is put together can come to: the beginning of the code, and every end.
ENDS: dict[str, tuple[str, ...]] = {
    "member_": ("blocked", "merged", "erased"),
    "redemption_": ("captured", "released", "expired", "reversed"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """``code`` is made at ``place``; an empty one cannot be read there, and ``place`` says what stands in its stead."""

    code: str
    place: str
    kind: str


@cache
def tree_of(source: Source) -> ast.Module:
    return source.tree()


def module_of(source: Source) -> str:
    return source.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imported(source: Source) -> dict[str, str]:
    """What each name at the top of the file stands for, in full."""
    found: dict[str, str] = {}
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.setdefault(node.name, f"{module_of(source)}.{node.name}")
    return found


def kinds(sources: Iterable[Source]) -> dict[str, str]:
    """Every class of refusals by its full name, with the code that is its own, or "" when it is told one."""
    found = {ROOT_OF_ALL: ""} | dict.fromkeys((*OTHERS, *OF_PROGRAMS), "")
    classes = [
        (source, node) for source in sources for node in ast.walk(tree_of(source)) if isinstance(node, ast.ClassDef)
    ]
    for _generation in range(4):
        for source, node in classes:
            if any(imported(source).get(ast.unparse(base)) in found for base in node.bases):
                found.setdefault(f"{module_of(source)}.{node.name}", _own_code(node))
    return found


def _own_code(node: ast.ClassDef) -> str:
    """The code that the class itself gives its base: ``super().__init__("taken", …)``."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value
    return ""


def code_places(sources: Iterable[Source]) -> dict[str, tuple[int, str]]:
    """For each class where its code stands among what it is made of, and which it is when it is left out."""
    found = {}
    for source in sources:
        for node in ast.walk(tree_of(source)):
            if isinstance(node, ast.ClassDef):
                made = next((m for m in node.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"), None)
                if made is not None:
                    names = [each.arg for each in made.args.args][1:]
                    without = dict(zip(reversed(names), reversed(made.args.defaults), strict=False))
                    usual = without.get("code")
                    if "code" in names:
                        left_out = usual.value if isinstance(usual, ast.Constant) else ""
                        found[f"{module_of(source)}.{node.name}"] = (names.index("code"), str(left_out))
    return found


def codes(sources: list[Source]) -> Iterator[Code]:
    """Each code that a refusal is made with, where it is made."""
    known, places = kinds(sources), code_places(sources)
    for source in sources:
        tree = tree_of(source)
        names = imported(source)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            kind = names.get(ast.unparse(node.func), "")
            if kind.rsplit(".", 1)[-1] == "Refused" and kind.startswith("passage.programme"):
                kind = ROOT_OF_ALL
            if kind not in known:
                continue
            place = f"{source.path}:{node.lineno}"
            if known[kind]:
                yield Code(known[kind], place, kind)
                continue
            where, left_out = places.get(kind, (0, ""))
            given = _argument(node, where)
            if given is None:
                yield Code(left_out, place, kind)
            else:
                yield from (Code(code, place, kind) for code in values(given, tree) if code != PASSED_ON)


def _argument(call: ast.Call, where: int) -> ast.expr | None:
    by_name = next((each.value for each in call.keywords if each.arg == "code"), None)
    return by_name or (call.args[where] if len(call.args) > where else None)


PASSED_ON = "(of another refusal)"


def values(node: ast.expr, tree: ast.Module) -> list[str]:
    """What the expression can come to: "" where that cannot be read."""
    found = [""]
    match node:
        case ast.Constant(value=str(text)):
            found = [text]
        case ast.IfExp(body=one, orelse=other):
            found = [*values(one, tree), *values(other, tree)]
        case (
            ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]) | ast.BinOp(left=ast.Constant(value=str(begin)))
        ):
            found = [begin + end for end in ENDS.get(begin, ())]
        case ast.Subscript(value=ast.Name(id=name), slice=key) if not _says_code(key):
            found = _of_table(name, tree)
        case ast.Attribute(attr="code") | ast.Subscript() if _is_passed_on(node):
            found = [PASSED_ON]
        case ast.Name(id="code"):
            found = _usual(tree) or [PASSED_ON]
    return found or [""]


def _says_code(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and key.value == "code"


def _is_passed_on(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Subscript) and _says_code(node.slice))


def _of_table(name: str, tree: ast.Module) -> list[str]:
    """The values of a dictionary that the file itself writes out."""
    for node in tree.body:
        target = (
            node.targets[0]
            if isinstance(node, ast.Assign)
            else node.target
            if isinstance(node, ast.AnnAssign)
            else None
        )
        table = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(table, ast.Dict):
            return [each.value for each in table.values if isinstance(each, ast.Constant)]
    return []


def _usual(tree: ast.Module) -> list[str]:
    """A function that is told the code: what it is when left out, and what others of the file tell it."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            found += [
                usual.value
                for each, usual in named
                if each.arg == "code"
                and isinstance(usual, ast.Constant)
                and isinstance(usual.value, str)
                and usual.value
            ]
    return found


def named_codes(sources: Iterable[Source], *, function: str) -> set[str]:
    """Codes told to a function by name: ``check_not_own(…, code="own_card_rung_up")``."""
    found = set()
    for source in sources:
        for node in ast.walk(tree_of(source)):
            if isinstance(node, ast.Call) and re.search(rf"\b{function}$", ast.unparse(node.func)):
                found |= {
                    each.value.value
                    for each in node.keywords
                    if each.arg == "code" and isinstance(each.value, ast.Constant)
                }
    return found


def faults_of_rows(sources: Mapping[str, Source]) -> set[str]:
    """Codes that a row of an import is given without an exception: ``("phone", "two_members", {})`` and the like."""
    found = set()
    for path in ("passage/imports/cells.py", "passage/imports/deciding.py"):
        for node in ast.walk(sources[path].tree()):
            match node:
                case ast.Tuple(elts=[_, ast.Constant(value=str(code)), ast.Dict()]):
                    found.add(code)
                case ast.Call(func=ast.Name(id="_wrong"), args=[_, ast.Constant(value=str(code))]):
                    found.add(code)
    return found


def fields(sources: list[Source], *, codes: frozenset[str]) -> set[str]:
    """The fields, by their first part, that are refused with one of these codes."""
    found = set()
    for source in sources:
        tree = tree_of(source)
        names = imported(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and names.get(ast.unparse(node.func), "").startswith("passage."):
                given = [each.value for each in node.args if isinstance(each, ast.Constant)]
                named = [each.value.value for each in node.keywords if each.arg == "field" and _is_text(each.value)]
                found |= {str(name).partition(".")[0] for name in named if codes.intersection(given)}
    return found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)

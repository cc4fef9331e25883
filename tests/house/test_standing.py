"""Who bought what is asked in one place: outside the room of purchases nobody filters them by their member.

`passage.purchases.queries.standing` answers for a person as things stand now: moved, voided, returned, merged.
"""

import ast
from collections.abc import Iterator

from tests.house.reading import Source, package

# Rows looked at as deeds, and not to ask what somebody bought: who rang up their own card, what a trial settles again.
DEEDS = {
    "passage/reports/counting.py": {"own", "late", "standing_sales"},
    "passage/trials/queries.py": {"sales", "held_by"},
    "passage/journal/queries.py": {"without_member"},
}


def asks(source: Source) -> Iterator[str]:
    """Functions that name purchases and filter something by a member."""
    if source.room == "purchases" or "Purchase" not in source.text:
        return
    for node in ast.walk(source.tree()):
        if not isinstance(node, ast.FunctionDef):
            continue
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        calls = [each for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
        filters = [each for each in calls if each.func.attr in {"filter", "exclude"}]  # type: ignore[attr-defined]
        words = {word.arg or "" for each in filters for word in each.keywords}
        if "Purchase" in names and any(word.split("__")[0] in {"member", "member_id"} for word in words):
            yield f"{source.path}: {node.name}"


def test_the_rule_sees_who_asks_past_it():
    planted = 'def last(m):\n    return Purchase.objects.of(p).filter(kind="sale", member=m).latest("id")\n'
    fine = 'def last(m):\n    return standing(p, people=[m.pk]).latest("id")\n'
    assert list(asks(Source("passage/office/x.py", planted))) == ["passage/office/x.py: last"]
    assert list(asks(Source("passage/office/x.py", fine))) == []
    assert list(asks(Source("passage/purchases/x.py", planted))) == []


def test_nobody_asks_who_bought_past_what_stands():
    found = [each for source in package() for each in asks(source)]
    allowed = {f"{path}: {name}" for path, names in DEEDS.items() for name in names}
    assert [each for each in found if each not in allowed] == []

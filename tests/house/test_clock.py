"""Only doors and commands look at the clock; everybody else is told the time as `at=`."""

import ast

from tests.house.reading import DOORS, Source, package

CLOCKS = {
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
COLUMNS = {"auto_now", "auto_now_add"}


def may_look(source: Source) -> bool:
    """Doors, commands, and the roof that starts them."""
    return source.room in {*DOORS, "config"} or "management" in source.parts


def looks_at_the_clock(source: Source) -> list[str]:
    """Mentions count as well as calls: a `default=timezone.now` looks too, only later."""
    if may_look(source):
        return []
    found = []
    for node in ast.walk(source.tree()):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name) if (
                owner,
                name,
            ) in CLOCKS:
                found.append(f"{source.path}:{node.lineno} {owner}.{name}")
            case ast.keyword(arg=name) if name in COLUMNS:
                found.append(f"{source.path}:{node.value.lineno} {name}")
    return found


def test_a_glance_at_the_clock_is_caught():
    for line in (
        "at = timezone.now()",
        "at = datetime.now(UTC)",
        "at = datetime.datetime.now()",
        "day = date.today()",
        "at = models.DateTimeField(default=timezone.now)",
        "at = models.DateTimeField(auto_now_add=True)",
    ):
        assert looks_at_the_clock(Source("passage/ledger/actions.py", line)), line
        assert looks_at_the_clock(Source("passage/till/views.py", line)) == []
    assert looks_at_the_clock(Source("passage/ledger/actions.py", "at = at.replace(hour=0)")) == []
    assert looks_at_the_clock(Source("passage/ledger/models.py", "x = DateTimeField(db_default=Now())")) == []


def test_only_doors_and_commands_look_at_the_clock():
    assert [fault for source in package() for fault in looks_at_the_clock(source)] == []

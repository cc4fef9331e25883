"""Doors, queries and commands ask an action; only actions write rows."""

import ast
import re

from tests.house.reading import Source, package

PLAIN = ("save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "delete")
WRITES = {*PLAIN, *(f"a{verb}" for verb in PLAIN)}
# Things that are not rows: Django's cache keeps copies, a digest is fed its bytes, Babel's catalogue is a file,
# Pillow's canvas is a picture, and the till's counter asks an action.
NOT_ROWS = {"cache", "digest", "catalogue", "canvas", "counter"}
SQL_WRITE = re.compile(
    r"^\s*(insert\s+(or\s+\w+\s+)?into|update\s+\S+\s+set|delete\s+from|truncate\s+\w|replace\s+into)\b", re.IGNORECASE
)

# Django's own store of sessions, told apart from a database in trouble; the middleware asks it to save.
SESSIONS = "passage/logins/sessions.py"

# What SQLite plans by is its own table and holds no row of ours.
STATISTICS = "sqlite_stat1"


def may_write(source: Source) -> bool:
    """`actions.py`, and when it grew, the verbs in the package `actions/`; and the text of what the database refuses."""
    return (
        source.room == "engine"
        or source.path == SESSIONS
        or source.name in {"actions.py", "defences.py"}
        or "actions" in source.parts
    )


def writes(source: Source) -> list[str]:
    if may_write(source):
        return []
    found = []
    for node in ast.walk(source.tree()):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in NOT_ROWS:
                continue
            case ast.Call(func=ast.Attribute(attr=verb)) if verb in WRITES:
                found.append(f"{source.path}:{node.lineno} .{verb}(")
            case ast.Constant(value=str(text)) if SQL_WRITE.match(text) and STATISTICS not in text:
                found.append(f"{source.path}:{node.lineno} {text.split()[0]} in SQL")
    return found


def test_a_view_a_query_and_a_command_that_write_are_caught():
    assert writes(Source("passage/office/views.py", "member.save()"))
    assert writes(Source("passage/ledger/queries.py", "Account.objects.filter(id=1).update(balance=0)"))
    assert writes(Source("passage/config/management/commands/demo.py", "Shop.objects.create(name='Rynek')"))
    assert writes(Source("passage/ledger/queries.py", "cursor.execute('UPDATE ledger_account SET balance = 0')"))
    assert writes(Source("passage/api/views.py", "await card.asave()"))


def test_an_action_and_a_query_are_left_alone():
    assert writes(Source("passage/members/actions.py", "member.save()")) == []
    assert writes(Source("passage/purchases/actions/record.py", "Purchase.objects.bulk_create(rows)")) == []
    assert writes(Source("passage/ledger/queries.py", "cursor.execute('SELECT balance FROM ledger_account')")) == []
    assert writes(Source("passage/api/keys.py", "cache.delete('key')")) == []


def test_only_actions_write():
    assert [fault for source in package() for fault in writes(source)] == []

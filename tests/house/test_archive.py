"""Whoever leaves takes every table along: a new one by itself, and none stays behind without saying why."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from passage.archive import paper, written
from passage.archive.tables import Table, belonging, column, reason_to_stay, tables
from passage.programme.models import Login, Programme, Staff
from passage.programme.owned import Owned
from tests.house.reading import ROOT
from tests.removal import a_fresh_installation, arrived, contents, packed
from tests.rows import a_programme, a_row

# What columns that open something are called.
SECRET = re.compile(r"secret|password|pin_hash|token|code_hash|salt|otp|recovery")
SHORTEST_REASON = 20


def faults(model: type[models.Model], taken: set[type[models.Model]]) -> list[str]:
    """Why the rows of a table could not be taken along, or should not be as they are."""
    found = []
    for field in model._meta.local_concrete_fields:
        name = f"{model.__name__}.{field.name}"
        if SECRET.search(field.name) and field.name not in getattr(model, "secrets", ()):
            found.append(f"{name}: a secret would leave the house; name it in `secrets`")
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            found.append(f"{name}: would be written anew when it arrives")
        parent = field.related_model if isinstance(field, models.ForeignKey) else None
        if parent is not None and parent not in {*taken, Login, Programme}:
            found.append(f"{name}: leads to {parent.__name__}, which is not taken along")
    return found


class Careless(Owned):
    """What somebody might add one day."""

    secret = models.CharField(max_length=10)
    seen_at = models.DateTimeField(auto_now=True)
    code = models.ForeignKey("programme.PairingCode", on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "tests"
        managed = False


apps.all_models["tests"].clear()


def test_a_careless_table_is_caught():
    taken = {table.model for table in tables()}
    assert [fault.split(":")[0] for fault in faults(Careless, taken)] == [
        "Careless.secret",
        "Careless.seen_at",
        "Careless.code",
    ]


def test_every_table_of_a_programme_is_taken_along_or_says_why_not():
    taken = {table.model for table in tables()} - {Programme}
    staying = {model for model in belonging() if reason_to_stay(model)}
    owned = {model for model in apps.get_models(include_auto_created=True) if issubclass(model, Owned)}
    assert owned <= taken | staying
    assert taken & staying == set()
    assert [model.__name__ for model in staying if len(reason_to_stay(model)) < SHORTEST_REASON] == []
    assert {"Job", "PairingCode", "Archive"} <= {model.__name__ for model in staying}
    assert [fault for model in taken for fault in faults(model, taken)] == []


def test_the_paper_explains_every_table_and_every_column():
    """When this fails: `.venv/bin/python manage.py describe-archive --write`."""
    text = (ROOT / "docs/archive.md").read_text()
    assert paper.rewritten(text) == text
    assert [table.name for table in tables() if f"### {table.name}\n" not in text] == []
    assert [model.__name__ for model in (t.model for t in tables()) if not paper._said(model)] == SELF_EXPLAINING


# A shop is a shop.
SELF_EXPLAINING = ["Shop"]


@pytest.mark.django_db
def test_a_row_of_every_table_comes_back_as_it_was(tmp_path: Path):
    """Also of the tables that are not made yet: they are asked for here, as the packer asks for them."""
    programme = a_programme()
    for table in tables():
        if table.model is not Programme:
            a_row(table.model, programme)
    before = contents(packed(programme, tmp_path))
    assert [name for name, rows in before.items() if not rows] == []
    a_fresh_installation()
    again = arrived(packed_file := tmp_path / "all.zip")
    assert packed_file.exists()
    after = contents(packed(again, tmp_path, "again.zip"))
    settled(before, after)
    assert after == before


def settled(before: dict, after: dict) -> None:
    """What arriving itself does: it revokes keys, and writes down that it did."""
    keys = "tables/programme_key.jsonl"
    for row in after[keys]:
        assert row["revoked_at"]
    for row in (*before[keys], *after[keys]):
        row["revoked_at"] = "now"
    events = "tables/audit_event.jsonl"
    after[events] = [row for row in after[events] if row["by"] != "system:import-programme"]


def test_no_secret_has_a_column():
    named = {f"{table.name}.{column(field)}" for table in tables() for field in table.fields}
    assert {"programme_staff.pin_hash", "programme_key.secret_hash"} & named == set()
    staff = next(table for table in tables() if table.model is Staff)
    assert isinstance(staff, Table)
    assert staff.left_out == ("pin_hash",)


def test_every_kind_of_column_has_words():
    assert all(written.meaning(field) for table in tables() for field in table.fields)

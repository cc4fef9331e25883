"""Whatever an administrator of the database does to the past, a head that left the machine gives it away."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from passage.audit.actions import note
from passage.audit.models import Event
from passage.config.verification import verify
from passage.members import actions as members
from passage.outbox.models import Mail
from passage.privacy.actions import erase
from passage.privacy.models import Erasure
from passage.programme import actions as programmes
from passage.programme.models import Role
from passage.purchases import actions as purchases
from passage.rewards.actions.writing import CHANGING
from passage.seals.actions import seal, sealing, tell_head
from passage.seals.blocks import content
from passage.seals.canonical import TABLES
from passage.seals.models import Block
from passage.seals.queries import head_of, last_block
from tests.plugin import defences_asleep
from tests.post import a_mail_server
from tests.removal import a_fresh_installation, arrived, packed
from tests.world import World, a_world

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BY = "system:test"


@pytest.fixture
def world() -> World:
    """Two sealed blocks with a life in them, a gap in the numbers as a transaction leaves that was undone, and a third."""
    world = a_world()
    sale = world.sale({"bread": 3000, "cake": 9000})
    world.record(sale)
    _seal(world, AT)
    world.record(world.back(sale))
    world.give(50)
    members.enrol(programme=world.bakery, by=BY, at=AT, first_name="Maria")
    for number in range(3):
        note(programme=world.bakery, by="staff:1", verb="test", subject=f"test:{number}", at=AT)
    with defences_asleep(), connection.cursor() as cursor:
        _run(cursor, "DELETE FROM audit_event WHERE id = (SELECT MAX(id) - 1 FROM audit_event)")
    _seal(world, AT + timedelta(minutes=1))
    note(programme=world.bakery, by="staff:1", verb="test.last", subject="test", at=AT)
    _seal(world, AT + timedelta(minutes=2))
    return world


def _seal(world: World, at: datetime) -> int:
    return seal(programme=world.bakery, at=at, by=BY)


def _run(cursor, sql: str) -> None:
    cursor.execute(sql)
    assert cursor.rowcount > 0, "nothing was planted"


def _plant(*statements: str) -> None:
    with defences_asleep(), connection.cursor() as cursor:
        for sql in statements:
            _run(cursor, sql)


def _found(world: World, *heads: str) -> dict[str, str]:
    return {fault.kind: fault.where for fault in verify(programme=world.bakery, heads=heads)}


def _head(world: World) -> str:
    block = last_block(world.bakery)
    assert block is not None
    return head_of(block)


def test_what_nobody_touched_reads_as_it_was_sealed(world):
    assert Block.objects.count() == 3
    assert _found(world, _head(world)) == {}
    assert _seal(world, AT) == 0, "nothing is sealed twice"


EVENT = "(SELECT MIN(id) + {} FROM audit_event)".format
ROW_BY_ROW = {
    # Each leaves the sums of the books right.
    "edit": (
        "seal_row_changed",
        ["UPDATE ledger_entry SET by = 'staff:99' WHERE id = (SELECT MIN(id) FROM ledger_entry)"],
    ),
    "edit of whose points they are": (
        "seal_row_changed",
        [
            "UPDATE ledger_account SET member_id = (SELECT MAX(id) FROM members_member) WHERE id = (SELECT MIN(id) FROM ledger_account)"
        ],
    ),
    "edit of what was bought": (
        "seal_row_changed",
        ["UPDATE purchases_purchase SET settlement = '{}' WHERE kind = 'sale'"],
    ),
    "delete": ("seal_row_missing", [f"DELETE FROM audit_event WHERE id = {EVENT(1)}"]),
    "insert": (
        "seal_row_added",
        [
            "INSERT INTO audit_event (id, programme_id, by, verb, subject, detail, at) SELECT id - 1, programme_id, by, "
            "'x', subject, detail, at FROM audit_event AS last WHERE id = "
            "(SELECT MAX(id) FROM audit_event AS e WHERE NOT EXISTS (SELECT 1 FROM audit_event AS b WHERE b.id = e.id - 1))"
        ],
    ),
    "insert below zero": (
        "seal_row_added",
        [
            "INSERT INTO audit_event (id, programme_id, by, verb, subject, detail, at) "
            f"SELECT -5, programme_id, by, 'x', subject, detail, at FROM audit_event WHERE id = {EVENT(0)}"
        ],
    ),
    "reorder": (
        "seal_row_changed",
        [
            f"UPDATE audit_event SET id = 1000000 WHERE id = {EVENT(1)}",
            f"UPDATE audit_event SET id = id - 1 WHERE id = {EVENT(2)}",
            f"UPDATE audit_event SET id = {EVENT(1)} + 1 WHERE id = 1000000",
        ],
    ),
}


@pytest.mark.parametrize(("kind", "statements"), ROW_BY_ROW.values(), ids=ROW_BY_ROW)
def test_a_row_that_was_edited_deleted_inserted_or_reordered_is_named_with_its_block(world, kind, statements):
    _plant(*statements)
    where = _found(world)[kind]
    assert where.startswith(("ledger_entry ", "ledger_account ", "purchases_purchase ", "audit_event "))
    assert "in block " in where
    assert "sealed 2026-03-02 09:3" in where


def test_a_tail_that_was_cut_off_is_found_by_a_head_that_left_the_machine(world):
    head = _head(world)
    _plant("DELETE FROM audit_event WHERE verb = 'test.last'", "DELETE FROM seals_block WHERE number = 3")
    assert _found(world) == {}, "on the machine itself nothing tells"
    assert _found(world, head) == {"seal_head": "block 3"}


def test_blocks_that_were_computed_anew_after_an_edit_are_found_by_a_head_that_left_the_machine(world):
    head, moments = _head(world), list(Block.objects.order_by("number").values_list("sealed_at", flat=True))
    _plant(
        "UPDATE audit_event SET by = 'staff:99' WHERE verb = 'test.last'", "DELETE FROM seals_block WHERE number > 0"
    )
    for at in moments[-1:]:
        _seal(world, at)
    assert _found(world) == {}, "on the machine itself nothing tells"
    faults = _found(world, head)
    assert list(faults) == ["seal_head"]


def test_a_block_that_was_edited_taken_out_or_put_elsewhere_breaks_the_chain(world):
    _plant("UPDATE seals_block SET sealed_at = '2026-03-01 00:00:00+00:00' WHERE number = 2")
    assert _found(world)["seal_block"] == "block 2"
    _plant("DELETE FROM seals_block WHERE number = 2")
    assert _found(world)["seal_chain"] == "block 3"


def test_marks_that_were_changed_as_well_hide_the_row_and_not_the_block(world):
    where = _plant_and_blur(world)
    assert where == "block 1"


def _plant_and_blur(world: World) -> str:
    _plant("UPDATE audit_event SET by = 'staff:99' WHERE id = (SELECT MIN(id) FROM audit_event)")
    block = Block.objects.get(number=1)
    spans = {name: (span["after"], span["last"]) for name, span in block.tables.items()}
    with defences_asleep():
        Block.objects.filter(pk=block.pk).update(marks=content(world.bakery, spans).marks)
    return _found(world)["seal_rows"]


def test_somebody_who_is_forgotten_or_merged_breaks_no_seal(world):
    twin = members.enrol(programme=world.bakery, by=BY, at=AT, first_name="Anna", last_name="Twin")
    world.record(world.sale({"cake": 5000}))
    world.reserve(world.rewards[0])
    _seal(world, AT + timedelta(hours=1))
    purchases.merge(gone=twin, kept=world.anna, reason="the same", by=BY, at=AT)
    _seal(world, AT + timedelta(hours=2))
    erase(member=world.anna, why=Erasure.Why.ASKED, by=BY, at=world.now)
    world.upkeep()
    _seal(world, AT + timedelta(hours=3))
    assert _found(world, _head(world)) == {}


def test_a_large_programme_is_sealed_in_parts(world, monkeypatch):
    monkeypatch.setattr(sealing, "ROWS", 2)
    for number in range(7):
        note(programme=world.bakery, by=BY, verb="test", subject=f"test:{number}", at=AT)
    monkeypatch.setattr(sealing, "BLOCKS", 3)
    assert _seal(world, AT) == 3
    assert _seal(world, AT) == 1
    assert sum(block.tables["audit_event"]["rows"] for block in Block.objects.all()) == Event.objects.count()
    assert _found(world, _head(world)) == {}


def test_the_command_takes_a_head_as_it_was_copied(world):
    head = _head(world)
    number, start = head.split("-")
    said = StringIO()
    spaced = f" {number} - {start[:8]} {start[8:16].upper()}\n{start[16:]} "
    call_command("verify", "--programme", "piekarnia", "--since-seal", spaced, stdout=said)
    assert f"sealed until 2026-03-02 09:32 UTC, {head}" in said.getvalue()
    with pytest.raises(SystemExit):
        call_command("verify", "--programme", "piekarnia", "--since-seal", f"{number}-{'0' * 32}", stdout=said)
    assert "it is another block now" in said.getvalue()
    for wrong in ("12", f"{number}-{start[:31]}", f"0-{start}"):
        with pytest.raises(CommandError, match="is no head"):
            call_command("verify", "--programme", "piekarnia", "--since-seal", wrong)
    with pytest.raises(CommandError, match="Name it with --programme"):
        call_command("verify", "--since-seal", head)


def test_the_head_goes_to_each_owner_once_a_week_in_their_language(world):
    for name, language in (("ola", "pl"), ("jean", "fr")):
        login = programmes.create_login(email=f"{name}@example.org", password="seventeen warm rolls", name=name.title())
        type(login).objects.filter(pk=login.pk).update(language=language)
        programmes.hire(programme=world.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    later = AT + timedelta(days=2)
    assert tell_head(programme=world.bakery, at=later, by=BY) == 0, "no mail leaves this installation"
    with a_mail_server():
        assert tell_head(programme=world.bakery, at=AT, by=BY) == 0, "on the first day there is nothing to tell"
        assert tell_head(programme=world.bakery, at=later, by=BY) == 2
        assert tell_head(programme=world.bakery, at=later + timedelta(days=1), by=BY) == 0
        assert tell_head(programme=world.bakery, at=later + timedelta(days=7), by=BY) == 2
    texts = list(Mail.objects.order_by("id").values_list("subject", "text")[:2])
    assert {subject for subject, _text in texts} == {
        "Pieczęć ksiąg programu Piekarnia",
        "Le sceau des livres de Piekarnia",
    }
    assert all(f"--since-seal {_head(world)}" in text for _subject, text in texts)


def test_what_changes_of_a_redemption_is_not_sealed():
    sealed = next(table for table in TABLES if table.name == "rewards_redemption")
    assert set(sealed.columns).isdisjoint({*CHANGING, "member_id", "shop_id"})


def test_a_programme_takes_its_chain_along_and_an_old_head_proves_the_past_elsewhere(world, tmp_path):
    head, file = _head(world), packed(world.bakery, tmp_path)
    a_fresh_installation()
    bakery = arrived(file)
    assert list(verify(programme=bakery, heads=[head])) == []
    assert seal(programme=bakery, at=AT + timedelta(days=1), by=BY) == 1, "that it arrived is in the next block"
    assert list(verify(programme=bakery, heads=[head])) == []

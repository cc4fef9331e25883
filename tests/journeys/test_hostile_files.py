"""A file made to do harm is refused at its field, whoever sends it; and meanwhile and afterwards everybody is served."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from passage.imports.models import Import
from passage.imports.tests.test_reading import an_archive, with_a_cell_in_the_last_corner, with_four_billion_texts
from passage.ledger.models import Account
from passage.office.tests.test_catalogue import MUG
from passage.programme import child
from passage.rewards.models import Picture, Reward
from tests.cast import a_bakery, signed_in
from tests.world import a_world

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
BOUNDS = child.Bounds(memory=1 << 28, seconds=60, answer=1 << 20)
WORKBOOKS = {
    "a cell in the last corner": with_a_cell_in_the_last_corner,
    "four billion texts": with_four_billion_texts,
    "half of one": lambda: io.BytesIO(with_four_billion_texts().getvalue()[:1500]),
    "a bomb": lambda: an_archive(xl__workbook_xml=b"<workbook>" + b" " * (420 << 20)),
}


def a_large_picture(side: int) -> bytes:
    """A PNG of one colour, all of its points there: a few hundred kilobytes that unpack to millions."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    points = zlib.compress(bytes(side * (1 + 4 * side)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", points) + chunk(b"IEND", b"")


@pytest.mark.django_db
@pytest.mark.parametrize("made", WORKBOOKS.values(), ids=WORKBOOKS)
def test_a_hostile_workbook_is_refused_at_its_field(made):
    cast = a_bakery()
    office = signed_in(cast.maria.login)
    answer = office.post("/office/members/import", {"file": SimpleUploadedFile("list.xlsx", made().getvalue())})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not Import.objects.exists()
    assert office.get("/office/members/import").status_code == 200


@pytest.mark.django_db
def test_a_picture_of_forty_million_points_is_refused_and_the_reward_is_not_made():
    office = signed_in(a_bakery().maria.login)
    picture = SimpleUploadedFile("mug.png", a_large_picture(6324))
    answer = office.post("/office/rewards/new", {**MUG, "picture": picture})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"picture"}
    assert not Reward.objects.filter(name="Mug").exists()
    assert not Picture.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_a_file_is_being_opened_pages_answer_and_tills_sell(tmp_path):
    world = a_world()
    let_go = tmp_path / "go"
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(_open, str(let_go).encode())
        while child._queue._value == child.AT_ONCE + child.WAITING:
            assert not opening.done()
        assert Client().get("/healthz").status_code == 200
        world.give(100)
        assert Account.objects.get(unit__code="points").balance == 100
        assert not opening.done()
        let_go.touch()
        assert opening.result() == [b"let go"]


def _open(name: bytes) -> list[bytes]:
    try:
        work = "passage.programme.tests.works:waits_to_be_let_go"
        return list(child.run(work, file=name, bounds=BOUNDS, failing=RuntimeError()))
    finally:
        connection.close()

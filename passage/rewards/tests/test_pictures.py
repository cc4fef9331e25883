"""A picture is read by what it is, drawn again without its sender's traces, and kept in two sizes; the rest is refused."""

import io
import struct
import uuid
import zlib

import pytest
from PIL import Image
from PIL.ExifTags import Base

from passage.audit.models import Event
from passage.programme.errors import Refused
from passage.rewards import actions, pictures, queries
from passage.rewards.models import Picture
from passage.rewards.pictures import drawn
from tests.cast import AT, BY, a_bakery


def a_picture(size=(1200, 800), kind="JPEG", mode="RGB", colour="#aa3311", **more):
    made = io.BytesIO()
    Image.new(mode, size, colour).save(made, kind, **more)
    return made.getvalue()


def opened(raw):
    return Image.open(io.BytesIO(raw))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_in_two_sizes_whatever_it_came_as(kind):
    made = drawn(a_picture(kind=kind))
    assert [(opened(each).format, opened(each).size) for each in (made.small, made.large)] == [
        ("WEBP", (192, 128)),
        ("WEBP", (960, 640)),
    ]


def test_a_small_picture_is_not_blown_up():
    assert opened(drawn(a_picture(size=(50, 20))).large).size == (50, 20)


def test_nothing_of_its_sender_is_kept_and_it_stands_upright():
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # the telephone was held upright
    exif[Base.Artist] = "Anna Świętek"
    exif.get_ifd(0x8825)[2] = (50.0, 3.0, 41.0)
    raw = a_picture(size=(800, 400), exif=exif, comment=b"secret place")
    assert b"Anna" in raw
    made = drawn(raw)
    for each in (made.small, made.large):
        assert not opened(each).getexif()
        assert b"Anna" not in each
        assert b"secret" not in each
    assert opened(made.large).size == (400, 800)


def test_what_can_be_seen_through_stays_so():
    made = opened(drawn(a_picture(kind="PNG", mode="RGBA", colour=(255, 0, 0, 0))).large)
    assert made.convert("RGBA").getpixel((5, 5))[3] == 0


def a_bomb(width=30_000, height=30_000):
    """A PNG of a few hundred bytes that says it is 900 million pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WRONG = {
    "a bomb": (a_bomb(), "picture_large"),
    "a smaller bomb": (a_bomb(10_000, 4_001), "picture_large"),
    "too heavy": (b"\xff\xd8" + bytes(pictures.MOST_BYTES), "picture_heavy"),
    "a drawing that runs": (SVG, "picture_unreadable"),
    "a film": (a_picture(kind="GIF"), "picture_unreadable"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "picture_unreadable"),
    "half a picture": (a_picture()[:700], "picture_unreadable"),
    "nothing": (b"", "picture_unreadable"),
    "a broken one": (a_bomb(20, 20), "picture_unreadable"),
}


@pytest.mark.parametrize(("raw", "code"), WRONG.values(), ids=WRONG)
def test_what_is_no_picture_or_too_large_is_refused(raw, code):
    with pytest.raises(Refused) as refused:
        drawn(raw)
    assert (refused.value.code, refused.value.field) == (code, "picture")


@pytest.fixture
def reward():
    cast = a_bakery()
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
    return actions.create_reward(programme=cast.bakery, name="1 zł", definition=gives, effective_from=AT, by=BY, at=AT)


def verbs(programme):
    return [event.verb for event in Event.objects.of(programme).order_by("id") if event.verb.startswith("reward.pic")]


@pytest.mark.django_db
def test_a_picture_is_put_replaced_and_taken_away_and_each_has_an_address_of_its_own(reward):
    first = actions.put_picture(reward=reward, picture=drawn(a_picture()), by=BY, at=AT).address
    again = actions.put_picture(reward=reward, picture=drawn(a_picture()), by=BY, at=AT).address
    other = actions.put_picture(reward=reward, picture=drawn(a_picture(colour="#1133aa")), by=BY, at=AT).address
    assert first == again != other
    assert queries.pictures(reward.programme) == {reward.public_id: other}
    assert queries.picture_at(first) is None
    actions.take_picture_away(reward=reward, by=BY, at=AT)
    actions.take_picture_away(reward=reward, by=BY, at=AT)
    assert not Picture.objects.exists()
    assert verbs(reward.programme) == ["reward.picture", "reward.picture", "reward.picture_gone"]


def test_the_same_picture_of_another_reward_has_another_address():
    made = drawn(a_picture())
    one, two = (pictures.address_of(made, reward=uuid.uuid4()) for _ in range(2))
    assert one != two

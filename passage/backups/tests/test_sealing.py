"""The sealed file: what went in comes out, and nothing else ever does."""

import io
import json

import pytest

from passage.backups import sealing
from passage.backups.errors import BadBackup
from passage.backups.sealing import MAGIC, PIECE, TAG, Opener, Sealer

PASSPHRASE = "a sentence that nobody guesses"
pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "N", 2**10)


def sealed(content: bytes) -> bytes:
    target = io.BytesIO()
    sealer = Sealer(target, passphrase=PASSPHRASE, facts={"made_at": "2026-11-27T03:00:00+00:00"})
    for start in range(0, len(content), 700_001):
        sealer.write(content[start : start + 700_001])
    sealer.finish()
    return target.getvalue()


def opened(raw: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return Opener(io.BytesIO(raw), passphrase=passphrase).read()


def body_at(raw: bytes) -> int:
    return raw.index(b"\n", len(MAGIC)) + 1


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
def test_what_was_sealed_is_read_as_it_was(size: int) -> None:
    content = bytes(each % 251 for each in range(997)) * (size // 997 + 1)
    assert opened(sealed(content[:size])) == content[:size]


def test_nothing_of_the_content_is_to_be_seen() -> None:
    raw = sealed(b"anna@example.org" * 1000)
    assert b"anna" not in raw
    assert json.loads(raw[len(MAGIC) : body_at(raw)])["made_at"] == "2026-11-27T03:00:00+00:00"


def test_the_same_content_is_never_sealed_alike() -> None:
    first, second = sealed(b"x" * 100), sealed(b"x" * 100)
    assert first[body_at(first) :] != second[body_at(second) :]


def test_another_passphrase_is_told_from_a_damaged_file() -> None:
    with pytest.raises(BadBackup, match="passphrase"):
        opened(sealed(b"x"), "another one")


def test_whatever_is_changed_moved_or_cut_off_is_refused() -> None:
    raw = sealed(b"a" * PIECE + b"b" * PIECE + b"c" * 10)
    start, step = body_at(raw), PIECE + TAG
    pieces = [raw[start : start + step], raw[start + step : start + 2 * step], raw[start + 2 * step :]]
    wrong = {
        "a bit": raw[: start + 9] + bytes([raw[start + 9] ^ 1]) + raw[start + 10 :],
        "the moment in the head": raw.replace(b"2026-11-27", b"2026-11-28"),
        "two pieces swapped": raw[:start] + pieces[1] + pieces[0] + pieces[2],
        "a piece left out": raw[:start] + pieces[0] + pieces[2],
        "cut after a piece": raw[: start + 2 * step],
        "cut inside a piece": raw[:-3],
        "nothing but a head": raw[:start],
        "more at the end": raw + b"x",
    }
    for what, changed in wrong.items():
        with pytest.raises(BadBackup):
            assert opened(changed) == b"", what


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SQLite format 3\x00",
        MAGIC,
        MAGIC + b"{}\n",
        MAGIC + b"[]\n",
        MAGIC + b'{"scrypt": {"n": 1099511627776, "r": 8, "p": 1, "salt": "", "check": ""}, "nonce": ""}\n',
        MAGIC + b"{" * 100_000,
    ],
)
def test_what_is_no_backup_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(BadBackup):
        opened(raw)

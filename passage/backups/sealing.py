"""The sealed file: encrypted and signed piece by piece, so that it can be written and read however large it is.

    PASSAGE BACKUP 1\\n              what it is, and the version of this form
    {"made_at": ..., ...}\\n         one line of JSON: when, of which database, and how the key is made
    piece, piece, ..., last piece   AES-256-GCM, each of ``piece`` bytes and its tag of 16; the last one is shorter or equal

The key is made of the passphrase by scrypt. The nonce of a piece is the seven bytes of ``nonce``, the number of the piece
(four bytes), and 1 for the last one, else 0: no piece can be left out, moved, or cut off. What is signed with each piece
is the SHA-256 of the two lines before. ``check`` tells a wrong passphrase from a damaged file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import secrets
from collections.abc import Mapping
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from passage.backups.errors import BadBackup

MAGIC = b"PASSAGE BACKUP 1\n"
PIECE, TAG = 1024 * 1024, 16
KEY, CHECK = 32, 16
# 64 MB of memory and half a second for each guess; no file may ask for more than eight times that.
N, R, P = 2**16, 8, 2
LONGEST_HEAD = 4096
WRONG = "The passphrase is not the one that this backup was made with."


class Sealer(io.RawIOBase):
    """What is written here is sealed into ``target``. ``finish`` writes the last piece; without it the file is no backup."""

    def __init__(self, target: IO[bytes], *, passphrase: str, facts: Mapping[str, Any]) -> None:
        salt, self._nonce = secrets.token_bytes(16), secrets.token_bytes(7)
        key, check = _keys(passphrase, salt=salt, n=N, r=R, p=P)
        made = {"salt": _text(salt), "n": N, "r": R, "p": P, "check": _text(check)}
        head = {**facts, "cipher": "AES-256-GCM", "piece": PIECE, "nonce": _text(self._nonce), "scrypt": made}
        lines = MAGIC + json.dumps(head, separators=(",", ":")).encode() + b"\n"
        self._signed = hashlib.sha256(lines).digest()
        self._box = AESGCM(key)
        self._target = target
        self._held = bytearray()
        self._count = 0
        target.write(lines)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._held += content
        # One piece is always held back: the last one says that it is.
        while len(self._held) > PIECE:
            self._seal(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(content)

    def finish(self) -> None:
        self._seal(bytes(self._held), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._target.write(self._box.encrypt(_nonce(self._nonce, self._count, last=last), piece, self._signed))
        self._count += 1


class Opener(io.RawIOBase):
    """Reads what was sealed. Raises `BadBackup` at the first byte that is not as it was written, before it is given out."""

    def __init__(self, source: IO[bytes], *, passphrase: str) -> None:
        head, lines = read_head(source)
        self.head = head
        try:
            made = head["scrypt"]
            sizes = {name: _size(made[name]) for name in ("n", "r", "p")}
            key, check = _keys(passphrase, salt=_bytes(made["salt"]), **sizes)
            self._nonce, expected = _bytes(head["nonce"]), _bytes(made["check"])
        except (KeyError, TypeError, ValueError, OverflowError):
            raise BadBackup("The head of this file is damaged.") from None
        if head.get("piece") != PIECE or len(self._nonce) != 7:
            raise BadBackup("The head of this file is damaged.")
        if not secrets.compare_digest(check, expected):
            raise BadBackup(WRONG)
        self._signed = hashlib.sha256(lines).digest()
        self._box = AESGCM(key)
        self._source = source
        self._next = source.read(PIECE + TAG)
        if not self._next:
            raise BadBackup("The file is cut off after its head. Take another one.")
        self._held = b""
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held and self._next:
            self._open()
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    def _open(self) -> None:
        piece, self._next = self._next, self._source.read(PIECE + TAG)
        nonce = _nonce(self._nonce, self._count, last=not self._next)
        try:
            self._held = self._box.decrypt(nonce, piece, self._signed)
        except (InvalidTag, ValueError):
            raise BadBackup(f"The file is damaged or cut off, at piece {self._count + 1}. Take another one.") from None
        self._count += 1


def read_head(source: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """What anybody may know of the file, and the lines as they stand. Nothing of it is proved before a piece is opened."""
    if source.read(len(MAGIC)) != MAGIC:
        raise BadBackup("This is no backup of Passage, or of a version to come.")
    line = source.readline(LONGEST_HEAD)
    try:
        head = json.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or not line.endswith(b"\n"):
        raise BadBackup("The head of this file is damaged.")
    return head, MAGIC + line


def _keys(passphrase: str, *, salt: bytes, n: int, r: int, p: int) -> tuple[bytes, bytes]:
    both = Scrypt(salt=salt, length=KEY + CHECK, n=n, r=r, p=p).derive(passphrase.encode())
    return both[:KEY], both[KEY:]


def _size(given: Any) -> int:
    if not isinstance(given, int) or not 1 <= given <= 8 * N:
        raise ValueError("no file may ask for so much")
    return given


def _nonce(prefix: bytes, count: int, *, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def synced(file: IO[bytes]) -> None:
    """What was written is on the disk when this returns."""
    file.flush()
    os.fsync(file.fileno())

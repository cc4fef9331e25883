"""Whether an archive is whole: every byte of it is read once, before a row is. Runs in a child process: see `opened`."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
# No line that the packer writes is longer: a picture is a few megabytes.
LONGEST_LINE = 64 * 1024 * 1024
LARGEST_MANIFEST = 16 * 1024 * 1024
# Rows of a programme become ten or twenty times as large; what grows more was made to do harm.
MOST_UNPACKED = 200
AT_LEAST = 1024 * 1024


class BadArchive(Exception):
    """Nothing was written. The message says what is wrong with the file, and what to do."""


def proof(file: BinaryIO) -> Iterator[bytes]:
    """What is wrong with the archive, in words, or nothing; then its manifest."""
    try:
        manifest = _proved(file)
    except BadArchive as bad:
        yield str(bad).encode()
        yield b""
    else:
        yield b""
        yield manifest


def lines(source: zipfile.ZipFile, name: str, *, sha256: str) -> Iterator[bytes]:
    """Every line; the sum is checked at the end, and what was read before is good for nothing if it is wrong."""
    digest = hashlib.sha256()
    with _readable(name), source.open(name) as file:
        while line := _next_line(file, name):
            digest.update(line)
            yield line
    if digest.hexdigest() != sha256:
        raise BadArchive(f"{name} is not as it was packed. Take a fresh copy of the archive.")


def _proved(file: BinaryIO) -> bytes:
    most = AT_LEAST + MOST_UNPACKED * os.fstat(file.fileno()).st_size
    try:
        source = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError):
        raise BadArchive("This is no archive of a programme, or only a part of one.") from None
    with source:
        text = _manifest(source)
        sums = _sums(text)
        if sorted(source.namelist()) != sorted([*sums, MANIFEST, SEAL]):
            raise BadArchive("The archive holds other files than its manifest names. Take a fresh copy of it.")
        unpacked = 0
        for name, sha256 in sums.items():
            for line in lines(source, name, sha256=sha256):
                unpacked += len(line)
                if unpacked > most:
                    raise BadArchive("The archive unpacks to far more than any that was packed here.")
    return text


def _manifest(source: zipfile.ZipFile) -> bytes:
    with _readable(MANIFEST), source.open(MANIFEST) as file:
        text = file.read(LARGEST_MANIFEST)
    with _readable(SEAL), source.open(SEAL) as file:
        seal = file.read(100).decode(errors="replace").strip()
    if hashlib.sha256(text).hexdigest() != seal:
        raise BadArchive(f"{MANIFEST} is not as it was packed. Take a fresh copy of the archive.")
    return text


def _sums(text: bytes) -> Mapping[str, str]:
    try:
        told: dict[str, Any] = json.loads(text)
        return {str(each["name"]): str(each["sha256"]) for each in told["files"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadArchive(f"{MANIFEST} is not what an archive has. Take a fresh copy of the archive.") from None


def _next_line(file: IO[bytes], name: str) -> bytes:
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise BadArchive(f"A line of {name} is longer than any that an archive holds.")
    return line


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except KeyError:
        raise BadArchive(f"The archive has no {name}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError):
        raise BadArchive(f"{name} is not as it was packed. Take a fresh copy of the archive.") from None

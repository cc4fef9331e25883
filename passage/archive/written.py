"""How a row is written in an archive: one JSON object a line, and back to the very same row.

Moments are ISO 8601 in UTC, ids of things UUIDs in their usual spelling, bytes base64, money and points whole numbers.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.db.models import Value

from passage.archive.tables import Field, Table, column, is_person


class Unreadable(Exception):
    """A line is not what this table's rows look like."""


def line(table: Table, row: Sequence[Any]) -> bytes:
    """``row`` holds the values of the table's fields, in their order."""
    told = {column(field): _told(field, value) for field, value in zip(table.fields, row, strict=True)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def row(table: Table, text: bytes) -> dict[str, Any]:
    """The values by column, ready for the model but for the people, who are still e-mail addresses."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("a line is no JSON") from None
    wanted = {column(field): field for field in table.fields}
    if not isinstance(told, dict) or told.keys() != wanted.keys():
        raise Unreadable("a line has other columns than this table")
    try:
        return {name: _read(field, told[name]) for name, field in wanted.items()}
    except (ValueError, TypeError, InvalidOperation, binascii.Error) as error:
        raise Unreadable(f"a value cannot be read: {error}") from None


def meaning(field: Field) -> str:
    """What stands in a column, in a few words for people."""
    said = _kind(field)
    if field.choices:
        said = f"{said}: {', '.join(str(value) for value, _label in field.choices)}"
    return f"{said}, or nothing (null)" if field.null else said


def _kind(field: Field) -> str:
    if is_person(field):
        return "e-mail of somebody in people.jsonl"
    if isinstance(field, models.ForeignKey):
        return f"id of a row of {field.related_model._meta.db_table}"
    if isinstance(field, models.CharField):
        return f"text, at most {field.max_length} characters"
    return next(words for kinds, words in WORDS if isinstance(field, kinds))


WORDS: Sequence[tuple[type[Any] | tuple[type[Any], ...], str]] = (
    (models.BooleanField, "true or false"),
    ((models.AutoField, models.IntegerField), "whole number"),
    (models.DateTimeField, "moment, UTC"),
    (models.DateField, "day"),
    (models.TimeField, "time of day"),
    (models.TextField, "text"),
    (models.UUIDField, "public id (UUID)"),
    (models.JSONField, "JSON"),
    (models.BinaryField, "bytes, base64"),
    (models.DecimalField, "exact number, as text"),
    (models.GenericIPAddressField, "IP address"),
)


def _told(field: Field, value: Any) -> Any:
    if value is None or is_person(field) or isinstance(field, models.JSONField):
        return value
    for kinds, write in WRITERS:
        if isinstance(value, kinds):
            return write(value)
    raise TypeError(f"{field}: an archive has no way to write {type(value).__name__}")


# The first that fits: a moment is also a day.
WRITERS: Sequence[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any], Any]]] = (
    ((bool, int, str), lambda value: value),
    (datetime.datetime, lambda value: value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    ((uuid.UUID, Decimal), str),
    ((bytes, bytearray, memoryview), lambda value: base64.b64encode(bytes(value)).decode()),
)


def _read(field: Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        # A plain None would be written as NULL, which is no JSON.
        return value if value is not None or field.null else Value(None, models.JSONField())
    if value is None:
        if not field.null:
            raise ValueError(f"{field.column} is empty")
        return None
    if is_person(field):
        return _text(value)
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return next(read for kinds, read in READERS if isinstance(field, kinds))(value)


def _moment(value: Any) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("a number is not whole")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is none")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


READERS: Sequence[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any], Any]]] = (
    (models.BooleanField, _truth),
    ((models.AutoField, models.IntegerField), _whole),
    (models.DateTimeField, _moment),
    (models.DateField, datetime.date.fromisoformat),
    (models.TimeField, datetime.time.fromisoformat),
    ((models.CharField, models.TextField, models.GenericIPAddressField), _text),
    (models.UUIDField, uuid.UUID),
    (models.BinaryField, lambda value: base64.b64decode(value, validate=True)),
    (models.DecimalField, Decimal),
)


def person(told: Mapping[str, Any]) -> bytes:
    """Somebody who can sign in, without what they sign in with."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"

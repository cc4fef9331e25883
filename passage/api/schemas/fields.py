"""The strict fields that requests are made of. Each refuses by a code of `passage.api.wordings`."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from passage.engine.basket import MAX_QUANTITY, PIECE
from passage.engine.money import MAX_AMOUNT
from passage.programme import limits

CLIENT_ID = r"^[A-Za-z0-9._:-]{1,64}$"
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
CURRENCY = r"^[A-Z]{3}$"
QUANTITY = r"^[0-9]{1,6}(\.[0-9]{1,3})?$"
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
# Offsets and not zone names; seconds may have a fraction.
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Before and after these no receipt was ever printed, and time zones come to an end.
FIRST_YEAR, LAST_YEAR = 1970, 9000
MOST_PIECES = MAX_QUANTITY // PIECE


class RequestBody(BaseModel):
    """The base of everything read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseBody(BaseModel):
    """The base of everything answered."""

    model_config = ConfigDict(frozen=True)


def _refuse(code: str, **params: Any) -> PydanticCustomError:
    return PydanticCustomError(code, "{code}", {"code": code, **params})


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _refuse("not_text")
    if UNPRINTABLE.search(value):
        raise _refuse("control_character")
    return value


def _shaped(pattern: str, code: str, **params: Any) -> BeforeValidator:
    shape = re.compile(pattern.removeprefix("^").removesuffix("$"))

    def read(value: Any) -> str:
        if not shape.fullmatch(text := _text(value)):
            raise _refuse(code, **params)
        return text

    return BeforeValidator(read)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise _refuse("not_a_whole_number")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise _refuse("not_true_or_false")
    return value


def _quantity(value: Any) -> int:
    """Thousandths of a piece."""
    if type(value) is int and 0 < value <= MOST_PIECES:
        return value * PIECE
    if type(value) is not str or not re.fullmatch(QUANTITY[1:-1], value):
        raise _refuse("not_a_quantity")
    whole, _, part = value.partition(".")
    thousandths = int(whole) * PIECE + int(part.ljust(3, "0") or "0")
    if not 0 < thousandths <= MAX_QUANTITY:
        raise _refuse("not_a_quantity")
    return thousandths


def _moment(value: Any) -> datetime:
    try:
        if not MOMENT.fullmatch(_text(value)):
            raise ValueError(value)
        moment = datetime.fromisoformat(value)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(value)
    except ValueError:
        raise _refuse("not_a_moment") from None
    return moment


def _day(value: Any) -> date:
    try:
        if not DAY.fullmatch(_text(value)):
            raise ValueError(value)
        day = date.fromisoformat(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(value)
    except ValueError:
        raise _refuse("not_a_day") from None
    return day


def _id(value: Any) -> uuid.UUID:
    if not ID.fullmatch(_text(value)):
        raise _refuse("not_an_id")
    return uuid.UUID(value)


def _counted(value: Any) -> int:
    """A number in an address: ASCII digits and nothing else."""
    if type(value) is int:
        return value
    if type(value) is not str or not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise _refuse("not_a_whole_number")
    return int(value)


def _schema(**words: Any) -> WithJsonSchema:
    return WithJsonSchema(words, mode="validation")


ClientId = Annotated[str, _shaped(CLIENT_ID, "not_a_client_id"), _schema(type="string", pattern=CLIENT_ID)]
Code = Annotated[str, _shaped(CODE, "not_a_code", limit=limits.CODE), _schema(type="string", pattern=CODE)]
Currency = Annotated[str, _shaped(CURRENCY, "not_a_currency"), _schema(type="string", pattern=CURRENCY)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
Counted = Annotated[int, BeforeValidator(_counted)]
Amount = Annotated[Whole, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
Above = Annotated[Whole, Field(ge=1, le=MAX_AMOUNT)]
Quantity = Annotated[
    int,
    BeforeValidator(_quantity),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "pattern": QUANTITY, "examples": ["0.345"]},
                {"type": "integer", "minimum": 1, "maximum": MOST_PIECES},
            ]
        },
        mode="validation",
    ),
]
Moment = Annotated[datetime, BeforeValidator(_moment), _schema(type="string", format="date-time")]
Day = Annotated[date, BeforeValidator(_day), _schema(type="string", format="date")]
Id = Annotated[uuid.UUID, BeforeValidator(_id), _schema(type="string", format="uuid")]


Printable = Annotated[str, BeforeValidator(_text), Field(pattern=PRINTABLE)]
Name = Annotated[Printable, Field(max_length=limits.NAME)]
Reason = Annotated[Printable, Field(max_length=limits.REASON)]
ExternalId = Annotated[Printable, Field(max_length=limits.EXTERNAL_ID)]
Number = Annotated[Printable, Field(max_length=limits.CARD_NUMBER)]
Label = Annotated[Printable, Field(max_length=64)]

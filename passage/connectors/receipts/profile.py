"""Mapping profiles: what a file's columns are called and how it writes dates, numbers and returns."""

from __future__ import annotations

import codecs
import tomllib
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from passage.engine.basket import LineKind

SHIPPED = Path(__file__).parent / "profiles"

Name = Annotated[str, Field(min_length=1, max_length=80)]
Sign = Annotated[str, Field(min_length=1, max_length=1)]


class BadProfile(Exception):
    """The profile cannot be used; the text says which word of it is wrong, and why."""


class Part(BaseModel):
    """A table of the profile. A word that it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class File(Part):
    encoding: str = "utf-8"
    delimiter: Sign = ","
    decimal: Sign = "."
    thousands: Annotated[str, Field(max_length=1)] = ""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError("no such encoding") from None
        return encoding

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same sign")
        return self


class Columns(Part):
    """Headings of the file. ``amount`` is what a line costs in all; without it, quantity times price."""

    receipt: Name
    member: Name
    date: Name
    time: Name | None = None
    product: Name
    quantity: Name
    unit: Name | None = None
    price: Name | None = None
    amount: Name | None = None
    name: Name | None = None
    category: Name | None = None
    shop: Name | None = None

    @model_validator(mode="after")
    def _say_what_a_line_costs(self) -> Self:
        if self.price is None and self.amount is None:
            raise ValueError("price or amount is needed")
        return self


class Date(Part):
    """``format`` as strptime takes it; ``zone`` is where the clock that wrote it hangs."""

    format: Name
    zone: Name

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone") from None
        return zone


class Members(Part):
    """``create``: unknown numbers are enrolled. ``drop_ending``: what stands behind every number and is not of it."""

    create: bool = False
    drop_ending: str = ""


class Returns(Part):
    """Goods that came back: receipts whose number starts with ``prefix``, or lines with a quantity below zero."""

    prefix: str = ""
    negative_quantity: bool = False

    @model_validator(mode="after")
    def _say_one(self) -> Self:
        if self.prefix and self.negative_quantity:
            raise ValueError("either prefix or negative_quantity")
        return self


class Measures(Part):
    """Which quantities are a measure and not pieces: those in one of ``units`` where the file has a column for the unit,
    else those written with ``decimals``, unless the file writes all of them so."""

    units: tuple[str, ...] = ("kg", "dag", "dkg", "g", "l", "cl", "ml", "m", "cm", "m2", "m²")
    decimals: bool = True

    def is_one(self, unit: str, *, has_decimals: bool) -> bool:
        if unit:
            return unit.casefold().removesuffix(".") in {each.casefold() for each in self.units}
        return self.decimals and has_decimals


class Kinds(Part):
    """Product codes, * for any ending, of lines that are not goods; the first kind that fits wins."""

    service: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()
    deposit: tuple[str, ...] = ()
    tip: tuple[str, ...] = ()
    gift_card: tuple[str, ...] = ()
    top_up: tuple[str, ...] = ()

    def patterns(self) -> list[tuple[str, LineKind]]:
        return [(pattern, LineKind(kind)) for kind, patterns in self for pattern in patterns]


class Profile(Part):
    """``source`` is the code under which the receipts' numbers are known for ever; ``shop`` is for all of them."""

    name: Name
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    shop: str = ""
    file: File = File()
    columns: Columns
    date: Date
    members: Members = Members()
    returns: Returns = Returns()
    measures: Measures = Measures()
    kinds: Kinds = Kinds()

    @model_validator(mode="after")
    def _name_the_shop_once(self) -> Self:
        if self.shop and self.columns.shop:
            raise ValueError("either shop or columns.shop")
        return self


def shipped() -> list[str]:
    """The names of the profiles that come with Passage."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def read_profile(*, name: str) -> Profile:
    """A shipped profile by its name, or one's own by the path of its .toml file. Raises `BadProfile`."""
    file = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not name.endswith(".toml") and name not in shipped():
        raise BadProfile(f"there is no profile {name!r}; shipped are {', '.join(shipped())}, or name a .toml file")
    try:
        return Profile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadProfile(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadProfile(f"{file}: {error}") from None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise BadProfile(f"{file}: {faults}") from None

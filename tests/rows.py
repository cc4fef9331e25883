"""A valid row of any table, made from what its model says: for tests that must touch every table there is."""

import datetime
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import models

from passage.programme.models import Programme
from passage.programme.owned import Owned

AT = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
_numbers = count(1)

# What a table wants that its columns cannot tell.
WISHES: dict[str, Callable[[], dict[str, Any]]] = {
    "Lot": lambda: {"size": 10, "left": 10},
    "Allocation": lambda: {"points": -3},
    "Member": lambda: {"merged_into": None, "login": None},
    "Purchase": lambda: {"sale": None},
    "Correction": lambda: {"state": "asked", "decided_by": ""},
    "Archive": lambda: {"state": "gone"},
    "Debt": lambda: {"points": 5, "left": 5},
}


def a_programme() -> Programme:
    return Programme.objects.create(slug=f"programme-{next(_numbers)}", name="Bakeries", currency="PLN")


def a_row(model: type[models.Model], programme: Programme, **given: Any) -> Any:
    """Adds one row, and the rows it points at, all of ``programme``."""
    values = {**WISHES.get(model.__name__, dict)(), **given}
    for field in model._meta.local_concrete_fields:
        if field.name not in values and not field.primary_key and not field.generated:
            chosen = _value(field, programme)
            if chosen is not None:
                values[field.name] = chosen
    return model._base_manager.create(**values)


# The first that fits: a moment is also a date.
SIMPLE: list[tuple[Any, Callable[[], Any]]] = [
    (models.DateTimeField, lambda: AT),
    (models.DateField, AT.date),
    (models.BooleanField, bool),
    (models.IntegerField, lambda: next(_numbers)),
    (models.JSONField, dict),
    (models.CharField | models.TextField, lambda: f"t{next(_numbers):04}"),
    (models.UUIDField, uuid.uuid4),
    (models.BinaryField, lambda: b"\x00\xff"),
]


def _value(field: Any, programme: Programme) -> Any:
    if field.name == "programme":
        return programme
    if field.has_default() or field.has_db_default() or field.null:
        return None
    if isinstance(field, models.ForeignKey):
        return _parent(field.related_model, programme)
    if field.choices:
        return field.choices[0][0]
    value = next(made() for kind, made in SIMPLE if isinstance(field, kind))
    return (
        value[-field.max_length :] if isinstance(value, str) and field.max_length else value
    )  # the end is what differs


def _parent(model: type[models.Model], programme: Programme) -> models.Model:
    if issubclass(model, Owned):
        return a_row(model, programme)
    return model._base_manager.create(email=f"{uuid.uuid4()}@example.com")

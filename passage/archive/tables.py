"""What of a programme is taken along: every table that belongs to it, in an order in which the rows can be written again.

A new table is included by itself. What stays behind says so in its model: ``stays_behind``, a reason, for a table;
``secrets``, names of columns, for what must not leave the house even with its owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from passage.programme.models import Login, Programme
from passage.programme.owned import Owned

# Rows that are read and written together; a row that may hold a picture or a file is large.
ROWS, LARGE_ROWS = 1000, 10
T = TypeVar("T")
if TYPE_CHECKING:
    Field: TypeAlias = models.Field[Any, Any]
else:
    Field = models.Field  # subscripted for the type checker only


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the archive. ``itself`` are the columns that point at rows of the same table."""

    model: type[models.Model]
    fields: tuple[Field, ...]
    itself: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def at_once(self) -> int:
        return LARGE_ROWS if any(isinstance(field, models.BinaryField) for field in self.fields) else ROWS


def tables() -> list[Table]:
    """The programme itself, and then each table after those that its keys lead to."""
    taken = {model for model in belonging() if not reason_to_stay(model)}
    keys = {model: {other for other in _parents(model) if other in taken and other is not model} for model in taken}
    order = TopologicalSorter({model: sorted(keys[model], key=_name) for model in sorted(taken, key=_name)})
    return [_table(Programme), *(_table(model) for model in order.static_order())]


def belonging() -> list[type[models.Model]]:
    """Every table whose rows belong to a programme, those that stay behind included."""
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if issubclass(model, Owned) or Programme in _parents(model)]


def reason_to_stay(model: type[models.Model]) -> str:
    return str(getattr(model, "stays_behind", ""))


def is_person(field: Field) -> bool:
    """Whether the column names somebody who can sign in: carried by e-mail, for people are no programme's."""
    return isinstance(field, models.ForeignKey) and field.related_model is Login


def column(field: Field) -> str:
    """The name of the column in the archive."""
    return field.name if is_person(field) else str(field.column)


def state() -> dict[str, str]:
    """The last change of each room's tables: an archive goes into an installation of the same state, and no other."""
    rooms = {table.model._meta.app_label for table in tables()}
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    return dict(sorted(leaf for leaf in graph.leaf_nodes() if leaf[0] in rooms))


def _table(model: type[models.Model]) -> Table:
    secrets = tuple(getattr(model, "secrets", ()))
    held = [field for field in model._meta.local_concrete_fields if field.name != "programme" and not field.generated]
    fields = tuple(field for field in held if field.name not in secrets)
    itself = tuple(str(field.column) for field in fields if _points_at(field) is model)
    return Table(model=model, fields=fields, itself=itself, left_out=secrets)


def _parents(model: type[models.Model]) -> set[type[models.Model]]:
    return {parent for field in model._meta.local_concrete_fields if (parent := _points_at(field)) is not None}


def _points_at(field: Field) -> type[models.Model] | None:
    return field.related_model if isinstance(field, models.ForeignKey) else None


def _name(model: type[models.Model]) -> str:
    return model._meta.db_table


def chunks(rows: Iterator[T], *, size: int) -> Iterator[list[T]]:
    """The rows, ``size`` at a time."""
    held: list[T] = []
    for row in rows:
        held.append(row)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held

"""Whether anything still needs a row: asked of every table that points at its table, whoever's it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import models


def needed(
    model: type[models.Model], ids: Iterable[int], *, apart_from: Collection[type[models.Model]] = ()
) -> set[int]:
    """Of ``ids``, those that a row of another table leads to by a key that protects them.

    A room can ask so before it deletes, without knowing the rooms above its own. One statement for each key.
    """
    wanted = list(ids)
    found: set[int] = set()
    for field in _protecting(model):
        if field.model not in apart_from:
            rows = field.model._default_manager.filter(**{f"{field.name}__in": wanted})
            found |= set(rows.values_list(field.attname, flat=True).distinct())
    return found


def _protecting(model: type[models.Model]) -> Iterator[Any]:
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.PROTECT:
            yield relation.field

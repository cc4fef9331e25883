"""Foreign keys run the way imports run: to one's own room, or down."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.apps import apps

from tests.house.reading import floors


class Key(NamedTuple):
    """A relation from a room's table to another room's."""

    name: str
    here: str
    there: str


def keys_going_up(keys: Iterable[Key], heights: Mapping[str, int]) -> list[str]:
    """import-linter cannot see a relation named by a string; the tables themselves can be asked."""
    return [
        f"{key.name} leads from {key.here} to {key.there}"
        for key in keys
        if key.here != key.there and heights[key.there] >= heights[key.here]
    ]


def keys() -> list[Key]:
    ours = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("passage.")]
    return [
        Key(
            f"{model.__name__}.{field.name}",
            model.__module__.split(".")[1],
            field.related_model.__module__.split(".")[1],
        )
        for model in ours
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and getattr(field.related_model, "__module__", "").startswith("passage.")
    ]


def test_a_key_that_climbs_or_goes_sideways_is_caught():
    heights = {"programme": 1, "audit": 2, "outbox": 2, "ledger": 5}
    assert keys_going_up([Key("Shop.account", "programme", "ledger")], heights)
    assert keys_going_up([Key("Job.event", "outbox", "audit")], heights)
    assert keys_going_up([Key("Account.programme", "ledger", "programme")], heights) == []
    assert keys_going_up([Key("Lot.entry", "ledger", "ledger")], heights) == []


def test_foreign_keys_point_down():
    assert keys(), "no keys seen: the test looks at the wrong place"
    assert keys_going_up(keys(), floors()) == []

"""Every table belongs to a programme and can be pointed at by programme and id together."""

from dataclasses import dataclass

from django.apps import apps
from django.db import models

# What is not one programme's: the programme itself, people who may work for several, and the host's own jobs, workers,
# mails, backups and counts of tries.
NOBODYS = {"Programme", "Login", "Job", "Worker", "Mail", "Installation", "Backup", "AttemptCount"}


@dataclass(frozen=True)
class Table:
    """What the rule asks of a table."""

    name: str
    has_programme: bool
    uniques: frozenset[tuple[str, ...]]


def seen(model: type[models.Model]) -> Table:
    owner = next((field for field in model._meta.fields if field.name == "programme"), None)
    uniques = {
        tuple(each.fields)
        for each in model._meta.constraints
        if isinstance(each, models.UniqueConstraint) and each.condition is None
    }
    return Table(model.__name__, owner is not None and not owner.null, frozenset(uniques))


def holes(table: Table) -> list[str]:
    found = []
    if not table.has_programme:
        found.append(f"{table.name}: belongs to no programme")
    if ("programme", "id") not in table.uniques:
        found.append(f"{table.name}: no UNIQUE (programme, id), so no composite foreign key can lead here")
    return found


def tenant_tables() -> list[Table]:
    ours = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("passage.")]
    return [seen(model) for model in ours if model.__name__ not in NOBODYS]


def test_a_table_without_its_programme_or_its_unique_pair_is_caught():
    assert holes(Table("Shop", False, frozenset({("programme", "id")})))
    assert holes(Table("Shop", True, frozenset({("id",)})))
    assert holes(Table("Shop", True, frozenset({("programme", "id")}))) == []


def test_a_key_unique_in_the_whole_house_is_random():
    """A unique column that does not start with the programme would tell one tenant what another holds."""
    telling = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("passage.") and model.__name__ not in NOBODYS
        for field in model._meta.fields
        if field.unique and not field.primary_key and not isinstance(field, models.UUIDField | models.OneToOneField)
    ]
    # Random, and looked up before the programme is known: the public half of an API key, the hash of a pairing code.
    assert telling == ["Key.prefix", "PairingCode.code_hash"]


def test_every_tenant_table_belongs_to_a_programme():
    assert tenant_tables(), "no tables seen: the test looks at the wrong place"
    assert [hole for table in tenant_tables() for hole in holes(table)] == []

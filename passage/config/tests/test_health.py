"""The two questions a host asks."""

from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client

from tests import troubles


def test_healthz_answers_without_the_database_and_without_a_cookie(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert not answer.cookies


@pytest.mark.django_db
def test_readyz_says_ready_when_every_migration_is_in(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "missing": []})
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_readyz_names_the_migration_that_is_missing(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["sessions.0001_initial"])


def test_readyz_says_so_when_the_database_does_not_answer(client: Client) -> None:
    with mock.patch("passage.config.standing.MigrationExecutor", side_effect=OperationalError("gone")):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])


@pytest.mark.django_db(transaction=True)
def test_readyz_says_that_nothing_can_be_saved(client: Client) -> None:
    with troubles.read_only():
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["trouble"]) == (503, "read_only")
    assert client.get("/readyz").status_code == 200
    if connection.vendor == "sqlite":
        with troubles.full():
            answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["trouble"]) == (503, "full")
        with troubles.locked("django_migrations", kind="IMMEDIATE"):
            assert client.get("/readyz").status_code == 200  # somebody else saves something, so one can


@pytest.mark.django_db
def test_readyz_knows_when_the_database_is_a_newer_ones(client: Client) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.create(app="ledger", name="9999_later")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["this version does not know ledger.9999_later"])

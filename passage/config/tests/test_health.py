"""The two questions a host asks."""

from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client


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
    with mock.patch("passage.config.health.MigrationExecutor", side_effect=OperationalError("gone")):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])

"""The owner reads on the overview when the last good backup was made, and is warned when that is long ago."""

from datetime import timedelta

import pytest
from django.utils import timezone

from passage.backups.models import Backup
from passage.programme import actions as programmes
from passage.programme.models import Role
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="owner@example.org", password=PASSWORD, name="Owner")
    programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)
    return signed_in(login)


def a_backup(*, ago, is_good=True, trouble=""):
    at = timezone.now() - ago
    name = f"passage-{at:%Y%m%dT%H%M%SZ}"
    return Backup.objects.create(
        name=name, made_at=at, size=1, proven_at=at if is_good else None, reached={"7": 12}, trouble=trouble
    )


def said(person):
    page = person.get("/office/").content.decode()
    return {
        text
        for text in (
            "No good backup of this installation is known.",
            "The first backup is made tonight.",
            "The last good backup is of",
            "It was restored as a test.",
            "That is more than two days ago.",
            "The one made after it could not be restored.",
            "Ask whoever runs the server",
        )
        if text in page
    }


def test_without_any_the_owner_is_told_to_ask(owner):
    assert said(owner) == {"No good backup of this installation is known.", "Ask whoever runs the server"}


def test_where_the_worker_makes_them_the_first_is_awaited(owner, settings, tmp_path):
    settings.BACKUPS = tmp_path
    assert said(owner) == {"The first backup is made tonight."}


def test_a_fresh_one_is_a_quiet_line(owner):
    a_backup(ago=timedelta(hours=47))
    assert said(owner) == {"The last good backup is of", "It was restored as a test."}


def test_an_old_one_is_a_warning(owner):
    a_backup(ago=timedelta(hours=49))
    assert said(owner) == {
        "The last good backup is of",
        "That is more than two days ago.",
        "Ask whoever runs the server",
    }


def test_one_that_could_not_be_restored_is_a_warning(owner):
    a_backup(ago=timedelta(hours=30))
    a_backup(ago=timedelta(hours=6), is_good=False, trouble="The books are wrong")
    assert said(owner) == {
        "The last good backup is of",
        "The one made after it could not be restored.",
        "Ask whoever runs the server",
    }


def test_nobody_but_the_owner_reads_it_and_a_demonstration_says_nothing(owner, cast, settings):
    assert said(signed_in(cast.maria.login)) == set()
    settings.SHOWS_MAIL = True
    assert said(owner) == set()

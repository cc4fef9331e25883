"""An owner takes everything along: the file is made by the worker, downloaded by an owner of that programme, and gone after a day."""

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from passage.archive import actions, queries
from passage.archive.actions import keeping
from passage.archive.models import Archive
from passage.audit.models import Event
from passage.outbox.models import Job
from passage.programme import actions as programmes
from passage.programme.models import Role
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/office/leave"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def owner(cast):
    login = programmes.create_login(email="wlasciciel@example.org", password=PASSWORD, name="Zosia")
    return programmes.hire(programme=cast.bakery, login=login, role=Role.OWNER, by=BY, at=AT)


@pytest.fixture
def office(owner):
    return signed_in(owner.login)


def made(office, at=None):
    """Asked for on the page, and made as the worker makes it."""
    office.post(PAGE)
    job = Job.objects.get(kind=keeping.KIND, state="ready")
    actions.make(programme=job.programme, payload=job.payload, at=at or timezone.now())
    job.delete()
    return Archive.objects.order_by("-id").first()


def test_the_owner_asks_waits_and_downloads_and_the_log_says_so(office, cast, owner):
    assert "Make the file" in office.get(PAGE).text
    assert office.post(PAGE)["Location"] == PAGE
    waiting = office.get(PAGE).text
    assert "being made" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    Archive.objects.all().delete()
    Job.objects.all().delete()
    archive = made(office)
    ready = office.get(PAGE).text
    address = f"{PAGE}/{archive.public_id}.zip"
    assert address in ready
    assert "hx-trigger" not in ready.partition('id="archive"')[2].partition("</section>")[0]
    answer = office.get(address)
    assert answer["Content-Disposition"].startswith('attachment; filename="grabowska-')
    assert answer["Cache-Control"].find("no-store") >= 0
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as file:
        assert "Świętek" in file.read("tables/members_member.jsonl").decode()
    done = Event.objects.of(cast.bakery).filter(verb__startswith="archive.")
    assert [(event.verb, event.by) for event in done.order_by("-id")[:2]] == [
        ("archive.downloaded", f"staff:{owner.pk}"),
        ("archive.asked", f"staff:{owner.pk}"),
    ]
    assert "File with everything downloaded" in office.get("/office/log").text


def test_nobody_else_downloads_it(office, cast):
    archive = made(office)
    address = f"{PAGE}/{archive.public_id}.zip"
    answers = {
        person: signed_in(staff.login).get(address).status_code
        for person, staff in {"manager": cast.maria, "clerk": cast.piotr, "stranger": cast.stranger}.items()
    }
    assert answers == {"manager": 403, "clerk": 403, "stranger": 404}
    assert not Event.objects.filter(verb="archive.downloaded").exists()


def test_asking_twice_makes_one(office):
    for _ in range(2):
        office.post(PAGE)
    assert (Archive.objects.count(), Job.objects.filter(kind=keeping.KIND).count()) == (1, 1)


def test_after_a_day_the_file_is_gone(office, cast):
    asked = timezone.now() - timedelta(hours=24)
    archive = made(office, at=asked)
    assert queries.file(archive).exists()
    assert office.get(f"{PAGE}/{archive.public_id}.zip").status_code == 404
    assert actions.end_archives(programme=cast.bakery, at=asked + timedelta(hours=23)) == 0
    assert actions.end_archives(programme=cast.bakery, at=timezone.now()) == 1
    assert not queries.file(archive).exists()
    assert "Make the file" in office.get(PAGE).text


def test_a_file_that_could_not_be_made_says_so_and_is_made_the_next_time(office, cast, monkeypatch):
    office.post(PAGE)
    job = Job.objects.get(kind=keeping.KIND)

    def no_room(**_):
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(keeping, "pack", no_room)
        with pytest.raises(OSError, match="no space"):
            actions.make(programme=cast.bakery, payload=job.payload, at=timezone.now())
    assert "could not be made" in office.get(PAGE).text
    actions.make(programme=cast.bakery, payload=job.payload, at=timezone.now())
    assert "The file is ready" in office.get(PAGE).text


def test_the_page_says_how_far_it_is(office):
    office.post(PAGE)
    archive = Archive.objects.get()
    keeping._Teller(queries.progress_file(archive))(2500, 10_000)
    page = office.get(PAGE).text
    assert 'value="25"' in page
    assert "25 %: 2,500 of 10,000 rows." in page


def test_what_a_killed_packer_left_behind_is_swept(cast, office):
    left = queries.folder() / "passage-killed"
    left.mkdir()
    office.post(PAGE)
    assert actions.end_archives(programme=cast.bakery, at=timezone.now()) == 0
    assert left.exists()
    actions.end_archives(programme=cast.bakery, at=timezone.now() + timedelta(hours=25))
    assert not left.exists()
    assert Archive.objects.get().state == "failed"

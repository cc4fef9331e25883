"""What a program was told is done and a backup does not hold is listed, so that it can be sent again: not a write more."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from passage.api import acknowledged
from passage.api.tests.world import BLANK, NOON, a_sale, a_world
from passage.config import missing
from passage.config.verification import verify
from passage.programme import actions as programmes
from passage.purchases.models import Purchase
from passage.rewards.models import Redemption
from tests.cast import CARD
from tests.journeys.hours import a_tablet, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings, tmp_path):
    settings.DATA = tmp_path
    return a_world()


def listed(since=None):
    found = missing.find(since=since, at=now())
    return {(write.method, write.path, write.id): write.is_sure for write in found.writes}


def an_evening(shop):
    """Whatever a web shop does between the backup and the fault."""
    till = shop.till
    sold = till.post("/sales", a_sale("w-1")).json()["id"]
    wish = {"client_id": "w-2", "member": {"card": CARD}, "reward": shop.reward}
    till.post("/redemptions", wish)
    till.post(f"/redemptions/{shop.redemption}/capture")
    assert till.post(f"/sales/{sold}/returns", {"client_id": "w-3", "occurred_at": NOON}).status_code == 201
    till.post("/sync", {"operations": [{**a_sale("w-4"), "type": "sale"}, {"type": "sale", "client_id": "w-5"}]})
    till.post("/members", {"first_name": "Ewa"}, Idempotency_Key="w-6")
    till.post("/members", {"first_name": "Iza"})
    till.post(f"/cards/{BLANK}/bind", {"member": str(shop.member.public_id)})
    return sold


def test_what_was_acknowledged_since_the_backup_is_listed_and_nothing_else(world):
    shop = world.ours
    shop.till.post("/sales", a_sale("w-0"))
    since = now()
    backup = transaction.savepoint()
    sold = an_evening(shop)
    shop.till.post("/quotes", {key: value for key, value in a_sale().items() if key != "client_id"})
    shop.till.post("/sales", {"client_id": "refused"})
    assert listed(since) == {("POST", "/members", ""): False, ("POST", f"/cards/…{BLANK[-4:]}/bind", ""): False}
    transaction.savepoint_rollback(backup)
    assert listed(since) == {
        ("POST", "/sales", "w-1"): True,
        ("POST", "/redemptions", "w-2"): True,
        ("POST", f"/redemptions/{shop.redemption}/capture", ""): True,
        ("POST", f"/sales/{sold}/returns", "w-3"): True,
        ("POST", "/sync", "w-4"): True,
        ("POST", "/members", "w-6"): True,
        ("POST", "/members", ""): False,
        ("POST", f"/cards/…{BLANK[-4:]}/bind", ""): False,
    }


def test_the_command_tells_it_for_each_sender_and_what_is_sent_again_is_missing_no_more(world):
    """The moment of the backup is not known here: the last trace in the database stands for it."""
    shop = world.ours
    backup = transaction.savepoint()
    shop.till.post("/sales", a_sale("w-1"))
    shop.till.post(f"/redemptions/{shop.redemption}/capture")
    transaction.savepoint_rollback(backup)
    said = StringIO()
    call_command("restored", stdout=said)
    prefix = shop.source.keys.get().prefix
    assert f"2 writes of programs were acknowledged and are missing (grabowska {prefix}: 2)" in said.getvalue()
    (file,) = acknowledged.folder().glob("missing-*.jsonl")
    for line in map(json.loads, file.read_text().splitlines()):
        body = a_sale("w-1") if line["id"] else None
        assert shop.till.send(line["method"], line["path"], body).status_code in (200, 201)
    assert listed() == {}
    assert Purchase.objects.filter(client_id="w-1").count() == 1
    assert Redemption.objects.get(public_id=shop.redemption).state == "captured"
    assert list(verify(programme=shop.programme)) == []


def test_a_till_is_not_among_them_and_nothing_of_a_member_is(world):
    place = programmes.add_till(shop=world.cast.rynek, code="1")
    tablet = a_tablet(place, world.cast.piotr)
    tablet.ask("POST", "/members", {"first_name": "Jan", "phone": "600 100 300"})
    world.ours.till.post("/members", {"first_name": "Ewa", "phone": "600 100 400"})
    world.ours.till.post(f"/cards/{BLANK}/bind", {"member": str(world.ours.member.public_id)})
    (file,) = acknowledged.folder().glob("*.jsonl")
    text = file.read_text()
    assert "/cards/…" in text
    assert not any(secret in text for secret in ("Jan", "Ewa", "600", BLANK, "/till", CARD))


def test_a_full_disk_loses_the_line_and_not_the_sale(world, settings, tmp_path, caplog):
    (tmp_path / "writes").rename(tmp_path / "gone")
    (tmp_path / "writes").write_text("no folder")
    with caplog.at_level("WARNING", logger="passage.api.acknowledged"):
        assert world.ours.till.post("/sales", a_sale("w-1")).status_code == 201
    assert "the list of acknowledged writes cannot be kept" in caplog.text


def test_a_line_that_was_cut_off_hides_no_other_and_old_days_go(world):
    place = acknowledged.folder()
    old = place / f"{now() - timedelta(days=40):%Y-%m-%d}.jsonl"
    old.write_text("{}\n")
    for file in place.glob(f"{now():%Y-%m-%d}.jsonl"):
        file.unlink()
    since = now()
    backup = transaction.savepoint()
    world.ours.till.post("/sales", a_sale("w-1"))
    assert not old.exists()
    (file,) = place.glob("*.jsonl")
    file.write_text('{"at": "2026-11\n' + file.read_text())
    transaction.savepoint_rollback(backup)
    assert listed(since) == {("POST", "/sales", "w-1"): True}


def test_where_nothing_was_kept_it_is_said_and_not_taken_for_nothing(settings, tmp_path):
    settings.DATA = tmp_path
    found = missing.find(since=None, at=now())
    assert (found.is_known, found.writes) == (False, [])
    assert "Ask them to send it again" in found.sentences()[0]

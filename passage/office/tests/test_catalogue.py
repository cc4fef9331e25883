"""A reward's picture, pieces, worth and days of showing: kept beside its terms, by form, and nothing half done."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from passage.audit.models import Event
from passage.rewards import actions, queries
from passage.rewards.models import Reward, RewardVersion
from passage.rewards.tests.test_pictures import SVG, a_picture
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
WARSAW = ZoneInfo("Europe/Warsaw")
MUG = {"name": "Mug", "kind": "value_off", "unit": "points", "cost": "20", "off": "5", "stock": "3"}


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def office(cast):
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.maria.login)
    return client


def a_file(raw=None, name="mug.jpg"):
    return SimpleUploadedFile(name, a_picture() if raw is None else raw, content_type="image/jpeg")


@pytest.fixture
def mug(office, cast):
    assert office.post("/office/rewards/new", {**MUG, "picture": a_file()}).status_code == 302
    return Reward.objects.of(cast.bakery).get()


def kept(mug, **more):
    return {"kind": "value_off", "unit": "points", "cost": "20", "off": "5", **more}


def pictures(office):
    return [row.picture for row in office.get("/office/rewards").context["rows"]]


def test_a_picture_comes_with_a_new_reward_and_stands_in_the_list_under_its_name(office, cast, mug):
    [address] = pictures(office)
    page = office.get("/office/rewards").text
    assert f'src="/pictures/{address}/small.webp" alt="Mug"' in page
    answer = office.get(f"/pictures/{address}/small.webp")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.content == bytes(mug.picture.small)
    assert len(office.get(f"/pictures/{address}/large.webp").content) > len(answer.content)
    assert office.get(f"/pictures/{address}/huge.webp").status_code == 404


def test_a_picture_is_replaced_and_taken_away_without_a_new_version_of_the_terms(office, cast, mug):
    page = f"/office/rewards/{mug.public_id}"
    [first] = pictures(office)
    office.post(page, kept(mug, picture=a_file(a_picture(colour="#00aa00"))))
    [second] = pictures(office)
    assert second not in {None, first}
    assert office.get(f"/pictures/{first}/small.webp").status_code == 404
    office.post(page, kept(mug, no_picture="on"))
    assert pictures(office) == [None]
    assert RewardVersion.objects.of(cast.bakery).count() == 1


@pytest.mark.parametrize("raw", [SVG, b"", a_picture()[:500]], ids=["drawing", "nothing", "half"])
def test_a_file_that_is_no_picture_is_refused_at_its_field_and_nothing_is_half_done(office, cast, raw):
    answer = office.post("/office/rewards/new", {**MUG, "picture": a_file(raw)})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["picture"]
    assert 'value="Mug"' in answer.text
    assert not Reward.objects.of(cast.bakery).exists()


def test_who_may_look_at_a_picture(office, cast, mug):
    [address] = pictures(office)
    page = f"/pictures/{address}/large.webp"
    for person in (cast.piotr, cast.anna):
        assert signed_in(person.login).get(page).status_code == 200
    assert Client().get(page).status_code == 200  # a till: its address is the key
    assert signed_in(cast.stranger.login).get(page).status_code == 404


def test_a_stranger_changes_no_reward_of_ours(cast, mug):
    stranger = signed_in(cast.stranger.login)
    page = f"/office/rewards/{mug.public_id}"
    assert stranger.post(page, kept(mug, no_picture="on")).status_code == 404
    assert stranger.post(f"{page}/stock", {"pieces": "5", "reason": "mine"}).status_code == 404
    assert queries.pictures(cast.bakery)


def test_what_one_costs_and_when_to_tell_are_kept_and_shown_again(office, cast, mug):
    page = f"/office/rewards/{mug.public_id}"
    office.post(page, kept(mug, worth_each="19,90", low_at="3"))
    mug.refresh_from_db()
    assert (mug.worth, mug.low_at) == (1990, 3)
    form = office.get(page).context["form"]
    assert (form["worth_each"].value(), form["low_at"].value()) == ("19.90", 3)
    assert "running out" in office.get("/office/rewards").text
    noted = Event.objects.of(cast.bakery).filter(verb="reward.particulars")
    assert [event.detail["changed"] for event in noted] == [["low_at", "worth"]]
    office.post(page, kept(mug, worth_each="19,90", low_at="3"))
    assert noted.count() == 1


def test_the_days_of_showing_are_apart_from_the_days_it_can_be_had(office, cast, mug):
    page = f"/office/rewards/{mug.public_id}"
    office.post(page, kept(mug, shown_from="2030-03-01", shown_until="2030-03-31", ends="2030-03-15"))
    mug.refresh_from_db()
    assert mug.shown_from == datetime(2030, 3, 1, tzinfo=WARSAW)
    assert mug.shown_until == datetime(2030, 4, 1, tzinfo=WARSAW)
    assert office.get(page).context["form"]["shown_until"].value().isoformat() == "2030-03-31"
    listed = [
        bool(queries.catalogue(cast.bakery, at=datetime(2030, month, day, 12, tzinfo=WARSAW)))
        for month, day in ((2, 28), (3, 1), (3, 31), (4, 1))
    ]
    assert listed == [False, True, True, False]
    refused = office.post(page, kept(mug, shown_from="2030-03-02", shown_until="2030-03-01"))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["shown_until"])


def test_the_stock_is_filled_up_with_a_reason_and_never_below_nothing(office, cast, mug):
    page = f"/office/rewards/{mug.public_id}/stock"
    office.post(page, {"pieces": "10", "reason": "Delivery of Monday"})
    office.post(page, {"pieces": "-2", "reason": "Broken"})
    mug.refresh_from_db()
    assert mug.stock == 11
    for wrong in ({"pieces": "-12", "reason": "More than there are"}, {"pieces": "5"}, {"pieces": "0", "reason": "No"}):
        answer = office.post(page, wrong, follow=True)
        assert "tone-error" in answer.text
    mug.refresh_from_db()
    assert mug.stock == 11
    told = [(event.detail["pieces"], event.detail["reason"]) for event in _stock_events(cast)]
    assert told == [(10, "Delivery of Monday"), (-2, "Broken")]
    log = office.get("/office/log").text
    assert "−2, Broken" in log
    assert "+10, Delivery of Monday" in log


def _stock_events(cast):
    return Event.objects.of(cast.bakery).filter(verb="reward.stock").order_by("id")


def test_what_was_without_end_is_counted_from_the_first_filling_up(cast):
    gives = {"unit": "points", "cost": 5, "gives": {"kind": "value_off", "amount": 100}}
    more = {"effective_from": AT, "by": BY, "at": AT}
    reward = actions.create_reward(programme=cast.bakery, name="1 zł", definition=gives, **more)
    assert actions.restock(reward=reward, pieces=7, reason="Counted", by=BY, at=timezone.now()).stock == 7

"""Keys of other systems: made once, shown once, seen at work, revoked for good."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from passage.audit.models import Event
from passage.journal.tests.shop import a_device
from passage.office.keys import SCOPES
from passage.programme import access
from passage.programme import actions as programmes
from passage.programme.models import Key, Role, Source
from tests.cast import AT, BY, PASSWORD, a_bakery, signed_in

pytestmark = pytest.mark.django_db
SHOP = {"source": "new", "name": "Sklep internetowy Łoś", "scopes": ["quotes", "sales.read"], "until": ""}


@pytest.fixture
def cast():
    return a_bakery()


def somebody(cast, role):
    login = programmes.create_login(email=f"{role}@example.org", password=PASSWORD)
    programmes.hire(programme=cast.bakery, login=login, role=role, by=BY, at=AT)
    return signed_in(login)


@pytest.fixture
def owner(cast):
    return somebody(cast, Role.OWNER)


def text_of(answer):
    return re.search(r"data-key>(pk_[^<]+)<", answer.content.decode())[1]


def ask(text, path="/api/v1/sales/00000000-0000-0000-0000-000000000000"):
    return Client().get(path, headers={"Authorization": f"Bearer {text}"})


def outside(cast):
    return Key.objects.of(cast.bakery).filter(till=None)


def test_a_key_is_shown_once_and_opens_what_was_chosen(owner, cast):
    made = owner.post("/office/keys", SHOP)
    text = text_of(made)
    assert "no-store" in made["Cache-Control"]
    assert ask(text).status_code == 404
    assert ask(text, f"/api/v1/members/{cast.anna.public_id}").status_code == 403
    shown = owner.get("/office/keys").content.decode()
    assert text not in shown
    assert "Sklep internetowy Łoś" in shown
    key = outside(cast).get()
    assert key.scopes == ["quotes", "sales.read"]
    assert key.source.code == "sklep-internetowy-los"
    assert Event.objects.of(cast.bakery).filter(verb="key.issued", subject=f"key:{key.prefix}").exists()


def test_it_says_when_the_key_was_last_heard_of(owner, cast):
    text = text_of(owner.post("/office/keys", SHOP))
    assert "never used" in owner.get("/office/keys").content.decode()
    ask(text)
    seen = outside(cast).get().seen_at
    assert seen is not None
    ask(text)
    assert outside(cast).get().seen_at == seen  # to five minutes: a question is no reason to write
    outside(cast).update(seen_at=timezone.now() - timedelta(hours=1))
    ask(text)
    assert outside(cast).get().seen_at > timezone.now() - timedelta(minutes=1)


def test_a_revoked_key_is_refused_at_once_and_its_neighbour_goes_on(owner, cast):
    one = text_of(owner.post("/office/keys", SHOP))
    again = {**SHOP, "source": str(Source.objects.of(cast.bakery).get().pk), "name": ""}
    two = text_of(owner.post("/office/keys", again))
    first = outside(cast).earliest("id")
    assert owner.post(f"/office/keys/{first.pk}/revoke").status_code == 302
    assert (ask(one).status_code, ask(two).status_code) == (401, 404)
    assert [state for *_, state in owner.get("/office/keys").context["rows"]] == ["live", "revoked"]
    assert outside(cast).values("source").distinct().count() == 1


def test_two_systems_may_have_one_name(owner, cast):
    for _ in range(2):
        assert owner.post("/office/keys", SHOP).status_code == 200
    codes = set(Source.objects.of(cast.bakery).values_list("code", flat=True))
    assert {"sklep-internetowy-los", "sklep-internetowy-los-2"} <= codes


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("scopes", []),
        ("scopes", ["everything"]),
        ("until", "2020-01-01"),
        ("until", "x"),
        ("source", "77"),
    ],
)
def test_a_key_that_cannot_be_is_refused_at_its_field(owner, cast, field, text):
    refused = owner.post("/office/keys", {**SHOP, field: text})
    assert refused.status_code == 422
    assert refused.context["form"].errors[field]
    assert not outside(cast).exists()
    assert not Source.objects.of(cast.bakery).exists()


def test_the_last_day_of_a_key_counts_to_its_end(owner, cast):
    until = timezone.localdate() + timedelta(days=30)
    owner.post("/office/keys", {**SHOP, "until": until.isoformat()})
    end = outside(cast).get().expires_at
    assert end - timezone.now() > timedelta(days=29)
    assert end.astimezone(timezone.get_fixed_timezone(60)).hour in (0, 23)


def test_a_developer_makes_keys_that_reach_no_member_and_no_points(cast):
    coder = somebody(cast, Role.DEVELOPER)
    refused = coder.post("/office/keys", SHOP)
    assert refused.context["form"].errors["scopes"]
    assert coder.post("/office/keys", {**SHOP, "scopes": ["quotes"]}).status_code == 200
    assert coder.post(f"/office/keys/{outside(cast).get().pk}/revoke").status_code == 302


def test_keys_of_tills_and_of_others_are_not_there(owner, cast):
    device = a_device(cast)
    owner.post("/office/keys", SHOP)
    key = outside(cast).get()
    assert [row[0] for row in owner.get("/office/keys").context["rows"]] == [key]
    assert owner.post(f"/office/keys/{device.key.pk}/revoke").status_code == 404
    stranger = signed_in(cast.stranger.login)
    assert stranger.get("/office/keys").context["rows"] == []
    assert stranger.post(f"/office/keys/{key.pk}/revoke").status_code == 404
    assert stranger.post("/office/keys", {**SHOP, "source": str(key.source_id)}).status_code == 422
    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_manager_gives_out_no_keys(cast):
    assert signed_in(cast.maria.login).get("/office/keys").status_code == 403


def test_every_scope_is_said_in_words():
    assert set(SCOPES) == access.SCOPES

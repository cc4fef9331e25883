"""Keys of the API: shown once, kept as a hash, revocable, with a scope (F21)."""

import json
import re
from datetime import timedelta

import pytest
from django.core import serializers

from passage.audit.models import Event
from passage.programme import actions, keys, queries
from passage.programme.access import SCOPES
from passage.programme.errors import Refused
from passage.programme.models import Key
from passage.programme.tests.conftest import AT, BY


@pytest.fixture
def issued(till_source):
    return actions.issue_key(source=till_source, scopes=["sales.write", "quotes", "quotes"], by=BY, at=AT)


def test_a_key_opens_its_own_source_and_programme(issued, till_source, bakery):
    key, text = issued
    found = queries.key_by_secret(text=text, at=AT)
    assert found == key
    assert (found.source, found.programme, found.scopes) == (till_source, bakery, ["quotes", "sales.write"])


def test_the_key_with_its_source_and_programme_takes_one_statement(issued, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.key_by_secret(text=issued[1], at=AT)
        assert found.programme == found.source.programme


def test_the_secret_is_long_has_a_beginning_that_scanners_know_and_is_written_nowhere(issued):
    key, text = issued
    assert re.fullmatch(r"pk_[0-9a-z]{8}_[A-Za-z0-9_-]{43}", text)
    secret = text.split("_", 2)[2]
    written = serializers.serialize("json", [*Key.objects.all(), *Event.objects.all()])
    assert secret not in written
    assert len(json.loads(written)) == Key.objects.count() + Event.objects.count()
    assert key.secret_hash == keys.hashed(text) != text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text + "A",
        lambda text: text.swapcase(),
        lambda text: text.split("_", 2)[2],
        lambda text: "",
        lambda text: "pk_00000000_" + "A" * 43,
        lambda text: text + "\n",
        lambda text: text[:-1] + "\u0661",
        lambda text: "\x00" * 55,
        lambda text: "\ud800" + text,
    ],
)
def test_anything_but_the_very_secret_opens_nothing(issued, spoil):
    assert queries.key_by_secret(text=spoil(issued[1]), at=AT) is None


def test_a_revoked_key_opens_nothing_and_revoking_twice_keeps_the_first_time(issued):
    key, text = issued
    actions.revoke_key(key=key, by=BY, at=AT)
    later = actions.revoke_key(key=key, by=BY, at=AT + timedelta(days=1))
    assert later.revoked_at == AT
    assert queries.key_by_secret(text=text, at=AT) is None
    assert Event.objects.filter(verb="key.revoked").count() == 1


def test_a_key_dies_at_the_moment_it_expires(till_source):
    end = AT + timedelta(days=30)
    _key, text = actions.issue_key(source=till_source, scopes=["quotes"], expires_at=end, by=BY, at=AT)
    assert queries.key_by_secret(text=text, at=end - timedelta(microseconds=1))
    assert queries.key_by_secret(text=text, at=end) is None


def test_two_keys_of_one_source_live_side_by_side_for_a_change_of_keys(issued, till_source):
    second = actions.issue_key(source=till_source, scopes=sorted(SCOPES), by=BY, at=AT)
    actions.revoke_key(key=issued[0], by=BY, at=AT)
    assert queries.key_by_secret(text=second[1], at=AT) == second[0]


@pytest.mark.parametrize("scopes", [[], ["sales.write", "everything"]])
def test_a_scope_that_does_not_exist_is_refused(till_source, scopes):
    with pytest.raises(Refused) as refused:
        actions.issue_key(source=till_source, scopes=scopes, by=BY, at=AT)
    assert (refused.value.code, refused.value.field) == ("unknown_scope", "scopes")
    assert not Key.objects.exists()


def test_a_key_is_not_born_dead(till_source):
    with pytest.raises(Refused, match="in_the_past"):
        actions.issue_key(source=till_source, scopes=["quotes"], expires_at=AT, by=BY, at=AT)

"""A device is paired with a till by a short code, revoked, and worked at by clerks with a PIN."""

from datetime import timedelta

import pytest

from passage.programme import actions, clerks, keys, queries
from passage.programme.access import TILL_SCOPES
from passage.programme.errors import Refused
from passage.programme.models import PairingCode, Staff
from tests.cast import AT, BY, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def till(cast):
    return actions.add_till(shop=cast.rynek, code="1")


def a_code(till, **more):
    return actions.make_pairing_code(till=till, by=BY, at=AT, **more)[1]


def test_a_code_pairs_a_device_in_any_spelling_and_gives_it_the_tills_key(till):
    code = a_code(till)
    assert len(code) == 9
    key, secret = actions.pair(text=f" {code.lower().replace('-', ' ')} ", at=AT)
    known = queries.key_by_secret(text=secret, at=AT)
    assert (known, known.till, known.pairing) == (key, till, 1)
    assert set(known.scopes) == TILL_SCOPES
    assert code.replace("-", "").lower() not in str(PairingCode.objects.values())


def test_a_code_used_over_or_never_made_is_refused_alike(till):
    dropped, used = a_code(till), a_code(till)
    actions.pair(text=used, at=AT)
    late = a_code(till)
    # One code at a time: a new one ends the one before.
    for text in (dropped, used, "ABCD-EFGH", "", "x" * 1000, "ĄBCD-EFGH"):
        with pytest.raises(Refused, match="pairing_unknown"):
            actions.pair(text=text, at=AT)
    with pytest.raises(Refused, match="pairing_unknown"):
        actions.pair(text=late, at=AT + timedelta(minutes=15))


def test_a_new_pairing_ends_the_one_before_and_goes_on_counting(till):
    _, first = actions.pair(text=a_code(till), at=AT)
    key, second = actions.pair(text=a_code(till), at=AT)
    assert queries.key_by_secret(text=first, at=AT) is None
    assert (key.pairing, queries.key_by_secret(text=second, at=AT)) == (2, key)
    assert [each.pk for each in queries.pairings(programme=till.programme)] == [key.pk]


def test_every_pairing_of_a_till_speaks_for_the_same_source(till, cast):
    other = actions.add_till(shop=cast.dworzec, code="1")
    first, _ = actions.pair_till(till=till, by=BY, at=AT)
    second, _ = actions.pair_till(till=till, by=BY, at=AT)
    elsewhere, _ = actions.pair_till(till=other, by=BY, at=AT)
    assert first.source == second.source != elsewhere.source


def test_a_revoked_till_opens_nothing_and_its_neighbour_goes_on(till, cast):
    other = actions.add_till(shop=cast.rynek, code="2")
    _, secret = actions.pair_till(till=till, by=BY, at=AT)
    _, neighbour = actions.pair_till(till=other, by=BY, at=AT)
    assert actions.revoke_till(till=till, by=BY, at=AT) == 1
    assert actions.revoke_till(till=till, by=BY, at=AT) == 0
    assert queries.key_by_secret(text=secret, at=AT) is None
    assert queries.key_by_secret(text=neighbour, at=AT) is not None


def test_another_programme_sees_no_pairing_of_ours(till, cast):
    actions.pair_till(till=till, by=BY, at=AT)
    assert queries.pairings(programme=cast.stranger.programme) == []


def test_codes_are_different_and_their_hash_has_one_spelling():
    assert len({keys.pairing_code() for _ in range(100)}) == 100
    assert keys.pairing_hash("abcd-ef23") == keys.pairing_hash("ABCD EF23") != ""
    assert keys.pairing_hash("abcd-ef2") == ""


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "١٢٣٤", "12 34"])
def test_what_is_no_pin_is_refused(cast, pin):
    with pytest.raises(Refused, match="invalid"):
        actions.set_pin(staff=cast.piotr, pin=pin, by=BY, at=AT)


@pytest.mark.parametrize("pin", ["0000", "1234", "87654321"])
def test_a_pin_that_everybody_guesses_is_refused(cast, pin):
    with pytest.raises(Refused, match="pin_too_simple"):
        actions.set_pin(staff=cast.piotr, pin=pin, by=BY, at=AT)


def test_a_pin_lets_its_owner_in_and_nobody_else(cast):
    piotr = actions.set_pin(staff=cast.piotr, pin="3690", by=BY, at=AT)
    assert clerks.is_pin(staff=piotr, pin="3690")
    assert not clerks.is_pin(staff=piotr, pin="3691")
    assert not clerks.is_pin(staff=cast.maria, pin="")
    assert "3690" not in piotr.pin_hash


def test_a_slip_is_good_for_a_shift_at_its_till_and_ends_with_the_pin(till, cast):
    other = actions.add_till(shop=cast.rynek, code="2")
    piotr = actions.set_pin(staff=cast.piotr, pin="3690", by=BY, at=AT)
    slip = clerks.clerk_token(staff=piotr, till=till, at=AT)
    later = AT + timedelta(hours=15)
    assert clerks.read_clerk_token(text=slip, till=till, at=later) == piotr
    assert clerks.read_clerk_token(text=slip, till=other, at=later) is None
    assert clerks.read_clerk_token(text=slip + "x", till=till, at=later) is None
    assert clerks.read_clerk_token(text=slip, till=till, at=AT + timedelta(hours=17)) is None
    assert clerks.read_clerk_token(text=slip, till=till, at=AT - timedelta(minutes=1)) is None
    actions.set_pin(staff=piotr, pin="2580", by=BY, at=AT)
    assert clerks.read_clerk_token(text=slip, till=till, at=later) is None


def test_who_has_left_stands_at_no_till(till, cast):
    piotr = actions.set_pin(staff=cast.piotr, pin="3690", by=BY, at=AT)
    slip = clerks.clerk_token(staff=piotr, till=till, at=AT)
    Staff.objects.filter(pk=piotr.pk).update(left_at=AT)
    assert clerks.read_clerk_token(text=slip, till=till, at=AT) is None

"""A code works once, a secret is nowhere to be read, and the last factor takes its recovery codes with it."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings

from passage.audit.models import Event
from passage.logins import actions, codes
from passage.logins.queries import factors
from passage.programme import actions as programmes
from passage.programme.access import has_second_factor
from passage.programme.errors import Refused
from passage.programme.models import Role
from tests.cast import AT, BY, a_bakery

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=codes.SECONDS)


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def maria(cast):
    return cast.maria.login


def code(secret, at):
    return codes.code_at(int(at.timestamp()) // codes.SECONDS, secret=secret)


def with_app(login, at=AT):
    """The secret and the recovery codes of a fresh app; its code of this half minute is used up."""
    secret = codes.new_secret()
    return secret, actions.set_up_app(login=login, secret=secret, code=code(secret, at), at=at)


def test_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, in six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, shown in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert codes.code_at(moment // codes.SECONDS, secret=secret) == shown


def test_an_app_is_set_up_by_a_right_code_and_never_by_a_wrong_one(maria):
    secret = codes.new_secret()
    with pytest.raises(Refused, match="code_wrong"):
        actions.set_up_app(login=maria, secret=secret, code=code(secret, AT + 5 * STEP), at=AT)
    assert not has_second_factor(maria)
    made = actions.set_up_app(login=maria, secret=secret, code=code(secret, AT), at=AT)
    assert has_second_factor(maria)
    assert len(set(made)) == 10
    with pytest.raises(Refused, match="taken"):
        actions.set_up_app(login=maria, secret=secret, code=code(secret, AT), at=AT)


def test_a_code_works_once_and_no_earlier_one_after_it(maria):
    secret, _ = with_app(maria)
    assert not actions.use_code(login=maria, code=code(secret, AT), at=AT), "it was used to set the app up"
    late = AT + 10 * STEP
    assert actions.use_code(login=maria, code=code(secret, late), at=late)
    assert not actions.use_code(login=maria, code=code(secret, late), at=late)
    assert not actions.use_code(login=maria, code=code(secret, late - STEP), at=late)
    assert actions.use_code(login=maria, code=code(secret, late + STEP), at=late + STEP)


def test_a_clock_may_be_half_a_minute_off_and_not_a_minute(maria):
    secret, _ = with_app(maria)
    late = AT + 100 * STEP
    assert not actions.use_code(login=maria, code=code(secret, late - 2 * STEP), at=late)
    assert not actions.use_code(login=maria, code=code(secret, late + 2 * STEP), at=late)
    assert actions.use_code(login=maria, code=code(secret, late - STEP), at=late)
    assert actions.use_code(login=maria, code=code(secret, late + STEP), at=late)


@pytest.mark.parametrize("typed", ["", "0", "abcdef", "１２３４５６", "-00001", "9" * 20, "\x00"])
def test_what_is_no_code_is_no_code(maria, typed):
    with_app(maria)
    assert not actions.use_code(login=maria, code=typed, at=AT + 10 * STEP)


def test_a_recovery_code_works_once_in_any_spelling(maria):
    _, made = with_app(maria)
    spelled = f"{made[3][:4]} {made[3][4:]}"
    assert actions.use_code(login=maria, code=spelled, at=AT)
    assert not actions.use_code(login=maria, code=made[3], at=AT)
    assert factors(maria).codes == 9
    assert actions.use_code(login=maria, code=made[4], at=AT)


def test_new_recovery_codes_void_the_ones_before(maria):
    _, made = with_app(maria)
    fresh = actions.make_codes(login=maria, at=AT)
    assert set(made).isdisjoint(fresh)
    assert not actions.use_code(login=maria, code=made[0], at=AT)
    assert actions.use_code(login=maria, code=fresh[0], at=AT)


def test_there_are_no_recovery_codes_without_a_factor(maria):
    with pytest.raises(Refused, match="no_factor"):
        actions.make_codes(login=maria, at=AT)
    _, made = with_app(maria)
    actions.take_app_off(login=maria, at=AT)
    assert not Authenticator.objects.filter(user=maria).exists()
    assert not actions.use_code(login=maria, code=made[0], at=AT)
    actions.take_app_off(login=maria, at=AT)
    verbs = [event.verb for event in Event.objects.filter(verb__startswith="login.").order_by("id")]
    assert verbs == ["login.app_added", "login.app_removed"]


def test_no_code_of_one_person_opens_for_another(cast, maria):
    secret, made = with_app(maria)
    with_app(cast.piotr.login)
    late = AT + 10 * STEP
    assert not actions.use_code(login=cast.piotr.login, code=code(secret, late), at=late)
    assert not actions.use_code(login=cast.piotr.login, code=made[0], at=late)


def test_a_copy_of_the_database_holds_no_secret_and_the_key_may_be_changed(maria, settings):
    secret, _ = with_app(maria)
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept
    former, late = settings.SECRET_KEY, AT + 10 * STEP
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[former]):
        assert actions.use_code(login=maria, code=code(secret, late), at=late)


def test_an_owner_takes_the_factors_of_a_colleague_off_but_not_of_somebody_who_works_elsewhere_too(cast, maria):
    with_app(maria)
    era = maria.era
    asked = {"by": f"staff:{cast.piotr.pk}", "at": AT, "programme": cast.bakery}
    assert actions.take_factors_off(login=maria, **asked) is True
    maria.refresh_from_db()
    assert (has_second_factor(maria), maria.era) == (False, era + 1)
    assert actions.take_factors_off(login=maria, **asked) is False
    stranger = cast.stranger.login
    with_app(stranger)
    programmes.hire(programme=cast.bakery, login=stranger, role=Role.CLERK, by=BY, at=AT)
    with pytest.raises(Refused, match="elsewhere"):
        actions.take_factors_off(login=stranger, **asked)
    assert has_second_factor(stranger)

"""What a passkey remembers of a person leads back to that person, whatever their number."""

import pytest
from allauth.mfa.webauthn.internal.auth import extract_user_from_response
from fido2.utils import websafe_encode

from passage.logins.adapter import Factors
from passage.programme.actions import create_login
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_handle_of_a_passkey_leads_back_to_its_owner():
    logins = [create_login(email=f"{number}@example.org", password=PASSWORD) for number in range(12)]
    for login in logins:
        handle = Factors().get_public_key_credential_user_entity(login)["id"]
        assert extract_user_from_response({"response": {"userHandle": websafe_encode(handle)}}) == login

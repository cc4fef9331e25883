"""How django-allauth keeps secrets and names things in this house."""

from __future__ import annotations

import base64

from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from passage.programme.models import Login

NAME = "Passage"
SALT = "passage.logins.secrets"


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """A copy of the database alone gives nobody the codes: what makes them is kept under SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises `InvalidToken` when neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS made it."""
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": NAME}

    def get_public_key_credential_user_entity(self, user: Login) -> dict[str, object]:
        return {"id": user_pk_to_url_str(user).encode(), "name": user.email, "display_name": str(user)}


def _box() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(salted_hmac(SALT, "", secret=secret, algorithm="sha256").digest())

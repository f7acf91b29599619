"""How staff log in: accounts are made by create_staff or by an admin, never by signing up.

The pages are allauth's (templates/account, templates/mfa); lockout is axes' (settings/security.py).
"""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on opens existing accounts, found by verified e-mail; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes rest encrypted, under keys derived from VAULT_KEYS."""

    def encrypt(self, text: str) -> str:
        return _second_factor_cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _second_factor_cipher().decrypt(encrypted_text.encode()).decode()


def _second_factor_cipher() -> MultiFernet:
    return MultiFernet([Fernet(_derived_key(key)) for key in settings.VAULT_KEYS])


def _derived_key(vault_key: str) -> bytes:
    # A key of its own, so that nothing encrypted here says anything about the vault's key.
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"staff second factors")
    return base64.urlsafe_b64encode(derivation.derive(vault_key.encode()))

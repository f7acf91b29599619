"""How staff log in: accounts are made by create_staff or by an admin, never by signing up.

The pages are allauth's (templates/account, templates/mfa); lockout is axes' (settings/security.py).
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from payments_site.second_factors import decrypt_second_factor, encrypt_second_factor


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
        return encrypt_second_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt_second_factor(encrypted_text)

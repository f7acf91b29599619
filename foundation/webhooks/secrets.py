"""Signing secrets: made, encrypted and opened. One string serves both schemes of signing.py."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from foundation.vault.fields import decrypt_field, encrypt_field
from foundation.webhooks.models import WebhookEndpoint

SECRET_PREFIX = "whsec_"  # noqa: S105  the public beginning of every secret
SECRET_BYTES = 30
_TABLE = WebhookEndpoint._meta.db_table
# A previous secret is moved from its column, never opened in between: both are bound to this one name.
_COLUMN = "secret_encrypted"


def new_secret() -> str:
    """A fresh secret: whsec_ and 40 base64 characters of 240 random bits, without padding."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal_secret(endpoint: WebhookEndpoint, secret: str) -> str:
    """The ciphertext to store with this endpoint."""
    return encrypt_field(endpoint.merchant_id, secret, table=_TABLE, column=_COLUMN, row_id=endpoint.id)


def open_secret(endpoint: WebhookEndpoint) -> str:
    """The endpoint's current secret. Raises VaultCorrupted, VaultKeyMissing."""
    return _open(endpoint, endpoint.secret_encrypted)


def active_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets to sign with at this instant: the current one and, while rolling, the one before."""
    expires_at = endpoint.previous_secret_expires_at
    is_rolling = bool(endpoint.previous_secret_encrypted) and expires_at is not None and at < expires_at
    previous = [_open(endpoint, endpoint.previous_secret_encrypted)] if is_rolling else []
    return [open_secret(endpoint), *previous]


def _open(endpoint: WebhookEndpoint, ciphertext: str) -> str:
    return decrypt_field(endpoint.merchant_id, ciphertext, table=_TABLE, column=_COLUMN, row_id=endpoint.id)

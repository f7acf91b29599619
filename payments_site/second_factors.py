"""Secrets of authenticator apps and recovery codes: encrypted under keys derived from VAULT_KEYS, no data key between.

A person is of no merchant, so no merchant's data key can stand before them; the vault's rotation moves them through
SECOND_FACTORS.
"""

from __future__ import annotations

import base64
from collections import Counter

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from foundation.vault.data_keys import note_key_in_use
from foundation.vault.sealed_columns import DirectSecrets, Moved
from foundation.vault.wrapping import key_id_of, parse_vault_keys

# Where allauth's authenticators keep what its adapter encrypted.
_SECRETS = ("secret", "seed")
NAME = "second factors"


def encrypt_second_factor(text: str) -> str:
    """Raises VaultKeyRetired."""
    newest = settings.VAULT_KEYS[0]
    note_key_in_use(_key_id(newest))
    return _cipher(newest).encrypt(text.encode()).decode()


def decrypt_second_factor(encrypted_text: str) -> str:
    ciphers = MultiFernet([_cipher(key) for key in settings.VAULT_KEYS])
    return ciphers.decrypt(encrypted_text.encode()).decode()


def count_second_factors() -> dict[str, int]:
    """How many under each key id; "" for those that none of VAULT_KEYS opens. There are a few for each person."""
    from allauth.mfa.models import Authenticator

    counts: Counter[str] = Counter()
    for data in Authenticator.objects.order_by("id").values_list("data", flat=True).iterator():
        counts.update(_key_id_of_text(data[name]) for name in _SECRETS if data.get(name))
    return dict(counts)


def move_second_factors(cursor: list[str | int] | None, limit: int) -> Moved:
    """In the caller's transaction. A row that changed meanwhile is left: it has just been written anew."""
    from allauth.mfa.models import Authenticator

    rows = Authenticator.objects.filter(id__gt=int(cursor[0]) if cursor else 0).order_by("id")[:limit]
    done: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    newest = _key_id(settings.VAULT_KEYS[0])
    last = None
    for row in rows:
        last = row.pk
        fresh = dict(row.data)
        for name in _SECRETS:
            under = _key_id_of_text(row.data[name]) if row.data.get(name) else newest
            if not under:
                unreadable[NAME] += 1
            elif under != newest:
                fresh[name] = encrypt_second_factor(decrypt_second_factor(row.data[name]))
        if fresh != row.data:
            done[NAME] += Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=fresh)
    return Moved([last] if last is not None else None, done, unreadable)


SECOND_FACTORS = DirectSecrets(NAME, count_second_factors, move_second_factors)


def _key_id_of_text(encrypted_text: str) -> str:
    for key in settings.VAULT_KEYS:
        try:
            _cipher(key).decrypt(encrypted_text.encode())
        except InvalidToken:
            continue
        return _key_id(key)
    return ""


def _key_id(vault_key: str) -> str:
    return key_id_of(parse_vault_keys([vault_key])[0])


def _cipher(vault_key: str) -> Fernet:
    # A key of its own, so that nothing encrypted here says anything about the vault's key.
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"staff second factors")
    return Fernet(base64.urlsafe_b64encode(derivation.derive(vault_key.encode())))

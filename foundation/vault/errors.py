"""What can go wrong in the vault. Faults of ours, never refusals to a caller: the API shows them as a 500."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured


class VaultCorrupted(RuntimeError):
    """A ciphertext or a wrapped key does not open: altered, moved to another row or column, or malformed."""


class VaultKeyMissing(RuntimeError):
    """The key-encryption key or data key that a ciphertext names is not here; VAULT_KEYS lacks an old key."""


class VaultKeyRetired(RuntimeError):
    """This process would encrypt under a key that was retired: it runs with an old VAULT_KEYS."""


class VaultKeyStillNeeded(RuntimeError):
    """A key can not be retired: something is, or may yet come, under it. Said to the operator who asked."""


class VaultKeysDropped(ImproperlyConfigured):
    """VAULT_KEYS lacks a key that was never retired. The message may be shown to anybody: it names key ids only."""

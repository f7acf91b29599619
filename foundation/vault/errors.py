"""What can go wrong in the vault. Faults of ours, never refusals to a caller: the API shows them as a 500."""

from __future__ import annotations


class VaultCorrupted(RuntimeError):
    """A ciphertext or a wrapped key does not open: altered, moved to another row or column, or malformed."""


class VaultKeyMissing(RuntimeError):
    """The key-encryption key or data key that a ciphertext names is not here; VAULT_KEYS lacks an old key."""

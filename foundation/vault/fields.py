"""Encrypt and decrypt one column of one row.

Ciphertext: `v1.<data key id>.<base64url of nonce and AES-256-GCM output>`. The key id, the merchant, the
table, the column and the row's id are authenticated with it, so a ciphertext copied to any other place does
not open.
"""

from __future__ import annotations

import base64
import json
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag

from foundation.vault.data_keys import key_for_decryption, key_for_encryption
from foundation.vault.errors import VaultCorrupted
from foundation.vault.wrapping import NONCE_BYTES

FORMAT = "v1"


def encrypt_field(merchant_id: UUID, plaintext: str, *, table: str, column: str, row_id: UUID | str) -> str:
    """The ciphertext to store in `column` of the row. row_id: the primary key, so make it before saving.

    Joins an open transaction when the merchant's first data key has to be made; else reads at most once.
    """
    key = key_for_encryption(merchant_id)
    nonce = os.urandom(NONCE_BYTES)
    bound = _bound_to(key.public_id, merchant_id, table, column, row_id)
    sealed = nonce + key.cipher.encrypt(nonce, plaintext.encode(), bound)
    return f"{FORMAT}.{key.public_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt_field(merchant_id: UUID, ciphertext: str, *, table: str, column: str, row_id: UUID | str) -> str:
    """The plaintext of what encrypt_field made for exactly this place.

    Raises VaultCorrupted when the text is malformed, was altered, or belongs to another merchant, table,
    column or row; VaultKeyMissing when its data key or that key's wrapping key is gone.
    """
    version, _, rest = ciphertext.partition(".")
    key_id, _, body = rest.partition(".")
    if version != FORMAT or not key_id or not body:
        raise VaultCorrupted(f"{table}.{column} of {row_id} holds no ciphertext of format {FORMAT}.")
    key = key_for_decryption(merchant_id, key_id)
    try:
        sealed = base64.b64decode(body, altchars=b"-_", validate=True)
        bound = _bound_to(key_id, merchant_id, table, column, row_id)
        return key.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound).decode()
    except (InvalidTag, ValueError) as error:
        raise VaultCorrupted(f"{table}.{column} of {row_id} does not open.") from error


def _bound_to(key_id: str, merchant_id: UUID, table: str, column: str, row_id: UUID | str) -> bytes:
    # JSON, because a plain join would let ("ab", "c") stand in for ("a", "bc").
    return json.dumps([FORMAT, key_id, str(merchant_id), table, column, str(row_id)]).encode()

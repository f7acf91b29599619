"""The statements on idempotency keys: each is one statement and commits by itself.

Raw SQL, because only PostgreSQL can say in one statement whether this request was the first, and because
leases are measured on the database's clock. Answers are stored encrypted: some hold a secret that is shown
once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from foundation import ids
from foundation.idempotency.models import RecoveryPoint
from foundation.transactions import joins_transaction, outside_transaction
from foundation.vault.fields import decrypt_field, encrypt_field

_TABLE = "foundation_idempotencykey"
_BODY_COLUMN = "response_body"

_CLAIM = """
INSERT INTO foundation_idempotencykey
    (id, merchant_id, key, request_hash, method, path, recovery_point, reserved_id,
     lease_until, fencing_token, request_id, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s,
     clock_timestamp() + make_interval(secs => %s), 1, %s, clock_timestamp())
ON CONFLICT (merchant_id, key) DO NOTHING
RETURNING id
"""
_FIND = """
SELECT id, request_hash, reserved_id, fencing_token, lease_until > clock_timestamp(),
    response_status, response_body, request_id
FROM foundation_idempotencykey WHERE merchant_id = %s AND key = %s
"""
_TAKE_OVER = """
UPDATE foundation_idempotencykey
SET fencing_token = fencing_token + 1, lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND fencing_token = %s AND finished_at IS NULL AND lease_until <= clock_timestamp()
RETURNING fencing_token
"""
_MARK = """
UPDATE foundation_idempotencykey SET recovery_point = %s
WHERE id = %s AND fencing_token = %s AND finished_at IS NULL
"""
_FINISH = """
UPDATE foundation_idempotencykey
SET recovery_point = %s, response_status = %s, response_body = %s, finished_at = clock_timestamp()
WHERE id = %s AND fencing_token = %s AND finished_at IS NULL
"""
_RELEASE = """
UPDATE foundation_idempotencykey SET lease_until = clock_timestamp()
WHERE id = %s AND fencing_token = %s AND finished_at IS NULL
"""
_FORGET = """
DELETE FROM foundation_idempotencykey
WHERE id = %s AND fencing_token = %s AND finished_at IS NULL
"""
_PURGE = """
DELETE FROM foundation_idempotencykey WHERE id IN (
    SELECT id FROM foundation_idempotencykey
    WHERE created_at < clock_timestamp() - make_interval(days => %s)
    ORDER BY created_at LIMIT %s
)
"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Whose request it is and what it asks. request_hash: hex SHA-256 of method, path and parameters."""

    merchant_id: UUID
    key: str
    method: str
    path: str
    request_hash: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute. reserved_id: the id the created object gets, the same after a crash.

    fencing_token: what is written with an older one is ignored. is_resumed: an earlier holder died.
    """

    id: UUID | None
    reserved_id: UUID
    fencing_token: int = 1
    is_resumed: bool = False


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A row as found by a repeat. sealed_body: the answer, still encrypted."""

    id: UUID
    merchant_id: UUID
    request_hash: str
    reserved_id: UUID
    fencing_token: int
    is_leased: bool
    response_status: int | None
    sealed_body: str
    request_id: str


@outside_transaction
def claim_new(fingerprint: Fingerprint) -> Claim | None:
    """Write the key's row, or None when there is one already."""
    key_id, reserved_id = ids.new_id(), ids.new_id()
    values: list[Any] = [
        key_id,
        fingerprint.merchant_id,
        fingerprint.key,
        fingerprint.request_hash,
        fingerprint.method,
        fingerprint.path[:500],
        RecoveryPoint.STARTED.value,
        reserved_id,
        settings.IDEMPOTENCY_LEASE_SECONDS,
        fingerprint.request_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return Claim(key_id, reserved_id) if cursor.fetchone() else None


def find_stored(merchant_id: UUID, key: str) -> StoredKey | None:
    """The row of a key, with whether its lease still runs."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [merchant_id, key])
        row = cursor.fetchone()
    if row is None:
        return None
    sealed = "" if row[6] is None else bytes(row[6]).decode()
    return StoredKey(row[0], merchant_id, row[1], row[2], row[3], row[4], row[5], sealed, row[7])


def open_body(stored: StoredKey) -> bytes:
    """The bytes of a finished request's answer. Raises VaultCorrupted, VaultKeyMissing."""
    return decrypt_field(
        stored.merchant_id, stored.sealed_body, table=_TABLE, column=_BODY_COLUMN, row_id=stored.id
    ).encode()


@outside_transaction
def claim_lapsed(stored: StoredKey) -> Claim | None:
    """Take over from a holder whose lease has run out, or None when another repeat was faster."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, [settings.IDEMPOTENCY_LEASE_SECONDS, stored.id, stored.fencing_token])
        row = cursor.fetchone()
    return Claim(stored.id, stored.reserved_id, row[0], is_resumed=True) if row else None


@joins_transaction
def mark(claim: Claim, point: RecoveryPoint) -> None:
    """Note in the caller's transaction how far the request came, unless the claim has passed on."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [point.value, claim.id, claim.fencing_token])


@outside_transaction
def finish(merchant_id: UUID, claim: Claim, *, status: int, body: bytes) -> bool:
    """Keep the answer. False when the claim has passed on: then this answer must not be given."""
    sealed = encrypt_field(
        merchant_id, body.decode(), table=_TABLE, column=_BODY_COLUMN, row_id=str(claim.id)
    ).encode()
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [RecoveryPoint.FINISHED.value, status, sealed, claim.id, claim.fencing_token])
        return bool(cursor.rowcount)


@outside_transaction
def release(claim: Claim) -> None:
    """End the lease but keep the row: a repeat resumes with the same reserved id."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [claim.id, claim.fencing_token])


@outside_transaction
def forget(claim: Claim) -> None:
    """Delete the row of a request that was refused before it was executed; a resumed one keeps its row."""
    if claim.is_resumed:
        release(claim)
        return
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [claim.id, claim.fencing_token])


@joins_transaction
def purge(*, older_than_days: int, limit: int) -> int:
    """Delete at most `limit` rows beyond their keeping time; how many there were.

    Unfinished ones go too: nothing resumes a request after so long, and business uniqueness is a constraint.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PURGE, [older_than_days, limit])
        return int(cursor.rowcount)

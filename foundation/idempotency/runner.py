"""One effect per key: claim, execute, keep the answer; replay, refuse or resume a repeat.

Knows nothing of HTTP beyond a status and bytes; the API's views translate (foundation/http/views.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from foundation import ids
from foundation.idempotency import store
from foundation.idempotency.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from foundation.idempotency.models import RecoveryPoint
from foundation.idempotency.store import Claim, Fingerprint, StoredKey
from foundation.transactions import joins_transaction

# A row may vanish between two statements (a validation error forgets it); once is rare, thrice is a fault.
CLAIM_TRIES = 3

_current_claim: ContextVar[Claim | None] = ContextVar("idempotency_claim", default=None)


class Disposition(Enum):
    """What becomes of the key once the answer is known."""

    STORE = "store"
    """The answer is final: repeats get its bytes."""
    RELEASE = "release"
    """Not final (a lock not had, a database away): a repeat goes on with the same reserved id."""
    FORGET = "forget"
    """Refused before anything was executed: the key is as good as new."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the exact bytes of the body, and what becomes of the key."""

    status: int
    body: bytes
    disposition: Disposition = Disposition.STORE


@dataclass(frozen=True, slots=True)
class Outcome:
    """is_replayed: the bytes are those of an earlier request, original_request_id."""

    answer: Answer
    is_replayed: bool = False
    original_request_id: str = ""


def without_key() -> Claim:
    """A claim for a request that brought no key: it still reserves an id."""
    return Claim(id=None, reserved_id=ids.new_id())


def request_hash(method: str, path: str, parameters: Mapping[str, Any]) -> str:
    """Hex SHA-256 over method, path and parameters; their order and encoding do not matter."""
    canonical = json.dumps([method, path, parameters], sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def run_idempotent(fingerprint: Fingerprint, execute: Callable[[Claim], Answer]) -> Outcome:
    """Run `execute` at most once to its end for this key, or give the answer it had.

    execute must not raise for what the caller did wrong: it returns the refusal as an Answer. When it is cut
    off (a killed process, a lost database), the row stays and a repeat resumes after the lease.
    Raises: IdempotencyKeyReused, IdempotencyKeyInUse.
    Writes: one row when claimed, the same row when finished; two statements in the everyday case.
    """
    for _ in range(CLAIM_TRIES):
        claim = store.claim_new(fingerprint)
        if claim is not None:
            return _executed(fingerprint, claim, execute)
        stored = store.find_stored(fingerprint.merchant_id, fingerprint.key)
        if stored is None:
            continue
        if stored.request_hash != fingerprint.request_hash:
            raise IdempotencyKeyReused()
        if stored.response_status is not None:
            return _replayed(stored)
        claim = None if stored.is_leased else store.claim_lapsed(stored)
        if claim is None:
            raise IdempotencyKeyInUse()
        return _executed(fingerprint, claim, execute)
    raise IdempotencyKeyInUse()


@joins_transaction
def mark_recovery_point(point: RecoveryPoint) -> None:
    """Note in the caller's transaction how far the current request came. Does nothing when it has no key.

    Writes: the key's recovery_point, unless the claim has passed to someone else.
    """
    claim = _current_claim.get()
    if claim is not None and claim.id is not None:
        store.mark(claim, point)


def _executed(fingerprint: Fingerprint, claim: Claim, execute: Callable[[Claim], Answer]) -> Outcome:
    token = _current_claim.set(claim)
    try:
        answer = execute(claim)
    finally:
        _current_claim.reset(token)
    if answer.disposition is Disposition.FORGET:
        store.forget(claim)
    elif answer.disposition is Disposition.RELEASE:
        store.release(claim)
    elif not store.finish(fingerprint.merchant_id, claim, status=answer.status, body=answer.body):
        return _overtaken(fingerprint)
    return Outcome(answer)


def _overtaken(fingerprint: Fingerprint) -> Outcome:
    # Our lease ran out and a repeat took over: its answer is the one that counts.
    stored = store.find_stored(fingerprint.merchant_id, fingerprint.key)
    if stored is None or stored.response_status is None:
        raise IdempotencyKeyInUse()
    return _replayed(stored)


def _replayed(stored: StoredKey) -> Outcome:
    answer = Answer(stored.response_status or 0, store.open_body(stored))
    return Outcome(answer, is_replayed=True, original_request_id=stored.request_id)


def _plain(value: Any) -> str:
    if isinstance(value, UploadedFile):
        digest = hashlib.sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        value.seek(0)
        return f"file:{value.name}:{digest.hexdigest()}"
    return str(value)

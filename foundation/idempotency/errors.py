"""Refusals about Idempotency-Key."""

from __future__ import annotations

from foundation.errors import DomainError


class IdempotencyKeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    message = "An Idempotency-Key is 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    error_type = "idempotency_error"
    message = (
        "Keys for idempotent requests can only be used with the same endpoint and parameters they were first "
        "used with. Use another key if you meant to execute a different request."
    )


class IdempotencyKeyInUse(DomainError):
    code = "idempotency_key_in_use"
    http_status = 409
    error_type = "idempotency_error"
    message = "Another request with this Idempotency-Key is still being executed. Repeat it in a moment."

"""Give a webhook endpoint a new secret, with an overlap in which both sign."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.errors import ParameterInvalid
from foundation.transactions import owns_transaction
from foundation.webhooks.locks import lock_endpoint
from foundation.webhooks.operations.create_webhook_endpoint import CreatedEndpoint
from foundation.webhooks.secrets import new_secret, seal_secret

DEFAULT_OVERLAP_SECONDS = 24 * 3_600
LONGEST_OVERLAP_SECONDS = 7 * 24 * 3_600


@owns_transaction
def roll_webhook_secret(
    *, merchant_id: UUID, endpoint_id: UUID, overlap_seconds: int = DEFAULT_OVERLAP_SECONDS
) -> CreatedEndpoint:
    """Make a new secret; for overlap_seconds (0 to 7 days) deliveries are signed with the former one too.

    Raises ResourceMissing, ParameterInvalid.
    Writes the endpoint.
    Safe to repeat: each call makes another secret; the one before the last stops at once.
    """
    if not 0 <= overlap_seconds <= LONGEST_OVERLAP_SECONDS:
        raise ParameterInvalid("The overlap is at most 7 days.", param="overlap_seconds")
    endpoint = lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
    secret = new_secret()
    endpoint.previous_secret_encrypted = endpoint.secret_encrypted if overlap_seconds else ""
    endpoint.previous_secret_expires_at = (
        clock.now() + timedelta(seconds=overlap_seconds) if overlap_seconds else None
    )
    endpoint.secret_encrypted = seal_secret(endpoint, secret)
    endpoint.save()
    return CreatedEndpoint(endpoint, secret)

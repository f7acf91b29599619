"""Signatures over the raw bytes of a delivery, in two schemes side by side, one per active secret in each.

Sources: https://docs.stripe.com/webhooks#verify-manually and https://www.standardwebhooks.com, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from foundation.clock import to_timestamp


def signature_headers(
    *, message_id: str, body: bytes, secrets: Sequence[str], at: datetime
) -> dict[str, str]:
    """The headers that prove the body is ours.

    message_id: constant over all tries, so that the receiver can drop repeats. secrets: with their whsec_:
    Stripe's scheme keys its HMAC with the whole string, Standard Webhooks with the bytes behind the prefix.
    """
    timestamp = str(to_timestamp(at))
    stripe = [f"v1={_stripe_signature(secret, timestamp, body)}" for secret in secrets]
    standard = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "Stripe-Signature": ",".join([f"t={timestamp}", *stripe]),
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(standard),
    }


def _stripe_signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()

"""Stripe's webhook signature: `t=<unix time>,v1=<HMAC-SHA256 of "t.body">`."""

import hashlib
import hmac


def signature(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed_headers(body: bytes, secret: str, at: float) -> dict[str, str]:
    timestamp = int(at)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": f"t={timestamp},v1={signature(body, secret, timestamp)}",
    }

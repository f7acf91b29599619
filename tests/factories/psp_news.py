"""The PSP's webhooks as bytes in our hand: fetched from the sandbox, signed as Stripe signs, posted as Stripe posts."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import stripe
from django.test import Client

from tests.factories.shop import WEBHOOK_SECRET, Shop

Event = dict[str, Any]


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def post(shop: Shop, body: bytes, header: str | None = None) -> Any:
    """The answer to these very bytes; header: the Stripe-Signature, a valid one when not given."""
    return Client(raise_request_exception=False).post(
        f"/psp/webhooks/{shop.account.public_id}/",
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body) if header is None else header},
    )


def tell(shop: Shop, *events: Event) -> None:
    """Deliver the events in this order, each accepted."""
    for event in events:
        answer = post(shop, json.dumps(event).encode())
        assert answer.status_code == 200, answer.content


def told(shop: Shop, *types: str) -> list[Event]:
    """The events of these types that the sandbox has for the shop, oldest first."""
    client = stripe.StripeClient(shop.psp.key, base_addresses={"api": shop.psp.base_url})
    events = client.v1.events.list({"limit": 100}).data
    return [json.loads(str(event)) for event in reversed(events) if event.type in types]


def payment_event(type_: str, event_id: str = "evt_1", **shape: Any) -> Event:
    """An event about a payment intent of our making."""
    body = {"id": "pi_unheard_of", "object": "payment_intent", "metadata": {}} | shape
    return {"id": event_id, "object": "event", "type": type_, "data": {"object": body}}

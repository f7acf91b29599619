"""Stripe's webhooks: verify the raw bytes first, read them after.

Source: docs.stripe.com/webhooks/signature, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from payments.psp.outcomes import InquiryOutcome
from payments.psp.port import PspNews, WebhookRefused
from payments.psp.stripe.reading import read_payment_intent, read_refund, read_setup_intent, reference_of

TOLERANCE_SECONDS = 300


def verify(secrets: tuple[str, ...], body: bytes, headers: Mapping[str, str], now_timestamp: int) -> None:
    """Raises WebhookRefused unless one of the secrets signed these very bytes within 300 s of now."""
    header = headers.get("Stripe-Signature", "")
    parts = [item.split("=", 1) for item in header.split(",") if "=" in item]
    stamps = [value for name, value in parts if name.strip() == "t"]
    given = [value for name, value in parts if name.strip() == "v1"]
    if len(stamps) != 1 or not stamps[0].isdigit() or not given:
        raise WebhookRefused("signature_missing")
    if abs(now_timestamp - int(stamps[0])) > TOLERANCE_SECONDS:
        raise WebhookRefused("signature_too_old")
    signed = stamps[0].encode() + b"." + body
    # Every pair is compared, so that the time taken tells nothing about which secret was near.
    matches = [
        hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode(), value.encode())
        for secret in secrets
        for value in given
    ]
    if not any(matches):
        raise WebhookRefused("signature_wrong")


def parse(body: bytes, *, key_field: str) -> PspNews:
    """Raises WebhookRefused for anything that is not a Stripe event."""
    try:
        event = json.loads(body)
        event_id, event_type, shape = event["id"], event["type"], event["data"]["object"]
        if not (isinstance(event_id, str) and isinstance(event_type, str) and isinstance(shape, dict)):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise WebhookRefused("body_unreadable") from error
    news = {"event_id": event_id[:255], "event_type": event_type[:100]}
    metadata = shape.get("metadata") or {}
    key = str(metadata.get(key_field) or "")
    kind = shape.get("object")
    if kind == "payment_intent":
        outcome = _outcome_of(read_payment_intent, shape)
        return PspNews(**news, kind="attempt", psp_key=key, psp_reference=reference_of(shape), outcome=outcome)
    if kind == "charge":
        return PspNews(**news, kind="attempt", psp_reference=reference_of(shape.get("payment_intent")))
    if kind == "refund":
        return PspNews(
            **news,
            kind="refund",
            psp_key=key,
            psp_reference=reference_of(shape),
            parent_reference=reference_of(shape.get("payment_intent")),
            outcome=_outcome_of(read_refund, shape),
        )
    if kind == "setup_intent":
        outcome = _outcome_of(read_setup_intent, shape)
        return PspNews(**news, kind="setup_intent", psp_key=key, psp_reference=reference_of(shape), outcome=outcome)
    return PspNews(**news)


def _outcome_of(read: Any, shape: dict[str, Any]) -> InquiryOutcome | None:
    try:
        outcome: InquiryOutcome = read(shape)
    except (KeyError, TypeError, ValueError):
        return None
    return outcome

"""Adyen's token life-cycle webhooks: a stored card was updated by its network, or is of no use any more.

Unlike standard notifications the whole body is signed, in a header. It names the token and not what the card is now:
that is asked for (describing.describe_stored).
Source: docs.adyen.com/api-explorer/Tokenization-webhooks and
docs.adyen.com/development-resources/webhooks/verify-hmac-signatures, read 2026-11.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from payments.psp.port import PspNews, WebhookRefused

PREFIX = "recurring.token."
UPDATED, DISABLED = f"{PREFIX}updated", f"{PREFIX}disabled"
HEADER = "HmacSignature"
MAX_WORD = 200
# What PostgreSQL can not store as text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_token_news(body: bytes) -> bool:
    """By its shape; the signature is looked at next, and proves the rest."""
    try:
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and str(told.get("type") or "").startswith(PREFIX)


def verify(secrets: tuple[str, ...], merchant_account: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Raises WebhookRefused unless one of the keys signed the body, and it is this merchant account's."""
    given = headers.get(HEADER) or ""
    if not given:
        raise WebhookRefused("signature_missing")
    # Every key is tried, so that the time taken tells nothing about which one was near.
    matches = [hmac.compare_digest(signature(body, key), given.encode()) for key in secrets]
    if not any(matches):
        raise WebhookRefused("signature_wrong")
    if _read(body)["data"].get("merchantAccount") != merchant_account:
        raise WebhookRefused("other_merchant_account")


def parse(body: bytes) -> PspNews:
    """Raises WebhookRefused for what is no such webhook."""
    told = _read(body)
    event_type, data = told["type"], told["data"]
    event_id = f"{event_type}:{told['eventId']}"
    if event_type not in (UPDATED, DISABLED):
        return PspNews(event_id=event_id, event_type=event_type)
    return PspNews(
        event_id=event_id,
        event_type=event_type,
        kind="payment_method",
        psp_reference=data["storedPaymentMethodId"],
        parent_reference=data["shopperReference"],
        is_revoked=event_type == DISABLED,
    )


def signature(body: bytes, key: str) -> bytes:
    """Base64 of HMAC-SHA256 over the body; nothing for a key that is no hexadecimal number."""
    try:
        secret = binascii.a2b_hex(key)
    except (binascii.Error, ValueError):
        return b""
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())


def _read(body: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(body.decode("utf-8"))
        words = [told["type"], told["eventId"]]
        words += [told["data"][name] for name in ("storedPaymentMethodId", "shopperReference")]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WebhookRefused("body_unreadable") from error
    if not all(isinstance(word, str) and _is_storable(word) for word in words):
        raise WebhookRefused("body_unreadable")
    return told


def _is_storable(word: str) -> bool:
    return len(word) <= MAX_WORD and _UNSTORABLE.search(word) is None

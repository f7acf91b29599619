"""Adyen's standard notifications: their shape, and the signature each item carries.

Source: https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures, read 2026-11.
"""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC, datetime

from ..books import Body, to_json

EVENT_PREFIX = "ntf"
ACCEPTED = b"[accepted]"
_SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")


def notification(item: Body, now: float) -> Body:
    """The body of one webhook, unsigned: the key is the receiver's."""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return {"live": "false", "notificationItems": [{"NotificationRequestItem": item | {"eventDate": at}}]}


def signature(item: Body, key: str) -> str:
    """HMAC-SHA256, base64, over pspReference:originalReference:merchantAccountCode:merchantReference:value:
    currency:eventCode:success."""
    amount = item["amount"]
    parts = [str(item.get(name, "")) for name in _SIGNED]
    parts += [str(amount["value"]), str(amount["currency"]), str(item["eventCode"]), str(item["success"])]
    digest = hmac.new(key_bytes(key), ":".join(parts).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def signed(body: bytes, key: str) -> bytes:
    told = json.loads(body)
    for entry in told["notificationItems"]:
        item = entry["NotificationRequestItem"]
        item["additionalData"] = item.get("additionalData", {}) | {"hmacSignature": signature(item, key)}
    return to_json(told).encode()


def key_bytes(key: str) -> bytes:
    try:
        return binascii.a2b_hex(key)
    except (binascii.Error, ValueError):
        # An endpoint of all accounts may carry Stripe's kind of secret.
        return key.encode()

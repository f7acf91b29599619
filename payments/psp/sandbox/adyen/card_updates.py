"""A network tells Adyen of a new card, or that there is none any more: the stored card changes, and a webhook goes out.

Source: https://docs.adyen.com/api-explorer/Tokenization-webhooks, read 2026-11.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from ..books import Body, to_json
from ..ids import new_id
from .call import Call, new_reference
from .notifications import key_bytes
from .refusals import missing_token

MARK = b'{"createdAt":'
UPDATED, DISABLED = "recurring.token.updated", "recurring.token.disabled"


def update_card(call: Call, merchant_account: str, stored_id: str, change: Body, *, disabled: bool) -> Body:
    """change: lastFour, expiryMonth, expiryYear, brand, as the stored card is shown from now on. Raises Refusal."""
    record = call.books.find("payment_methods", call.account, stored_id)
    if record is None:
        raise missing_token()
    if disabled:
        call.books.delete(record)
    else:
        record.private["shown"] = record.private.get("shown", {}) | change
        call.save(record)
    told = {
        "createdAt": datetime.fromtimestamp(call.now, UTC).isoformat(timespec="seconds"),
        "data": {
            "merchantAccount": merchant_account,
            "operation": "disabled" if disabled else "updated",
            "shopperReference": record.body["customer"],
            "storedPaymentMethodId": stored_id,
            "type": "scheme",
        },
        "environment": "test",
        "eventId": new_reference(),
        "type": DISABLED if disabled else UPDATED,
        "version": "1",
    }
    event_id = new_id("ntf")
    call.books.execute(
        "INSERT INTO events (id, account, created_at, type, body, private) VALUES (?, ?, ?, ?, ?, '{}')",
        (event_id, call.account, call.now, told["type"], to_json(told)),
    )
    call.deliveries += call.mailbox.post(
        account=call.account,
        event_id=event_id,
        event_type=str(told["type"]),
        operation=call.operation,
        metadata={},
    )
    return told


def header_of(body: bytes, key: str) -> dict[str, str]:
    """The signature over the whole body."""
    digest = hmac.new(key_bytes(key), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "HmacSignature": base64.b64encode(digest).decode(),
    }

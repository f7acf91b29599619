"""A merchant at the sandbox's Adyen face, and Adyen's notifications as bytes in our hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import requests
from django.test import Client

from foundation.tenancy.operations import create_merchant
from payments.operations.create_psp_account import create_psp_account
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
MERCHANT_ACCOUNT = "TeaShopECOM"

DISPUTE_CODES = (
    "NOTIFICATION_OF_FRAUD",
    "REQUEST_FOR_INFORMATION",
    "NOTIFICATION_OF_CHARGEBACK",
    "CHARGEBACK",
    "INFORMATION_SUPPLIED",
    "CHARGEBACK_REVERSED",
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED",
    "DISPUTE_DEFENSE_PERIOD_ENDED",
    "SECOND_CHARGEBACK",
    "PREARBITRATION_WON",
    "PREARBITRATION_LOST",
)

Item = dict[str, Any]


def open_adyen_shop(psp: ScriptedPsp, *, report_delay_seconds: int = 60, **limits: Any) -> Shop:
    """A merchant whose only PSP is Adyen; the account has the rule against a merchant reference used twice."""
    merchant = create_merchant(name="Tea shop at Adyen", currency="usd")
    account = create_psp_account(
        merchant_id=merchant.id,
        psp="adyen",
        name="Scripted Adyen",
        secret_key=psp.key,
        webhook_secret=HMAC_KEY,
        base_url=psp.base_url,
        settings={"merchant_account": MERCHANT_ACCOUNT, "duplicate_reference_rule": True},
        maximum_report_delay_seconds=report_delay_seconds,
        **limits,
    )
    return Shop(merchant, account, psp)


# What Adyen's component would give the browser; the endings are those of payments/psp/sandbox/adyen/banks.py.
BANK_FIELDS: dict[str, dict[str, str]] = {
    "sepa_debit": {"type": "sepadirectdebit", "iban": "DE89370400440532013000", "ownerName": "A. Klaassen"},
    "us_bank_account": {
        "type": "ach",
        "encryptedBankAccountNumber": "test_123456789",
        "encryptedBankLocationId": "test_011000138",
        "ownerName": "A. Klaassen",
    },
    "ideal": {"type": "ideal"},
    "upi": {"type": "upi_collect", "virtualPaymentAddress": "success@upi"},
    "klarna": {"type": "klarna"},
}
ENDINGS = {"success": {}, "failed": {"subtype": "refused"}, "returned": {"ownerName": "chargeback:AM04"}}


def bank_token(method_type: str, ending: str = "success") -> str:
    """The paymentMethod object of what is no card, as JSON. ending: success, failed, or of a debit returned."""
    return json.dumps(BANK_FIELDS[method_type] | ENDINGS[ending])


def told(psp: ScriptedPsp, *codes: str) -> list[Item]:
    """The notification items that the sandbox has for the account, oldest first."""
    answer = requests.get(f"{psp.base_url}/sandbox/events", params={"account": psp.key}, timeout=5).json()
    items = [event["body"]["notificationItems"][0]["NotificationRequestItem"] for event in answer["events"]]
    return [item for item in items if not codes or item["eventCode"] in codes]


def signature(item: Item, *, key: str = HMAC_KEY) -> str:
    """As Adyen signs: base64 of HMAC-SHA256 over eight fields with colons between."""
    fields = [
        item["pspReference"],
        item.get("originalReference", ""),
        item["merchantAccountCode"],
        item["merchantReference"],
        str(item["amount"]["value"]),
        item["amount"]["currency"],
        item["eventCode"],
        item["success"],
    ]
    digest = hmac.new(bytes.fromhex(key), ":".join(fields).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def envelope(*items: Item, key: str = HMAC_KEY) -> bytes:
    """One body with these items, each signed."""
    signed = [
        item
        | {"additionalData": item.get("additionalData", {}) | {"hmacSignature": signature(item, key=key)}}
        for item in items
    ]
    return json.dumps(
        {"live": "false", "notificationItems": [{"NotificationRequestItem": item} for item in signed]}
    ).encode()


def item_of(code: str, **fields: Any) -> Item:
    """A notification item of our making."""
    return {
        "additionalData": {},
        "amount": {"currency": "USD", "value": 1_000},
        "eventCode": code,
        "eventDate": "2026-11-20T12:00:00+00:00",
        "merchantAccountCode": MERCHANT_ACCOUNT,
        "merchantReference": "ch_unheard_of",
        "pspReference": "XXXXXXXXXXXXXXXX",
        "reason": "",
        "success": "true",
    } | fields


def post(shop: Shop, body: bytes) -> Any:
    """The answer to these very bytes."""
    return Client(raise_request_exception=False).post(
        f"/psp/webhooks/{shop.account.public_id}/", data=body, content_type="application/json"
    )


def tell(shop: Shop, *items: Item) -> None:
    """Deliver the items in this order, each in a body of its own and accepted."""
    for item in items:
        answer = post(shop, envelope(item))
        assert (answer.status_code, answer.content) == (200, b"[accepted]"), answer.content


def comes_back(psp: ScriptedPsp, url: str, *, passed: bool = True) -> str:
    """What the customer brings back from the challenge page."""
    verdict = "complete" if passed else "fail"
    result: str = requests.post(f"{url}/{verdict}", timeout=5).json()["redirectResult"]
    return result

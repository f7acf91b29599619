"""Adyen's standard notifications: verify every item first, read them after.

What is signed: the references, the merchant account, amount, event code and success of each item; neither the time
nor additionalData. So an old notification is as good as a new one (Adyen repeats for days, and a repeat is known by
its event code and reference), and nothing beyond the signed fields proves anything here.
Source: docs.adyen.com/development-resources/webhooks/, read 2026-11.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import replace
from typing import Any

from Adyen.util import generate_notification_sig

from foundation.money import Money
from payments.psp.adyen import dispute_news
from payments.psp.adyen.amounts import from_adyen
from payments.psp.adyen.bodies import REST
from payments.psp.adyen.methods import RETURN_CODES
from payments.psp.adyen.reading import authorised, read_refusal, received
from payments.psp.adyen.refusals import CODES_BY_REASON, FRAUD_CODES
from payments.psp.outcomes import Declined, InquiryOutcome, Returned, Succeeded, Voided
from payments.psp.port import PspNews, WebhookRefused

MAX_ITEMS = 100
MAX_REFERENCE = 200
MAX_EVENT_ID = 255
# Stripe's word, and so ours, for a try that nobody finished in time.
OFFER_CLOSED = "payment_intent_payment_attempt_expired"
SIGNED = ("pspReference", "merchantAccountCode", "merchantReference", "eventCode", "success")
# What PostgreSQL can not store as text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Item = dict[str, Any]


def verify(secrets: tuple[str, ...], merchant_account: str, body: bytes) -> None:
    """Raises WebhookRefused unless one of the keys signed each item, and each is this merchant account's."""
    items = read_items(body)
    for item in items:
        seen = item.get("additionalData")
        given = seen.get("hmacSignature") if isinstance(seen, dict) else None
        if not isinstance(given, str) or not given:
            raise WebhookRefused("signature_missing")
        # Every key is tried, so that the time taken tells nothing about which one was near.
        matches = [hmac.compare_digest(_signature(item, key), given.encode()) for key in secrets]
        if not any(matches):
            raise WebhookRefused("signature_wrong")
        if item["merchantAccountCode"] != merchant_account:
            raise WebhookRefused("other_merchant_account")


def split(body: bytes) -> list[bytes]:
    """One body for each item, each as it was signed."""
    return [
        json.dumps({"notificationItems": [{"NotificationRequestItem": item}]}).encode()
        for item in read_items(body)
    ]


def parse(body: bytes) -> PspNews:
    """The news of a body with one item. Raises WebhookRefused for anything else."""
    items = read_items(body)
    if len(items) != 1:
        raise WebhookRefused("body_unreadable")
    item = items[0]
    code, is_success = item["eventCode"], item["success"] == "true"
    news: dict[str, Any] = {
        "event_id": f"{code}:{item['pspReference']}:{item['success']}"[:MAX_EVENT_ID],
        "event_type": code[:100],
    }
    read = _READERS.get(code)
    try:
        return read(item, is_success, news) if read else PspNews(**news)
    except (KeyError, TypeError, ValueError, AttributeError):
        return PspNews(**news)


def read_items(body: bytes) -> list[Item]:
    """Raises WebhookRefused for anything that is not a standard notification."""
    try:
        entries = json.loads(body.decode("utf-8"))["notificationItems"]
        items = [entry["NotificationRequestItem"] for entry in entries]
        for item in items:
            for name in SIGNED:
                _word(item[name])
            _word(item.get("originalReference") or "")
            item["amount"]["value"], item["amount"]["currency"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WebhookRefused("body_unreadable") from error
    if not 0 < len(items) <= MAX_ITEMS:
        raise WebhookRefused("body_unreadable")
    return items


def _signature(item: Item, key: str) -> bytes:
    try:
        return bytes(generate_notification_sig(item, key))
    except ValueError:
        # A key that is no hexadecimal number signs nothing.
        return b""


def _word(value: Any) -> None:
    """Raises TypeError, ValueError for what can not be stored."""
    if not isinstance(value, str):
        raise TypeError
    if len(value) > MAX_REFERENCE or _UNSTORABLE.search(value):
        raise ValueError


def _authorisation(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    amount = from_adyen(item["amount"])
    reference = item["pspReference"]
    outcome: InquiryOutcome | None
    if is_success:
        proven = {"pspReference": reference, "amount": item["amount"], "additionalData": _seen(item)}
        outcome = authorised(proven, reference, asked=amount, is_captured=False)
    else:
        outcome = _refusal(item, reference)
    kind = "attempt" if amount.amount_minor else "setup_intent"
    return PspNews(
        **news, kind=kind, psp_key=item["merchantReference"], psp_reference=reference, outcome=outcome
    )


def _pending(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """A bank or a lender takes its time. It proves that the payment exists, which an answer that was lost does not."""
    reference = item["pspReference"]
    outcome = received({"additionalData": _seen(item)}, reference) if is_success else None
    return PspNews(
        **news, kind="attempt", psp_key=item["merchantReference"], psp_reference=reference, outcome=outcome
    )


def _offer_closed(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """The customer came to no decision at their bank in time."""
    reference = item["pspReference"]
    outcome = Declined(code=OFFER_CLOSED, psp_reference=reference) if is_success else None
    return PspNews(
        **news, kind="attempt", psp_key=item["merchantReference"], psp_reference=reference, outcome=outcome
    )


def _chargeback(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """A dispute, or of a debit, which has none, the bank's return: the payment's own method says which of the two."""
    told = dispute_news.read(item, is_success, news)
    if not is_success or not item.get("originalReference"):
        return told
    code = RETURN_CODES.get(str(_seen(item).get("chargebackReasonCode") or "").strip().upper(), "")
    return replace(told, outcome=Returned(psp_reference=told.psp_reference, code=code))


def _refusal(item: Item, reference: str) -> InquiryOutcome | None:
    reason = str(item.get("reason") or "Refused")
    code = CODES_BY_REASON.get(reason, "")
    if code in FRAUD_CODES:
        # The rule against a merchant reference used twice refuses like this: no proof about the first use.
        return None
    return read_refusal(code, reason, seen=_seen(item), reference=reference)


def _seen(item: Item) -> dict[str, Any]:
    seen = item.get("additionalData")
    return seen if isinstance(seen, dict) else {}


def _capture(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    reference = item["pspReference"]
    outcome: InquiryOutcome
    if is_success and item["eventCode"] == "CAPTURE":
        amount = from_adyen(item["amount"])
        outcome = Succeeded(
            psp_reference=reference, amount=amount, captured=amount, fee=Money.zero(amount.currency)
        )
    else:
        outcome = Declined(code="capture_failed", message=_reason(item), psp_reference=reference)
    return _modified(item, news, "capture", outcome)


def _adjustment(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """The amount of the item is what is authorised in all now."""
    reference = item["pspReference"]
    outcome: InquiryOutcome
    if is_success:
        outcome = Succeeded(psp_reference=reference, amount=from_adyen(item["amount"]))
    else:
        outcome = Declined(code="increment_failed", message=_reason(item), psp_reference=reference)
    return _modified(item, news, "increment", outcome)


def _refund(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    outcome: InquiryOutcome
    if is_success and item["eventCode"] == "REFUND":
        outcome = Succeeded(psp_reference=item["pspReference"], amount=from_adyen(item["amount"]))
    else:
        outcome = Declined(
            code="refund_failed",
            decline_code=_reason(item)[:64],
            message=_reason(item),
            psp_reference=item["pspReference"],
        )
    return _modified(item, news, "refund", outcome)


def _cancellation(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    if item["merchantReference"].endswith(REST):
        # What a final capture left is let go: the capture itself has said so.
        return PspNews(**news)
    reference = item.get("originalReference") or ""
    outcome: InquiryOutcome
    if is_success:
        outcome = Voided(psp_reference=reference)
    else:
        outcome = Declined(code="void_failed", message=_reason(item), psp_reference=reference)
    return PspNews(
        **news, kind="void", psp_key=item["merchantReference"], psp_reference=reference, outcome=outcome
    )


def _expiry(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    reference = item.get("originalReference") or ""
    outcome = Voided(psp_reference=reference, is_expiry=True) if is_success else None
    # By the payment's own reference, which it always has; by ours where it names none.
    key = "" if reference else item["merchantReference"]
    return PspNews(**news, kind="attempt", psp_key=key, psp_reference=reference, outcome=outcome)


def _reversal(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """Cancelled, or refunded if it was captured: nobody asks for it from here, and which of the two is not signed. It
    is read as money that left, so that a person looks."""
    reference = item["pspReference"]
    outcome = Succeeded(psp_reference=reference, amount=from_adyen(item["amount"])) if is_success else None
    return _modified(item, news, "refund", outcome)


def _modified(item: Item, news: dict[str, Any], kind: str, outcome: InquiryOutcome | None) -> PspNews:
    return PspNews(
        **news,
        kind=kind,
        psp_key=item["merchantReference"],
        psp_reference=item["pspReference"],
        parent_reference=item.get("originalReference") or "",
        outcome=outcome,
    )


def _reason(item: Item) -> str:
    return str(item.get("reason") or item["eventCode"])


_READERS = {
    **dict.fromkeys(dispute_news.CODES, dispute_news.read),
    "AUTHORISATION": _authorisation,
    "AUTHORISATION_ADJUSTMENT": _adjustment,
    "CANCELLATION": _cancellation,
    "CANCEL_OR_REFUND": _reversal,
    "CAPTURE": _capture,
    "CAPTURE_FAILED": _capture,
    "CHARGEBACK": _chargeback,
    "EXPIRE": _expiry,
    "OFFER_CLOSED": _offer_closed,
    "PENDING": _pending,
    "REFUND": _refund,
    "REFUNDED_REVERSED": _refund,
    "REFUND_FAILED": _refund,
    "TECHNICAL_CANCEL": _cancellation,
}

"""Stripe's webhooks: verify the raw bytes first, read them after.

Source: docs.stripe.com/webhooks/signature, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from foundation import clock
from payments.psp.disputes import DISPUTE_NEWS, FRAUD_WARNING_NEWS, DisputeNews, FraudWarningNews
from payments.psp.outcomes import InquiryOutcome
from payments.psp.port import PayoutNews, PspNews, WebhookRefused
from payments.psp.stripe.dispute_reading import read_dispute, read_fraud_warning
from payments.psp.stripe.payouts import read_payout
from payments.psp.stripe.reading import (
    card_facts,
    read_payment_intent,
    read_refund,
    read_return,
    read_setup_intent,
    reference_of,
)

TOLERANCE_SECONDS = 300
CARD_UPDATED = "payment_method.automatically_updated"
MAX_REFERENCE = 255
_STAMP = re.compile(r"[0-9]{1,12}")
# What PostgreSQL can not store as text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def verify(secrets: tuple[str, ...], body: bytes, headers: Mapping[str, str], now_timestamp: int) -> None:
    """Raises WebhookRefused unless one of the secrets signed these very bytes within 300 s of now."""
    header = headers.get("Stripe-Signature", "")
    parts = [item.split("=", 1) for item in header.split(",") if "=" in item]
    stamps = [value for name, value in parts if name.strip() == "t"]
    given = [value for name, value in parts if name.strip() == "v1"]
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]) or not given:
        raise WebhookRefused("signature_missing")
    if abs(now_timestamp - int(stamps[0])) > TOLERANCE_SECONDS:
        raise WebhookRefused("signature_too_old")
    signed = stamps[0].encode() + b"." + body
    # Every pair is compared, so that the time taken tells nothing about which secret was near.
    matches = [
        hmac.compare_digest(
            hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode(), value.encode()
        )
        for secret in secrets
        for value in given
    ]
    if not any(matches):
        raise WebhookRefused("signature_wrong")


def parse(body: bytes, *, key_field: str) -> PspNews:
    """Raises WebhookRefused for anything that is not a Stripe event."""
    try:
        event = json.loads(body.decode("utf-8"))
        shape = event["data"]["object"]
        names: dict[str, Any] = {"event_id": _word(event["id"]), "event_type": _word(event["type"])[:100]}
        return news_of(shape, names, key_field=key_field, told=event.get("created"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WebhookRefused("body_unreadable") from error


def news_of(shape: dict[str, Any], names: dict[str, Any], *, key_field: str, told: Any = None) -> PspNews:
    """An object of Stripe's as news. told: Unix seconds of the telling.

    Raises KeyError, TypeError, ValueError and the like for what is no object."""
    reference = _word(shape.get("id") or "")
    parent = _word(reference_of(shape.get("payment_intent")))
    key = _word((shape.get("metadata") or {}).get(key_field) or "")
    kind = shape.get("object")
    if kind == "payment_intent":
        outcome = _outcome_of(read_payment_intent, shape)
        return PspNews(**names, kind="attempt", psp_key=key, psp_reference=reference, outcome=outcome)
    if kind == "charge":
        # An event of a charge proves one thing that no event of its intent does: that the bank took it back.
        returned = read_return(shape) if shape.get("failure_balance_transaction") else None
        return PspNews(**names, kind="attempt", psp_reference=parent, outcome=returned)
    if kind == "refund":
        return PspNews(
            **names,
            kind="refund",
            psp_key=key,
            psp_reference=reference,
            parent_reference=parent,
            outcome=_outcome_of(read_refund, shape),
        )
    if kind == "setup_intent":
        outcome = _outcome_of(read_setup_intent, shape)
        return PspNews(**names, kind="setup_intent", psp_key=key, psp_reference=reference, outcome=outcome)
    if kind == "payout":
        return PspNews(**names, kind="payout", psp_reference=reference, payout=_payout_of(shape, told))
    if kind == "dispute":
        dispute = _dispute_of(shape, told)
        return PspNews(**names, kind=DISPUTE_NEWS, psp_reference=parent, dispute=dispute)
    if kind == "radar.early_fraud_warning":
        warning = _fraud_warning_of(shape)
        return PspNews(**names, kind=FRAUD_WARNING_NEWS, psp_reference=parent, dispute=warning)
    if names["event_type"] == CARD_UPDATED:
        card = card_facts({"payment_method_details": shape})
        customer = _word(reference_of(shape.get("customer")))
        return PspNews(
            **names, kind="payment_method", psp_reference=reference, parent_reference=customer, card=card
        )
    return PspNews(**names)


def _dispute_of(shape: dict[str, Any], told: Any) -> DisputeNews | None:
    """None for what can not be read: the handler keeps it for a person."""
    try:
        news = read_dispute(shape, told_at=clock.from_timestamp(told))
        _word(news.psp_reference)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return None
    return news


def _fraud_warning_of(shape: dict[str, Any]) -> FraudWarningNews | None:
    try:
        return read_fraud_warning(shape)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return None


def _word(value: Any) -> str:
    """An id or a type as it can be stored. Raises TypeError, ValueError."""
    if not isinstance(value, str):
        raise TypeError
    if len(value) > MAX_REFERENCE or _UNSTORABLE.search(value):
        raise ValueError
    return value


def _outcome_of(read: Any, shape: dict[str, Any]) -> InquiryOutcome | None:
    try:
        outcome: InquiryOutcome = read(shape)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return outcome


def _payout_of(shape: dict[str, Any], told: Any) -> PayoutNews | None:
    try:
        return read_payout(shape, told_at=clock.from_timestamp(told) if isinstance(told, int) else None)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return None

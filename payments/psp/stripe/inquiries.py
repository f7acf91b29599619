"""Inquiries: what became of a call, found by the PSP's reference where we have one, else by our key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundation.money import Money
from payments.psp.outcomes import InquiryOutcome, NotFound, Voided
from payments.psp.port import InquireRequest
from payments.psp.stripe.reading import (
    PAYMENT_INTENT_EXPAND,
    read_capture,
    read_payment_intent,
    read_refund,
    read_setup_intent,
)

KEY_FIELD = "psp_key"
"""The metadata field that carries our key, so that an inquiry can find what we asked for."""

Found = tuple[dict[str, Any] | None, InquiryOutcome]


def _find_intent(api: Any, request: InquireRequest) -> dict[str, Any] | None:
    if request.psp_reference:
        found = api.payment_intents.retrieve(request.psp_reference, {"expand": PAYMENT_INTENT_EXPAND})
        return dict(found.to_dict())
    page = api.payment_intents.search(
        {
            "query": f"metadata['{KEY_FIELD}']:'{request.psp_key}'",
            "expand": [f"data.{path}" for path in PAYMENT_INTENT_EXPAND],
        }
    )
    return dict(page.data[0].to_dict()) if page.data else None


def _inquire_attempt(api: Any, request: InquireRequest) -> Found:
    intent = _find_intent(api, request)
    return intent, read_payment_intent(intent) if intent else NotFound()


def _inquire_void(api: Any, request: InquireRequest) -> Found:
    intent = _find_intent(api, request)
    if intent is None:
        return None, NotFound()
    outcome = read_payment_intent(intent)
    return intent, outcome if isinstance(outcome, Voided) or intent["status"] == "succeeded" else NotFound()


def _inquire_capture(api: Any, request: InquireRequest) -> Found:
    intent = _find_intent(api, request)
    if intent is None or request.amount is None:
        return intent, NotFound()
    before = request.captured_before or Money.zero(request.amount.currency)
    return intent, read_capture(intent, amount=request.amount, captured_before=before)


def _inquire_refund(api: Any, request: InquireRequest) -> Found:
    if request.psp_reference:
        refund = dict(api.refunds.retrieve(request.psp_reference).to_dict())
        return refund, read_refund(refund)
    page = api.refunds.list({"payment_intent": request.parent_reference, "limit": 100})
    for candidate in page.auto_paging_iter():
        refund = dict(candidate.to_dict())
        if (refund.get("metadata") or {}).get(KEY_FIELD) == request.psp_key:
            return refund, read_refund(refund)
    return None, NotFound()


def _inquire_setup(api: Any, request: InquireRequest) -> Found:
    if not request.psp_reference:
        return None, NotFound()
    setup = dict(api.setup_intents.retrieve(request.psp_reference).to_dict())
    return setup, read_setup_intent(setup)


INQUIRIES: dict[str, Callable[[Any, InquireRequest], Found]] = {
    "attempt": _inquire_attempt,
    "void": _inquire_void,
    "capture": _inquire_capture,
    "refund": _inquire_refund,
    "setup_intent": _inquire_setup,
}

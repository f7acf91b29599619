"""Inquiries: what became of a call, found by the PSP's reference where we have one, else by our key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundation.money import Money
from payments.psp.outcomes import InquiryOutcome, NotFound, Succeeded, Voided
from payments.psp.port import InquireRequest, LookUpRequest
from payments.psp.stripe.amounts import fee_from_stripe, from_stripe
from payments.psp.stripe.payouts import EXPAND as PAYOUT_EXPAND
from payments.psp.stripe.reading import (
    PAYMENT_INTENT_EXPAND,
    read_capture,
    read_increment,
    read_payment_intent,
    read_refund,
    read_setup_intent,
    reference_of,
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
    if request.captured_after is not None and not request.captured_after.is_zero:
        return intent, _read_earlier_capture(api, intent, request.amount, before)
    return intent, read_capture(intent, amount=request.amount, captured_before=before)


def _inquire_increment(api: Any, request: InquireRequest) -> Found:
    intent = _find_intent(api, request)
    if intent is None or request.amount is None:
        return intent, NotFound()
    return intent, read_increment(intent, amount=request.amount)


def _read_earlier_capture(
    api: Any, intent: dict[str, Any], amount: Money, captured_before: Money
) -> InquiryOutcome:
    """A charge shows the balance transaction of its newest capture only: those before it are in the list."""
    charge_id = reference_of(intent.get("latest_charge"))
    page = api.balance_transactions.list({"source": charge_id, "type": "charge", "limit": 100})
    fee, running = None, Money.zero(amount.currency)
    for row in (dict(row.to_dict()) for row in reversed(page.data)):
        if row["currency"] != amount.currency:
            break
        taken = from_stripe(row["amount"], row["currency"])
        if (running, taken) == (captured_before, amount):
            fee = fee_from_stripe(row["fee"], row["currency"])
            break
        running += taken
    return Succeeded(
        psp_reference=intent["id"], psp_charge_reference=charge_id, amount=amount, captured=amount, fee=fee
    )


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


def find_object(api: Any, request: LookUpRequest) -> dict[str, Any]:
    """The object itself, with what our readers need. Raises as the SDK does."""
    if request.kind == "payout":
        return dict(api.payouts.retrieve(request.psp_reference, {"expand": PAYOUT_EXPAND}).to_dict())
    if request.kind == "refund":
        return dict(api.refunds.retrieve(request.psp_reference).to_dict())
    parent = request.parent_reference
    if not parent:
        parent = reference_of(dict(api.charges.retrieve(request.psp_reference).to_dict())["payment_intent"])
    return dict(api.payment_intents.retrieve(parent, {"expand": PAYMENT_INTENT_EXPAND}).to_dict())


INQUIRIES: dict[str, Callable[[Any, InquireRequest], Found]] = {
    "attempt": _inquire_attempt,
    "void": _inquire_void,
    "capture": _inquire_capture,
    "increment": _inquire_increment,
    "refund": _inquire_refund,
    "setup_intent": _inquire_setup,
}

"""What subscriptions do on news from payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.events.subscriptions import subscribe
from foundation.ids import decode_id
from foundation.money import Money
from payments import events as payments
from subscriptions.operations.follow_dispute import Claim, DisputeNews, follow_dispute
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from subscriptions.operations.stop_dunning import stop_dunning
from subscriptions.operations.try_new_method import try_new_method

if TYPE_CHECKING:
    from foundation.events.models import Event

HEARD = (
    payments.PAYMENT_INTENT_SUCCEEDED,
    payments.PAYMENT_INTENT_PAYMENT_FAILED,
    payments.PAYMENT_INTENT_REQUIRES_ACTION,
    payments.PAYMENT_INTENT_CANCELED,
)


DISPUTES = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
"""Told by the floor beside this one, which it does not know: Stripe's names and words are all that they share."""

CLAIMS = {
    "needs_response": Claim.TAKEN,
    "under_review": Claim.TAKEN,
    "lost": Claim.LOST,
    "won": Claim.OURS,
    # Given back to the customer before it became a dispute: booked as a refund, and nothing is owed for it.
    "prevented": Claim.OURS,
    "warning_needs_response": Claim.ASKED,
    "warning_under_review": Claim.ASKED,
    "warning_closed": Claim.OURS,
}


def register_reactions() -> None:
    for type_ in HEARD:
        subscribe(type_, "subscriptions.record_invoice_payment", _record_invoice_payment)
    subscribe(payments.CUSTOMER_UPDATED, "subscriptions.try_new_method", _try_new_method)
    for type_ in DISPUTES:
        subscribe(type_, "subscriptions.follow_dispute", _follow_dispute)


def _record_invoice_payment(event: Event) -> None:
    record_invoice_payment(merchant_id=event.merchant_id, payment_intent_id=event.object_id)


def _try_new_method(event: Event) -> None:
    try_new_method(merchant_id=event.merchant_id, customer_id=event.object_id)


def _follow_dispute(event: Event) -> None:
    told = event.data
    intent, claim = told.get("payment_intent"), CLAIMS.get(told.get("status", ""))
    if not isinstance(intent, str) or claim is None:
        return
    payment_intent_id = decode_id("pi", intent)
    if claim == Claim.ASKED:
        # Nothing is taken yet; but who asks their bank about a charge is not charged once more.
        stop_dunning(merchant_id=event.merchant_id, payment_intent_id=payment_intent_id)
        return
    news = DisputeNews(
        dispute_id=event.object_id,
        payment_intent_id=payment_intent_id,
        claim=claim,
        amount=Money(told["amount"], told["currency"]),
        position=event.position,
    )
    follow_dispute(merchant_id=event.merchant_id, news=news)

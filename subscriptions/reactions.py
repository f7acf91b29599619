"""What subscriptions do on news from payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.events.subscriptions import subscribe
from foundation.ids import decode_id
from payments import events as payments
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


DISPUTE_CREATED = "charge.dispute.created"
"""Told by the floor beside this one, which it does not know: a name of Stripe's is all that they share."""


def register_reactions() -> None:
    for type_ in HEARD:
        subscribe(type_, "subscriptions.record_invoice_payment", _record_invoice_payment)
    subscribe(payments.CUSTOMER_UPDATED, "subscriptions.try_new_method", _try_new_method)
    subscribe(DISPUTE_CREATED, "subscriptions.stop_dunning", _stop_dunning)


def _record_invoice_payment(event: Event) -> None:
    record_invoice_payment(merchant_id=event.merchant_id, payment_intent_id=event.object_id)


def _try_new_method(event: Event) -> None:
    try_new_method(merchant_id=event.merchant_id, customer_id=event.object_id)


def _stop_dunning(event: Event) -> None:
    intent = event.data.get("payment_intent")
    if isinstance(intent, str):
        stop_dunning(merchant_id=event.merchant_id, payment_intent_id=decode_id("pi", intent))

"""Change what a caller wants paid, before it is confirmed; afterwards only words and metadata."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.errors import UnexpectedState
from payments.locks import lock_payment_intent
from payments.models import IntentStatus, PaymentIntent
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from payments.steps.search_text import search_text_of

OPEN_TO_CHANGE = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)
ALWAYS_CHANGEABLE = frozenset({"description", "metadata", "receipt_email", "shipping"})


@owns_transaction
def update_payment_intent(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    amount: Money | None = None,
    customer_id: UUID | None = None,
    payment_method_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> PaymentIntent:
    """None leaves a field as it is. details: other fields by model name.

    Raises: ResourceMissing, UnexpectedState, PaymentMethodCustomerMismatch. Writes: the intent. Safe to repeat.
    """
    details = details or {}
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    changes_terms = amount is not None or customer_id is not None or payment_method_id is not None
    if changes_terms or not set(details) <= ALWAYS_CHANGEABLE:
        refuse_unless_open_to_change(intent)
    if amount is not None:
        intent.amount_minor, intent.currency = amount.amount_minor, amount.currency
    if customer_id is not None:
        intent.customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        intent.payment_method = method
        if intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD:
            intent.ask_for_confirmation()
    if intent.payment_method is not None:
        refuse_unless_chargeable(intent.payment_method, customer_id=intent.customer_id)
    for name, value in details.items():
        setattr(intent, name, value)
    intent.search_text = search_text_of(intent, customer=intent.customer, method=intent.payment_method)
    intent.version += 1
    intent.save()
    return intent


def refuse_unless_open_to_change(intent: PaymentIntent) -> None:
    if intent.status not in OPEN_TO_CHANGE:
        raise UnexpectedState(f"A payment in status {intent.status} can not be changed like this.")

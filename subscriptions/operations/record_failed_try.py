"""Record that a try never came to a payment: no method, no PSP for the currency. Nothing was sent."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import owns_transaction
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoicePaymentStatus
from subscriptions.queries.invoices import find_payment_of_intent
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.fail_payment import fail_payment


@owns_transaction
def record_failed_try(*, merchant_id: UUID, invoice_payment_id: UUID, code: str) -> Invoice:
    """code: why, as a decline's code.

    Raises ResourceMissing.
    Writes: the try, the invoice, the subscription and their events.
    Safe to repeat: a try that has ended stays as it is.
    """
    known = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=invoice_payment_id)
    if known is None:
        raise ResourceMissing("No such invoice payment.", param="invoice_payment")
    subscription = None
    if known.invoice.subscription_id is not None:
        subscription = lock_subscription(
            merchant_id=merchant_id, subscription_id=known.invoice.subscription_id
        )
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    payment = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=invoice_payment_id)
    if payment is not None and payment.status == InvoicePaymentStatus.OPEN:
        payment.end(now_of(subscription.test_clock if subscription else None))
        fail_payment(subscription, invoice, payment, code=code)
    return invoice

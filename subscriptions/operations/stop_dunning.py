"""Stop the tries on a subscription whose payment is disputed: its customer says that it was not theirs to pay."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.queries.dunning import list_running_of_subscription
from subscriptions.queries.invoices import find_payment_of_intent
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.dunning import stop_run

DISPUTED = "disputed"


@owns_transaction
def stop_dunning(*, merchant_id: UUID, payment_intent_id: UUID) -> int:
    """payment_intent_id: of the disputed payment. How many runs were stopped; 0 when it was no subscription's.

    Raises: ResourceMissing.
    Writes: the runs, and that their invoices are left to a person.
    Safe to repeat: a run that has ended stays as it is.
    """
    payment = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if payment is None or payment.invoice.subscription_id is None:
        return 0
    subscription_id = payment.invoice.subscription_id
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    running = list_running_of_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    for invoice_id in running:
        invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
        stop_run(invoice, now=now, reason=DISPUTED)
        invoice.auto_advance = False
        invoice.next_payment_attempt_at = None
        invoice.save(update_fields=["auto_advance", "next_payment_attempt_at"])
    return len(running)

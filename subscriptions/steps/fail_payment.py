"""Note a try that failed, on the try, the invoice and the subscription; all are locked."""

from __future__ import annotations

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.dunning import FailureKind, kind_of_failure
from subscriptions.models import Invoice, InvoicePayment, InvoiceStatus, Subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.delinquency import fall_delinquent
from subscriptions.steps.dunning import note_failed_try
from subscriptions.steps.finish_dunning import finish_dunning
from subscriptions.steps.follow_invoice import follow_failed_invoice


@joins_transaction
def fail_payment(
    subscription: Subscription | None, invoice: Invoice, payment: InvoicePayment, *, code: str
) -> None:
    """code: the decline's. Writes the try, the invoice and its event, its dunning, the customer as delinquent, and a
    subscription that falls past due; a PSP that was not reached has declined nothing, and makes nobody fall.
    """
    payment.decline_code = code[:64]
    payment.save()
    invoice.attempt_count += 1
    invoice.save(update_fields=["attempt_count"])
    now = now_of(subscription.test_clock if subscription else None)
    run = note_failed_try(subscription, invoice, payment, now=now)
    announce_invoice(invoice, events.INVOICE_PAYMENT_FAILED)
    is_decline = kind_of_failure(code, payment.network_advice_code) != FailureKind.GATEWAY
    if invoice.status == InvoiceStatus.OPEN and is_decline:
        fall_delinquent(invoice)
        if subscription is not None:
            follow_failed_invoice(subscription, invoice)
    finish_dunning(run, subscription, invoice, now=now)

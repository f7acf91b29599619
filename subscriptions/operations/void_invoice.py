"""Void a finalized invoice: a mistake that nobody owes. It keeps its number."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.invoices import find_open_payment, get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.void_open_invoice import void_open_invoice

VOIDABLE = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


@outside_transaction
def void_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """An open payment of it is canceled first; one that may still charge, or has paid a part, keeps it.

    Raises: ResourceMissing, InvoiceUnexpectedState, InvoicePaymentUnresolved.
    Writes: as void_open_invoice; a subscription that was past due only because of it goes on.
    Safe to repeat: a voided invoice is refused, and nothing is reversed twice.
    """
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    _refuse_unless_voidable(invoice)
    give_up_payment(merchant_id=merchant_id, invoice_id=invoice_id)
    return _void(merchant_id=merchant_id, invoice_id=invoice_id)


@owns_transaction
def _void(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    # Locked before it is looked at: a payment and a void together must not both win.
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    _refuse_unless_voidable(invoice)
    if find_open_payment(invoice) is not None:
        raise InvoiceUnexpectedState("A payment of this invoice has begun.")
    now = now_of(subscription.test_clock if subscription else None)
    void_open_invoice(invoice, now=now)
    if subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    return invoice


def _refuse_unless_voidable(invoice: Invoice) -> None:
    if invoice.status not in VOIDABLE:
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be voided.")
    if invoice.amount_paid_minor or invoice.credited_after_payment_minor:
        raise InvoiceUnexpectedState("A part of this invoice is paid or was given back: credit it instead.")

"""Give an open invoice up as bad debt: nothing is tried any more, and it still may be paid."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.invoices import get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.follow_invoice import follow_paid_invoice


@outside_transaction
def mark_uncollectible(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """An open payment of it is canceled first. The receivable stays on the books: it may still be paid, or voided.

    Raises: ResourceMissing, InvoiceUnexpectedState, InvoicePaymentUnresolved.
    Writes: the invoice, its dunning, invoice.marked_uncollectible; the subscription is provided again where this was
    its latest invoice.
    Safe to repeat: an invoice that is uncollectible already is refused.
    """
    _refuse_unless_open(get_invoice(merchant_id=merchant_id, invoice_id=invoice_id))
    give_up_payment(merchant_id=merchant_id, invoice_id=invoice_id)
    return _give_up(merchant_id=merchant_id, invoice_id=invoice_id)


@owns_transaction
def _give_up(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    _refuse_unless_open(invoice)
    now = now_of(subscription.test_clock if subscription else None)
    invoice.give_up(now)
    invoice.save()
    stop_run(invoice, now=now, reason="uncollectible")
    announce_invoice(invoice, events.INVOICE_MARKED_UNCOLLECTIBLE)
    if subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    return invoice


def _refuse_unless_open(invoice: Invoice) -> None:
    if invoice.status != InvoiceStatus.OPEN:
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be marked uncollectible.")

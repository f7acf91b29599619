"""Take money towards an invoice: what it lowers, and what follows when nothing remains. All are locked."""

from __future__ import annotations

from datetime import datetime

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Invoice, Subscription
from subscriptions.queries.dunning import find_running_run
from subscriptions.steps.delinquency import clear_delinquent
from subscriptions.steps.dunning import recover_run
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.stage_collection import stage_collection


@joins_transaction
def take_payment(
    subscription: Subscription | None, invoice: Invoice, amount: Money, *, now: datetime
) -> list[str]:
    """amount: at most what remains. The types of events that the caller announces beside its own.

    A part leaves the invoice open: its dunning goes on for the rest, and where none runs the rest is collected.
    Writes: the invoice, its dunning, the subscription, the customer, a job.
    """
    invoice.amount_paid_minor += amount.amount_minor
    if not invoice.amount_remaining.is_zero:
        invoice.save()
        if find_running_run(invoice) is None:
            stage_collection(invoice)
        return []
    invoice.pay(now)
    recover_run(invoice, now=now)
    invoice.save()
    clear_delinquent(invoice)
    if subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    return [events.INVOICE_PAID]

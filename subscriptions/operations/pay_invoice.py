"""Pay an invoice because somebody asks for it: with a method, or with money that came another way."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceNothingToPay, InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus, PaymentReason
from subscriptions.operations.collect_invoice import PAYABLE, collect_invoice
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.invoices import get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.dunning import recover_run
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.post_to_ledger import post_paid_out_of_band


@outside_transaction
def pay_invoice(
    *,
    merchant_id: UUID,
    invoice_id: UUID,
    payment_method_id: UUID | None = None,
    is_out_of_band: bool = False,
    off_session: bool = True,
) -> Invoice:
    """A draft is finalized first. The try is a person's: it does not use up the schedule.

    is_out_of_band: the money is there already; nothing is charged.
    Raises: as finalize_invoice and collect_invoice do; a decline raises nothing, the caller looks at the invoice.
    Writes: as those do; out of band, the invoice, its ledger entry, its dunning, the subscription and events.
    Safe to repeat: a paid invoice is refused.
    """
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status == InvoiceStatus.DRAFT:
        invoice = finalize_invoice(merchant_id=merchant_id, invoice_id=invoice_id, auto_advance=False)
        if invoice.status == InvoiceStatus.PAID:
            return get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if is_out_of_band:
        _refuse_unless_payable(invoice)
        give_up_payment(merchant_id=merchant_id, invoice_id=invoice_id)
        return _note_paid(merchant_id=merchant_id, invoice_id=invoice_id)
    return collect_invoice(
        merchant_id=merchant_id,
        invoice_id=invoice_id,
        reason=PaymentReason.MANUAL,
        payment_method_id=payment_method_id,
        off_session=off_session,
        in_background=False,
    )


@owns_transaction
def _note_paid(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    _refuse_unless_payable(invoice)
    now = now_of(subscription.test_clock if subscription else None)
    post_paid_out_of_band(invoice, invoice.amount_remaining, at=now)
    invoice.amount_paid_minor += invoice.amount_remaining.amount_minor
    invoice.paid_out_of_band = True
    invoice.pay(now)
    invoice.save()
    recover_run(invoice, now=now)
    announce_invoice(invoice, events.INVOICE_PAID, events.INVOICE_PAYMENT_SUCCEEDED)
    if subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    return invoice


def _refuse_unless_payable(invoice: Invoice) -> None:
    if invoice.status not in PAYABLE:
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be paid.")
    if invoice.amount_remaining.is_zero:
        raise InvoiceNothingToPay()

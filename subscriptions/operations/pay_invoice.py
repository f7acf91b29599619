"""Pay an invoice, or a part of it, because somebody asks for it: with a method, or with money that came another way."""

from __future__ import annotations

from uuid import UUID

from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoicePayment, InvoiceStatus, PaymentReason
from subscriptions.operations.collect_invoice import PAYABLE, collect_invoice
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.invoices import find_latest_payment, find_payment_of_intent, get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.part_of_remaining import part_of_remaining
from subscriptions.steps.post_to_ledger import post_paid_out_of_band
from subscriptions.steps.take_payment import take_payment


@outside_transaction
def pay_invoice(
    *,
    merchant_id: UUID,
    invoice_id: UUID,
    payment_method_id: UUID | None = None,
    amount: Money | None = None,
    is_out_of_band: bool = False,
    off_session: bool = True,
    out_of_band_id: UUID | None = None,
) -> Invoice:
    """A draft is finalized first. The try is a person's: it does not use up the schedule.

    amount: in the invoice's currency; None for all that remains. is_out_of_band: the money is there already; nothing
    is charged. out_of_band_id: the reserved id of that payment, under which it is noted once.
    Raises: as finalize_invoice and collect_invoice do; a decline raises nothing, the caller looks at the invoice.
    Writes: as those do; out of band, the payment, the invoice, its ledger entry, its dunning, the subscription and
    events.
    Safe to repeat: a paid invoice is refused, and a part that was noted under its id is not noted again.
    """
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status == InvoiceStatus.DRAFT:
        invoice = finalize_invoice(merchant_id=merchant_id, invoice_id=invoice_id, auto_advance=False)
        if invoice.status == InvoiceStatus.PAID:
            return get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if is_out_of_band:
        payment_id = out_of_band_id or new_id()
        if find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=payment_id) is not None:
            return invoice
        _refuse_unless_payable(invoice)
        give_up_payment(merchant_id=merchant_id, invoice_id=invoice_id)
        return _note_paid(
            merchant_id=merchant_id, invoice_id=invoice_id, payment_id=payment_id, amount=amount
        )
    return collect_invoice(
        merchant_id=merchant_id,
        invoice_id=invoice_id,
        reason=PaymentReason.MANUAL,
        payment_method_id=payment_method_id,
        amount=amount,
        off_session=off_session,
        in_background=False,
    )


@owns_transaction
def _note_paid(*, merchant_id: UUID, invoice_id: UUID, payment_id: UUID, amount: Money | None) -> Invoice:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=payment_id) is not None:
        return invoice
    _refuse_unless_payable(invoice)
    now = now_of(subscription.test_clock if subscription else None)
    payment = _new_payment(invoice, payment_id, part_of_remaining(invoice, amount))
    payment.created_at = now
    payment.applied_minor = payment.amount_minor
    payment.succeed(now)
    payment.save(force_insert=True)
    post_paid_out_of_band(invoice, payment, at=now)
    invoice.paid_out_of_band = True
    types = take_payment(subscription, invoice, payment.amount, now=now)
    announce_invoice(invoice, *types, events.INVOICE_PAYMENT_SUCCEEDED)
    return invoice


def _new_payment(invoice: Invoice, payment_id: UUID, amount: Money) -> InvoicePayment:
    latest = find_latest_payment(invoice)
    return InvoicePayment(
        id=payment_id,
        merchant_id=invoice.merchant_id,
        invoice=invoice,
        ordinal=latest.ordinal + 1 if latest is not None else 1,
        reason=PaymentReason.MANUAL,
        amount_minor=amount.amount_minor,
        currency=invoice.currency,
        is_out_of_band=True,
    )


def _refuse_unless_payable(invoice: Invoice) -> None:
    if invoice.status not in PAYABLE:
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be paid.")

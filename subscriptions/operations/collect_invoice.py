"""Collect an invoice: one payment intent per try, and never a second try beside one that may still charge."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError

from foundation.errors import DomainError, LockTimeout
from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import outside_transaction, owns_transaction
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.queries.intent_standing import find_standing
from subscriptions.errors import InvoicePaymentUnresolved, InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoicePayment, InvoicePaymentStatus, InvoiceStatus, PaymentReason
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.operations.record_failed_try import record_failed_try
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from subscriptions.queries.invoices import find_latest_payment, get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.part_of_remaining import part_of_remaining

PAYABLE = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
SETTLED_LATER = "receivable"
NO_LIMIT = 2**31
"""Every try is older than a new one that has no number yet."""


@outside_transaction
def collect_invoice(
    *,
    merchant_id: UUID,
    invoice_id: UUID,
    attempt: int | None = None,
    reason: PaymentReason = PaymentReason.SCHEDULED,
    payment_method_id: UUID | None = None,
    amount: Money | None = None,
    confirm: bool = True,
    off_session: bool = True,
    in_background: bool = True,
) -> Invoice:
    """Try to charge what remains of a finalized invoice, or a part of it.

    attempt: the ordinal of the try, which a job names so that it is made once; None for a person's new one.
    payment_method_id: None for the invoice's, the subscription's or the customer's. amount: None for all that remains.
    confirm: off leaves the intent to the customer. in_background: a worker makes the call to the PSP.
    Raises: ResourceMissing, InvoiceUnexpectedState, InvoiceNothingToPay, InvoicePaymentExceedsRemaining,
    InvoicePaymentUnresolved; a try of a job that was made before ends quietly.
    Writes: the try, its payment intent, and as record_invoice_payment does.
    Safe to repeat: the row of the try is on disk before its intent, and both have one id.
    """
    give_up_payment(merchant_id=merchant_id, invoice_id=invoice_id, before_attempt=attempt or NO_LIMIT)
    payment = _open_try(merchant_id, invoice_id, attempt=attempt, reason=reason, amount=amount)
    if payment is None:
        return get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    method_id = payment_method_id or _payment_method_of(invoice)
    if method_id is None and confirm:
        return record_failed_try(
            merchant_id=merchant_id, invoice_payment_id=payment.id, code="payment_method_missing"
        )
    try:
        created = create_payment_intent(
            merchant_id=merchant_id,
            payment_intent_id=payment.id,
            amount=payment.amount,
            customer_id=invoice.customer_id,
            payment_method_id=method_id,
            confirm=confirm,
            in_background=in_background,
            off_session=off_session and confirm,
            may_exist=True,
            settles=SETTLED_LATER,
            description=f"Invoice {invoice.number}",
            metadata={"invoice": invoice.public_id},
        )
    except IntegrityError:
        # Somebody else goes on with this very try: theirs is the intent.
        raise InvoicePaymentUnresolved() from None
    except LockTimeout:  # Somebody is at work on the customer: the job comes again, and the try goes on.
        raise
    except DomainError as error:
        # Nothing was sent: the try has ended, and says why.
        return record_failed_try(merchant_id=merchant_id, invoice_payment_id=payment.id, code=error.code)
    if created.order is not None:
        execute_attempt(merchant_id=merchant_id, attempt_id=created.order.attempt_id, order=created.order)
    record_invoice_payment(merchant_id=merchant_id, payment_intent_id=payment.id)
    return get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)


def _payment_method_of(invoice: Invoice) -> UUID | None:
    """The invoice's own, else the subscription's, else the customer's."""
    subscription = invoice.subscription
    own = invoice.default_payment_method_id
    inherited = subscription.default_payment_method_id if subscription is not None else None
    return own or inherited or invoice.customer.default_payment_method_id


@owns_transaction
def _open_try(
    merchant_id: UUID,
    invoice_id: UUID,
    *,
    attempt: int | None,
    reason: PaymentReason,
    amount: Money | None,
) -> InvoicePayment | None:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    # Locked before the tries are counted: two collections together must not both find none open.
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    latest = find_latest_payment(invoice)
    if latest is not None and attempt is not None and latest.ordinal >= attempt:
        # This very try was begun before: go on where it stopped, or leave it as it ended.
        return latest if latest.status == InvoicePaymentStatus.OPEN else None
    if invoice.status not in PAYABLE:
        if attempt is not None:
            return None
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be paid.")
    wanted = part_of_remaining(invoice, amount)
    if latest is not None and latest.status == InvoicePaymentStatus.OPEN:
        if find_standing(merchant_id=merchant_id, payment_intent_id=latest.id) is None:
            # Whoever began it died before the intent was made: it goes on under the same id.
            return latest
        raise InvoicePaymentUnresolved()
    payment = InvoicePayment(
        id=new_id(),
        merchant_id=merchant_id,
        invoice=invoice,
        ordinal=latest.ordinal + 1 if latest is not None else 1,
        reason=reason,
        amount_minor=wanted.amount_minor,
        currency=invoice.currency,
        created_at=now_of(subscription.test_clock if subscription else None),
    )
    payment.save(force_insert=True)
    return payment

"""Record what became of an invoice's payment: the one door for the collector and for payments' news."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.queries.intent_standing import IntentStanding, Standing, find_standing
from subscriptions import events
from subscriptions.locks import lock_billing_customer, lock_invoice, lock_subscription
from subscriptions.models import (
    BalanceTransactionType,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    Subscription,
)
from subscriptions.queries.invoices import find_payment_of_intent, get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.dunning import recover_run
from subscriptions.steps.fail_payment import fail_payment
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.move_balance import move_balance

PAYABLE = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


@owns_transaction
def record_invoice_payment(*, merchant_id: UUID, payment_intent_id: UUID) -> Invoice | None:
    """Bring the try, its invoice and the subscription in line with the payment intent. None: it is no invoice's.

    Money that came for an invoice that is owed no more becomes the customer's credit.
    Raises: ResourceMissing.
    Writes: the try, the invoice, the subscription, their events; a customer balance transaction for what is too much.
    Safe to repeat: what is recorded already changes nothing.
    """
    known = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if known is None:
        return None
    subscription = None
    if known.invoice.subscription_id is not None:
        subscription = lock_subscription(
            merchant_id=merchant_id, subscription_id=known.invoice.subscription_id
        )
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    payment = find_payment_of_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    # Read under the invoice's lock: the news may be older than what is true by now.
    found = find_standing(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if payment is None or found is None or payment.status == InvoicePaymentStatus.PAID:
        return invoice
    if payment.status == InvoicePaymentStatus.CANCELED and found.standing != Standing.PAID:
        return invoice
    payment.payment_intent_id = payment_intent_id
    now = now_of(subscription.test_clock if subscription else None)
    if found.standing == Standing.PAID:
        _succeed(subscription, invoice, payment, found.received, now)
    elif found.failed_attempt_id is not None or found.standing == Standing.CANCELED:
        _fail(subscription, invoice, payment, found, now)
    elif found.standing == Standing.NEEDS_CUSTOMER:
        payment.save()
        announce_invoice(invoice, events.INVOICE_PAYMENT_ACTION_REQUIRED)
    else:
        payment.save()
    return invoice


def _succeed(
    subscription: Subscription | None,
    invoice: Invoice,
    payment: InvoicePayment,
    received: Money,
    now: datetime,
) -> None:
    payment.succeed(now)
    payment.save()
    owed = invoice.amount_remaining if invoice.status in PAYABLE else Money.zero(invoice.currency)
    taken = min(received, owed)
    if taken < received:
        _keep_as_credit(invoice, received - taken, now)
    if taken.is_zero:
        return
    invoice.amount_paid_minor += taken.amount_minor
    invoice.attempt_count += 1
    types = [events.INVOICE_PAYMENT_SUCCEEDED]
    if invoice.amount_remaining.is_zero:
        invoice.pay(now)
        recover_run(invoice, now=now)
        types = [events.INVOICE_PAID, *types]
    invoice.save()
    announce_invoice(invoice, *types)
    if invoice.status == InvoiceStatus.PAID and subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)


def _keep_as_credit(invoice: Invoice, extra: Money, now: datetime) -> None:
    billing_customer_of(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    lock_billing_customer(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    move_balance(
        merchant_id=invoice.merchant_id,
        customer_id=invoice.customer_id,
        amount=-extra,
        type_=BalanceTransactionType.UNAPPLIED_FROM_INVOICE,
        at=now,
        invoice=get_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice.id),
        description="Paid although nothing was owed any more",
    )


def _fail(
    subscription: Subscription | None,
    invoice: Invoice,
    payment: InvoicePayment,
    found: IntentStanding,
    now: datetime,
) -> None:
    if found.standing == Standing.CANCELED:
        payment.end(now)
    if found.failed_attempt_id is None or found.failed_attempt_id == payment.failed_attempt_id:
        payment.save()
        return
    payment.failed_attempt_id = found.failed_attempt_id
    payment.network_advice_code = found.network_advice_code
    code = found.decline_code or found.error_code or ("psp_unavailable" if found.is_gateway_error else "")
    fail_payment(subscription, invoice, payment, code=code)

"""Record what became of an invoice's payment: the one door for the collector and for payments' news."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.queries.intent_standing import IntentStanding, Standing, find_standing
from subscriptions import events
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import (
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    Subscription,
)
from subscriptions.queries.invoices import find_payment_of_intent
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.fail_payment import fail_payment
from subscriptions.steps.keep_as_credit import keep_as_credit
from subscriptions.steps.owe_again import owe_again
from subscriptions.steps.take_payment import take_payment

PAYABLE = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
ENDED = (InvoicePaymentStatus.CANCELED, InvoicePaymentStatus.RETURNED)
NOT_PAID_ANY_MORE = (Standing.WAITING, Standing.CANCELED)
CHARGE_RETURNED = "charge_returned"
TOO_MUCH = "Paid although nothing was owed any more"


@owns_transaction
def record_invoice_payment(*, merchant_id: UUID, payment_intent_id: UUID) -> Invoice | None:
    """Bring the try, its invoice and the subscription in line with the payment intent. None: it is no invoice's.

    Money that came for an invoice that is owed no more becomes the customer's credit. Money that the bank took back
    again reopens the invoice.
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
    if payment is None or found is None:
        return invoice
    if payment.status == InvoicePaymentStatus.PAID:
        if found.standing in NOT_PAID_ANY_MORE:
            now = now_of(subscription.test_clock if subscription else None)
            _come_back(subscription, invoice, payment, found, now)
        return invoice
    if payment.status in ENDED and found.standing != Standing.PAID:
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
    owed = invoice.amount_remaining if invoice.status in PAYABLE else Money.zero(invoice.currency)
    taken = min(received, owed)
    payment.succeed(now)
    payment.applied_minor = taken.amount_minor
    payment.save()
    if taken < received:
        keep_as_credit(invoice, received - taken, at=now, description=TOO_MUCH)
    if taken.is_zero:
        return
    invoice.attempt_count += 1 if taken == owed else 0
    types = take_payment(subscription, invoice, taken, now=now)
    announce_invoice(invoice, *types, events.INVOICE_PAYMENT_SUCCEEDED)


def _come_back(
    subscription: Subscription | None,
    invoice: Invoice,
    payment: InvoicePayment,
    found: IntentStanding,
    now: datetime,
) -> None:
    """The bank took back what had paid the invoice; what was too much of it is the customer's credit no more."""
    extra = Money(payment.amount_minor - payment.applied_minor, payment.currency)
    applied = Money(payment.applied_minor, payment.currency)
    payment.come_back(now)
    payment.failed_attempt_id = found.failed_attempt_id
    payment.network_advice_code = found.network_advice_code
    payment.save()
    if not extra.is_zero:
        keep_as_credit(invoice, -extra, at=now, description="The bank took it back")
    if applied.is_zero:
        return
    owe_again(invoice, applied)
    fail_payment(
        subscription, invoice, payment, code=found.decline_code or found.error_code or CHARGE_RETURNED
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

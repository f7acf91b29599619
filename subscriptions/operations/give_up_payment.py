"""Give up the open try of an invoice, so that it can not charge beside whatever comes next."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.queries.intent_standing import Standing, find_standing
from subscriptions.errors import InvoicePaymentUnresolved
from subscriptions.operations.record_failed_try import record_failed_try
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from subscriptions.queries.invoices import find_open_payment, get_invoice

ABANDONED = "abandoned"


@outside_transaction
def give_up_payment(*, merchant_id: UUID, invoice_id: UUID, before_attempt: int | None = None) -> None:
    """before_attempt: only a try older than this one; None for any.

    Raises: ResourceMissing; InvoicePaymentUnresolved while its outcome is not known.
    Writes: the payment intent's end, and as record_invoice_payment does: it may turn out to be paid.
    Safe to repeat: where no try is open, nothing is given up.
    """
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    payment = find_open_payment(invoice)
    if payment is None or (before_attempt is not None and payment.ordinal >= before_attempt):
        return
    found = find_standing(merchant_id=merchant_id, payment_intent_id=payment.id)
    if found is None:
        if before_attempt is None:
            # Whoever began it died before the intent was made.
            record_failed_try(merchant_id=merchant_id, invoice_payment_id=payment.id, code=ABANDONED)
        return
    if found.standing in (Standing.WAITING, Standing.NEEDS_CUSTOMER):
        cancel_payment_intent(merchant_id=merchant_id, payment_intent_id=payment.id, reason=ABANDONED)
    record_invoice_payment(merchant_id=merchant_id, payment_intent_id=payment.id)
    found = find_standing(merchant_id=merchant_id, payment_intent_id=payment.id)
    if found is not None and found.standing == Standing.UNDECIDED:
        raise InvoicePaymentUnresolved()

"""Try a customer's new payment method at once on what is being dunned; the schedule is not used up by it."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from subscriptions.errors import InvoiceNothingToPay, InvoicePaymentUnresolved, InvoiceUnexpectedState
from subscriptions.models import Invoice, PaymentReason
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.queries.dunning import has_been_tried_with, list_running_invoices


@outside_transaction
def try_new_method(*, merchant_id: UUID, customer_id: UUID, in_background: bool = True) -> int:
    """How many invoices were tried: those whose method has not been tried for them yet.

    Writes: as collect_invoice does, the try under the reason new_method.
    Safe to repeat: a method is tried at once only the first time that an invoice has it. A try that may still charge
    is waited for.
    """
    tried = 0
    for invoice in list_running_invoices(merchant_id=merchant_id, customer_id=customer_id):
        method_id = _method_of(invoice)
        if method_id is None or has_been_tried_with(invoice, method_id):
            continue
        try:
            collect_invoice(
                merchant_id=merchant_id,
                invoice_id=invoice.id,
                reason=PaymentReason.NEW_METHOD,
                in_background=in_background,
            )
        except (InvoicePaymentUnresolved, InvoiceNothingToPay, InvoiceUnexpectedState):
            # Paid meanwhile, or an answer is still awaited: the schedule goes on with the new method.
            continue
        tried += 1
    return tried


def _method_of(invoice: Invoice) -> UUID | None:
    inherited = invoice.subscription.default_payment_method_id if invoice.subscription else None
    return invoice.default_payment_method_id or inherited or invoice.customer.default_payment_method_id

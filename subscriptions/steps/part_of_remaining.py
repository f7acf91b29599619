"""What of an invoice is to be paid now: all that remains, or the part that was asked for."""

from __future__ import annotations

from foundation.money import CurrencyMismatch, Money
from foundation.transactions import joins_transaction
from subscriptions.errors import InvoiceNothingToPay, InvoicePaymentExceedsRemaining
from subscriptions.models import Invoice


@joins_transaction
def part_of_remaining(invoice: Invoice, amount: Money | None) -> Money:
    """The invoice is locked. Raises InvoiceNothingToPay, InvoicePaymentExceedsRemaining, CurrencyMismatch."""
    remaining = invoice.amount_remaining
    if remaining.is_zero:
        raise InvoiceNothingToPay()
    if amount is None:
        return remaining
    if amount.currency != invoice.currency:
        raise CurrencyMismatch(f"The invoice is in {invoice.currency}, the amount in {amount.currency}.")
    if not Money.zero(invoice.currency) < amount <= remaining:
        raise InvoicePaymentExceedsRemaining(
            f"{remaining} remains to be paid of this invoice, {amount} can not be paid.", param="amount"
        )
    return amount

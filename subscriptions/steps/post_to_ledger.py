"""The only translator from subscriptions to double entry: which fact moves which account.

Every reference names the movement, so a repeated posting finds the first one. Debit is positive. That a payment of
an invoice credits receivables is the business of payments: its intent says what it settles.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.steps import Line, post_entry, reverse_entry
from subscriptions.models import CreditNote, CustomerBalanceTransaction, Invoice

RECEIVABLES = "assets/receivables"
BANK = "assets/bank"
SALES = "income/sales"
CREDITS = "income/credits"
REFUNDS = "income/refunds"
TAX_PAYABLE = "liabilities/tax_payable"
CUSTOMER_BALANCE = "liabilities/customer_balance"


@joins_transaction
def post_invoice(invoice: Invoice, *, at: datetime) -> UUID | None:
    """Dr receivables / Cr sales, tax payable; the other way round where credits are more. None when over nothing."""
    tax = Money(invoice.tax_minor + invoice.inclusive_tax_minor, invoice.currency)
    sales = invoice.total - tax
    amounts = [(RECEIVABLES, invoice.total), (SALES, -sales), (TAX_PAYABLE, -tax)]
    lines = [Line(path, amount) for path, amount in amounts if not amount.is_zero]
    if not lines:
        return None
    return post_entry(
        merchant_id=invoice.merchant_id,
        kind="invoice_finalized",
        reference=f"invoice:{invoice.public_id}",
        lines=lines,
        source_kind="invoice",
        source_id=invoice.id,
        effective_at=at,
        description=f"Invoice {invoice.number} over {invoice.total}",
    ).id


@joins_transaction
def reverse_invoice(invoice: Invoice, *, at: datetime) -> UUID | None:
    """The opposite of post_invoice, when an invoice is voided."""
    if invoice.ledger_entry_id is None:
        return None
    return reverse_entry(
        merchant_id=invoice.merchant_id,
        entry_id=invoice.ledger_entry_id,
        reference=f"invoice_voided:{invoice.public_id}",
        effective_at=at,
        description=f"Invoice {invoice.number} voided",
    ).id


@joins_transaction
def post_paid_out_of_band(invoice: Invoice, amount: Money, *, at: datetime) -> UUID:
    """Dr bank / Cr receivables: the money came without us, as a transfer or in cash."""
    return post_entry(
        merchant_id=invoice.merchant_id,
        kind="invoice_paid_out_of_band",
        reference=f"invoice_paid_out_of_band:{invoice.public_id}",
        lines=[Line(BANK, amount), Line(RECEIVABLES, -amount)],
        source_kind="invoice",
        source_id=invoice.id,
        effective_at=at,
        description=f"Invoice {invoice.number} paid out of band",
    ).id


@joins_transaction
def post_credit_note(note: CreditNote, *, at: datetime) -> UUID | None:
    """Dr credits (contra income), tax payable / Cr receivables for what was not paid yet.

    What goes back stands against whatever gives it: the balance's own entry debits credits, and a refund's debits
    refunds, so these are credited here; the bank is, for what goes back out of band. None when that leaves nothing.
    """
    tax = Money(note.tax_minor + note.inclusive_tax_minor, note.currency)
    amounts = [
        (CREDITS, note.total - tax - Money(note.balance_minor, note.currency)),
        (TAX_PAYABLE, tax),
        (RECEIVABLES, -Money(note.pre_payment_minor, note.currency)),
        (REFUNDS, -Money(note.refund_minor, note.currency)),
        (BANK, -Money(note.out_of_band_minor, note.currency)),
    ]
    lines = [Line(path, amount) for path, amount in amounts if not amount.is_zero]
    if not lines:
        return None
    return post_entry(
        merchant_id=note.merchant_id,
        kind="credit_note_issued",
        reference=f"credit_note:{note.public_id}",
        lines=lines,
        source_kind="invoice",
        source_id=note.invoice_id,
        effective_at=at,
        description=f"Credit note {note.number} over {note.total}",
    ).id


@joins_transaction
def reverse_credit_note(note: CreditNote, *, at: datetime) -> UUID | None:
    """The opposite of post_credit_note, when a note is voided."""
    if note.ledger_entry_id is None:
        return None
    return reverse_entry(
        merchant_id=note.merchant_id,
        entry_id=note.ledger_entry_id,
        reference=f"credit_note_voided:{note.public_id}",
        effective_at=at,
        description=f"Credit note {note.number} voided",
    ).id


@joins_transaction
def post_balance_on_invoice(moved: CustomerBalanceTransaction, *, at: datetime) -> UUID:
    """Dr customer balance / Cr receivables when credit pays an invoice; the other way round when it gives credit.

    A balance is negative when we owe: using 5.00 of it is a movement of +5.00."""
    amount = Money(moved.amount_minor, moved.currency)
    return _post_balance(moved, [Line(CUSTOMER_BALANCE, amount), Line(RECEIVABLES, -amount)], at=at)


@joins_transaction
def post_balance_granted(moved: CustomerBalanceTransaction, *, at: datetime) -> UUID:
    """Dr credits (contra income) / Cr customer balance, for a credit out of goodwill; and back."""
    amount = Money(moved.amount_minor, moved.currency)
    return _post_balance(moved, [Line(CUSTOMER_BALANCE, amount), Line(CREDITS, -amount)], at=at)


def _post_balance(moved: CustomerBalanceTransaction, lines: list[Line], *, at: datetime) -> UUID:
    return post_entry(
        merchant_id=moved.merchant_id,
        kind="customer_balance_moved",
        reference=f"customer_balance:{moved.public_id}",
        lines=lines,
        source_kind="invoice" if moved.invoice_id else "customer",
        source_id=moved.invoice_id or moved.customer_id,
        effective_at=at,
        description=f"Customer balance: {moved.get_type_display()} {Money(moved.amount_minor, moved.currency)}",
    ).id

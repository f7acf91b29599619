"""The only translator from subscriptions to double entry: which fact moves which account.

Every reference names the movement, so a repeated posting finds the first one. Debit is positive. That a payment of
an invoice credits receivables is the business of payments: its intent says what it settles.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.queries.periods import date_in_open_period
from ledger.steps import Line, post_entry, reverse_entry
from subscriptions.ledger_accounts import (
    BALANCE_MOVED,
    BANK,
    CREDITS,
    CUSTOMER_BALANCE,
    DEFERRED_REVENUE,
    DISPUTED_PAYMENTS,
    FINALIZED,
    NOTE_ISSUED,
    NOTE_VOIDED,
    PAID_OUT_OF_BAND,
    PAYMENT_DISPUTED,
    PAYMENT_LOST,
    PAYMENT_RESTORED,
    RECEIVABLES,
    RECLAIMED,
    REFUNDS,
    REVENUE_RECOGNISED,
    REVENUE_REVERSED,
    SALES,
    TAX_PAYABLE,
    VOIDED,
)
from subscriptions.models import (
    CreditNote,
    CustomerBalanceTransaction,
    DisputedPayment,
    Invoice,
    InvoicePayment,
    RevenueRecognition,
    RevenueSchedule,
)


@joins_transaction
def post_invoice(invoice: Invoice, *, deferred: Money, at: datetime) -> UUID | None:
    """Dr receivables / Cr sales, deferred revenue, tax payable; the other way round where credits are more.

    deferred: of the sales, what is not earned yet. None when it is over nothing."""
    tax = Money(invoice.tax_minor + invoice.inclusive_tax_minor, invoice.currency)
    sales = invoice.total - tax - deferred
    amounts = [
        (RECEIVABLES, invoice.total),
        (SALES, -sales),
        (DEFERRED_REVENUE, -deferred),
        (TAX_PAYABLE, -tax),
    ]
    lines = [Line(path, amount) for path, amount in amounts if not amount.is_zero]
    if not lines:
        return None
    return post_entry(
        merchant_id=invoice.merchant_id,
        kind=FINALIZED,
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
        kind=VOIDED,
        description=f"Invoice {invoice.number} voided",
    ).id


@joins_transaction
def post_paid_out_of_band(invoice: Invoice, payment: InvoicePayment, *, at: datetime) -> UUID:
    """Dr bank / Cr receivables: the money came without us, as a transfer or in cash."""
    return post_entry(
        merchant_id=invoice.merchant_id,
        kind=PAID_OUT_OF_BAND,
        reference=f"invoice_paid_out_of_band:{payment.public_id}",
        lines=[Line(BANK, payment.amount), Line(RECEIVABLES, -payment.amount)],
        source_kind="invoice",
        source_id=invoice.id,
        effective_at=at,
        description=f"Invoice {invoice.number} paid out of band",
    ).id


@joins_transaction
def post_credit_note(note: CreditNote, *, deferred: Money, at: datetime) -> UUID | None:
    """Dr deferred revenue, credits (contra income), tax payable / Cr receivables for what was not paid yet.

    deferred: what of it was not earned yet, and so never was income.
    What goes back stands against whatever gives it: the balance's own entry debits credits, and a refund's debits
    refunds, so these are credited here; the bank is, for what goes back out of band. None when that leaves nothing.
    """
    tax = Money(note.tax_minor + note.inclusive_tax_minor, note.currency)
    amounts = [
        (CREDITS, note.total - tax - deferred - Money(note.balance_minor, note.currency)),
        (DEFERRED_REVENUE, deferred),
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
        kind=NOTE_ISSUED,
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
        kind=NOTE_VOIDED,
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
        kind=BALANCE_MOVED,
        reference=f"customer_balance:{moved.public_id}",
        lines=lines,
        source_kind="invoice" if moved.invoice_id else "customer",
        source_id=moved.invoice_id or moved.customer_id,
        effective_at=at,
        description=f"Customer balance: {moved.get_type_display()} {Money(moved.amount_minor, moved.currency)}",
    ).id


@joins_transaction
def post_recognition(
    schedule: RevenueSchedule, amount: Money, *, ordinal: int, earned_at: datetime, invoice_number: str
) -> UUID:
    """Dr deferred revenue / Cr sales: a part of a line's time has begun. Dated then, or on the first open day."""
    return post_entry(
        merchant_id=schedule.merchant_id,
        kind=REVENUE_RECOGNISED,
        reference=f"revenue:{schedule.public_id}:{ordinal}",
        lines=[Line(DEFERRED_REVENUE, amount), Line(SALES, -amount)],
        source_kind="invoice",
        source_id=schedule.invoice_id,
        effective_at=date_in_open_period(schedule.merchant_id, earned_at),
        description=f"Part {ordinal} of a line of invoice {invoice_number} earned",
    ).id


@joins_transaction
def reverse_recognition(recognition: RevenueRecognition, *, at: datetime) -> UUID:
    """The opposite of post_recognition, when the invoice is voided."""
    return reverse_entry(
        merchant_id=recognition.merchant_id,
        entry_id=recognition.ledger_entry_id,
        reference=f"revenue_reversed:{recognition.public_id}",
        effective_at=at,
        kind=REVENUE_REVERSED,
        description="Earned of an invoice that was voided",
    ).id


@joins_transaction
def post_disputed(disputed: DisputedPayment, *, at: datetime) -> UUID:
    """Dr receivables / Cr disputed payments: the invoice is owed again, beside our claim on the bank."""
    return _post_dispute(disputed, PAYMENT_DISPUTED, RECEIVABLES, DISPUTED_PAYMENTS, at=at)


@joins_transaction
def post_dispute_lost(disputed: DisputedPayment, *, at: datetime) -> UUID:
    """Dr disputed payments / Cr disputes reclaimed: only the customer owes it now; the loss is booked by disputes."""
    return _post_dispute(disputed, PAYMENT_LOST, DISPUTED_PAYMENTS, RECLAIMED, at=at)


@joins_transaction
def post_dispute_restored(disputed: DisputedPayment, *, was_lost: bool, at: datetime) -> UUID:
    """Dr disputed payments, or disputes reclaimed after a late win / Cr receivables: the payment stands again."""
    return _post_dispute(
        disputed, PAYMENT_RESTORED, RECLAIMED if was_lost else DISPUTED_PAYMENTS, RECEIVABLES, at=at
    )


def _post_dispute(disputed: DisputedPayment, kind: str, debit: str, credit: str, *, at: datetime) -> UUID:
    return post_entry(
        merchant_id=disputed.merchant_id,
        kind=kind,
        reference=f"{kind}:{disputed.public_id}:{disputed.round}",
        lines=[Line(debit, disputed.amount), Line(credit, -disputed.amount)],
        source_kind="invoice",
        source_id=disputed.invoice_id,
        effective_at=at,
        description=f"Payment of {disputed.amount} is {disputed.status}",
    ).id

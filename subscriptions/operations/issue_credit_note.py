"""Issue a credit note: number, ledger, balance and the invoice in one transaction; its refund is promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.money import Money
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import CreditNoteExceedsInvoice
from subscriptions.locks import lock_billing_customer, lock_invoice, lock_subscription
from subscriptions.models import (
    BalanceTransactionType,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceStatus,
    SeriesKind,
    Subscription,
)
from subscriptions.queries.invoices import get_invoice, list_credit_notes, plan_refunds
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_credit_note, announce_invoice
from subscriptions.steps.assign_number import assign_number
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.defer_revenue import take_back_deferred
from subscriptions.steps.delinquency import clear_delinquent
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.post_to_ledger import post_credit_note
from subscriptions.steps.reckon_note import Credited, NotePlan, ReckonedNote, reckon_note


@owns_transaction
def issue_credit_note(
    *,
    merchant_id: UUID,
    credit_note_id: UUID,
    invoice_id: UUID,
    credited: Sequence[Credited],
    plan: NotePlan,
    reason: str = "",
    memo: str = "",
    metadata: Mapping[str, str] | None = None,
) -> CreditNote:
    """An invoice of which nothing remains to be paid is paid.

    Raises: ResourceMissing, InvoiceUnexpectedState, CreditNoteExceedsLine, CreditNoteExceedsInvoice,
    CreditNoteSplitDiffers.
    Writes: the note, its lines and number, ledger entries, what was deferred, the customer's balance, the invoice and
    its dunning, the subscription, a job for the refund, credit_note.created.
    Safe to repeat: the same credit_note_id finds its note.
    """
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    # Locked before what is left is counted: two agents must not both credit the last of it.
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    existing = list_credit_notes(merchant_id=merchant_id).filter(pk=credit_note_id).first()
    if existing is not None:
        return existing
    reckoned = reckon_note(invoice, credited, plan)
    _refuse_unless_refundable(invoice, reckoned.split.refund_minor)
    now = now_of(subscription.test_clock if subscription else None)
    settings = billing_settings_of(merchant_id)
    billing_customer_of(merchant_id=merchant_id, customer_id=invoice.customer_id)
    billing = lock_billing_customer(merchant_id=merchant_id, customer_id=invoice.customer_id)
    number = assign_number(SeriesKind.CREDIT_NOTE, settings=settings, billing_customer=billing)
    note = _write(credit_note_id, invoice, reckoned, number, now=now)
    note.reason, note.memo, note.metadata = reason, memo, dict(metadata or {})
    deferred = _take_back_deferred(invoice, reckoned)
    whole = Money(sum(deferred), note.currency)
    note.ledger_entry_id = post_credit_note(note, deferred=whole, at=now)
    note.save(force_insert=True)
    _write_lines(note, reckoned, deferred)
    if note.balance_minor:
        move_balance(
            merchant_id=merchant_id,
            customer_id=invoice.customer_id,
            amount=Money(-note.balance_minor, note.currency),
            type_=BalanceTransactionType.CREDIT_NOTE,
            at=now,
            invoice=invoice,
            credit_note=note,
            description=f"Credit note {note.number}",
        )
    _credit_invoice(subscription, invoice, note, now=now)
    _stage_refund(note)
    announce_credit_note(note, events.CREDIT_NOTE_CREATED)
    return note


def _stage_refund(note: CreditNote) -> None:
    if note.refund_minor:
        stage_job(
            "subscriptions.refund_credit_note",
            {"merchant_id": str(note.merchant_id), "credit_note_id": str(note.id)},
            merchant_id=note.merchant_id,
            dedupe_key=f"refund_note:{note.public_id}",
        )


def _refuse_unless_refundable(invoice: Invoice, refund_minor: int) -> None:
    """Raises CreditNoteExceedsInvoice: only what was charged can be refunded, once, and of one charge at a time."""
    if not refund_minor:
        return
    _, left = plan_refunds(invoice)
    most = max(left.values(), default=0)
    if refund_minor > most:
        raise CreditNoteExceedsInvoice(
            f"Of a charge of this invoice, at most {most} can still be refunded, not {refund_minor}.",
            param="refund_amount",
        )


def _write(
    credit_note_id: UUID, invoice: Invoice, reckoned: ReckonedNote, number: str, *, now: datetime
) -> CreditNote:
    split = reckoned.split
    return CreditNote(
        id=credit_note_id,
        merchant=invoice.merchant,
        invoice=invoice,
        customer=invoice.customer,
        number=number,
        currency=invoice.currency,
        subtotal_minor=reckoned.subtotal_minor,
        discount_minor=reckoned.discount_minor,
        tax_minor=reckoned.tax_minor,
        inclusive_tax_minor=reckoned.inclusive_tax_minor,
        total_minor=reckoned.total_minor,
        pre_payment_minor=split.pre_payment_minor,
        refund_minor=split.refund_minor,
        balance_minor=split.credit_minor,
        out_of_band_minor=split.out_of_band_minor,
        created_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )


def _take_back_deferred(invoice: Invoice, reckoned: ReckonedNote) -> list[int]:
    """Minor units of each line that were not earned yet: they are given back before income is touched."""
    return take_back_deferred(
        invoice,
        [
            (
                line.line.id if line.line is not None else None,
                line.back.amount_minor - line.back.discount_minor - line.inclusive_tax_minor,
            )
            for line in reckoned.lines
        ],
    )


def _write_lines(note: CreditNote, reckoned: ReckonedNote, deferred: Sequence[int]) -> None:
    for ordinal, (line, not_earned) in enumerate(zip(reckoned.lines, deferred, strict=True), start=1):
        CreditNoteLine(
            merchant_id=note.merchant_id,
            credit_note=note,
            ordinal=ordinal,
            invoice_line=line.line,
            description=line.description[:500],
            currency=note.currency,
            amount_minor=line.back.amount_minor,
            discount_minor=line.back.discount_minor,
            tax_minor=line.tax_minor,
            inclusive_tax_minor=line.inclusive_tax_minor,
            deferred_minor=not_earned,
            taxes=line.taxes,
        ).save(force_insert=True)


def _credit_invoice(
    subscription: Subscription | None, invoice: Invoice, note: CreditNote, *, now: datetime
) -> None:
    invoice.credited_before_payment_minor += note.pre_payment_minor
    invoice.credited_after_payment_minor += note.total_minor - note.pre_payment_minor
    types = [events.INVOICE_UPDATED]
    is_owed = invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
    if is_owed and invoice.amount_remaining.is_zero:
        invoice.pay(now)
        stop_run(invoice, now=now, reason="credited")
        types += [events.INVOICE_PAID]
        clear_delinquent(invoice)
    invoice.save()
    announce_invoice(invoice, *types)
    if subscription is not None and invoice.status == InvoiceStatus.PAID and is_owed:
        follow_paid_invoice(subscription, invoice, now=now)

"""The variables of an invoice's page, all of them ready to be written out."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from foundation.backoffice.display import amount, badge, instant, readable
from foundation.money import Money
from ledger.queries.entries import Entry
from subscriptions.admin.dunning_lines import run_block
from subscriptions.admin.next_words import next_of_invoice
from subscriptions.admin.revenue_lines import revenue_block
from subscriptions.admin.timeline import timeline_lines
from subscriptions.admin.why import Reversed, explanation, facts_of_row, reversed_row
from subscriptions.admin.words import (
    REASON_WORDS,
    customer_link,
    invoice_badge,
    invoice_title,
    signed,
    subscription_link,
    why_declined,
)
from subscriptions.models import DisputedPayment, Invoice, InvoiceLine, InvoicePayment
from subscriptions.queries.invoice_page import InvoicePage
from subscriptions.shapes.hosted_links import hosted_invoice_url, invoice_pdf_url

TRY_STATES = {
    "open": ("Under way", "wait"),
    "paid": ("Paid", "good"),
    "canceled": ("Ended", "calm"),
    "returned": ("Taken back by the bank", "bad"),
}
DISPUTED_STATES = {
    "claimed": ("Disputed: owed again", "warn"),
    "lost": ("Dispute lost: owed again", "bad"),
    "restored": ("Dispute over: it stands", "good"),
}


def page_context(page: InvoicePage, staff: Any) -> dict[str, Any]:
    """staff: who reads; ledger entries and events lead to their pages for those who may open them."""
    invoice = page.invoice
    has_books = staff.has_perm("ledger.view_journalentry")
    runs = page.runs
    for run in runs:
        run.invoice = invoice
    return {
        "invoice": invoice,
        "title_words": invoice_title(invoice),
        "status_badge": invoice_badge(invoice),
        "why_words": REASON_WORDS.get(invoice.reason, invoice.reason),
        "created": instant(invoice.created_at),
        "next_words": next_of_invoice(invoice, runs[0] if runs else None),
        "customer": customer_link(invoice.customer),
        "subscription": subscription_link(invoice.subscription),
        "period": (instant(invoice.period_start_at), instant(invoice.period_end_at)),
        "hosted_url": hosted_invoice_url(invoice),
        "pdf_url": invoice_pdf_url(invoice),
        "facts": _facts(invoice),
        "lines": [_line(line, page, has_books=has_books) for line in page.lines],
        "payments": [_payment(payment) for payment in page.payments],
        "balance": [
            (
                move.get_type_display(),
                signed(Money(move.amount_minor, move.currency)),
                signed(Money(move.ending_balance_minor, move.currency)),
                instant(move.created_at),
            )
            for move in page.balance
        ],
        "credit_notes": [
            (
                note.number,
                reverse("admin:subscriptions_creditnote_change", args=[note.pk]),
                amount(note.total),
                badge("Void", "calm") if note.status == "void" else badge("Issued", "good"),
                instant(note.created_at),
            )
            for note in page.credit_notes
        ],
        "runs": [run_block(run) for run in runs],
        "disputed": [
            _disputed(one, sees_disputes=staff.has_perm("disputes.view_dispute")) for one in page.disputed
        ],
        "entries": [_entry(entry, has_books=has_books) for entry in page.entries],
        "timeline": timeline_lines(
            page.events, page.changes, sees_machinery=staff.has_perm("foundation.view_event")
        ),
    }


def _facts(invoice: Invoice) -> list[tuple[str, Any]]:
    used = Money(invoice.amount_due_minor - invoice.total_minor, invoice.currency)
    credited = Money(
        invoice.credited_before_payment_minor + invoice.credited_after_payment_minor, invoice.currency
    )
    facts = [("Total", amount(invoice.total))]
    if not used.is_zero:
        facts.append(("Customer balance", signed(used)))
    facts.append(("Due", amount(invoice.amount_due)))
    facts.append(("Paid", amount(Money(invoice.amount_paid_minor, invoice.currency))))
    if not credited.is_zero:
        facts.append(("Credited", amount(credited)))
    facts.append(("Still owed", amount(invoice.amount_remaining)))
    return facts


def _line(line: InvoiceLine, page: InvoicePage, *, has_books: bool) -> dict[str, Any]:
    facts = facts_of_row(
        line,
        reverses=_debit_of(line),
        discount_names=page.discount_names,
        rate_names=page.rate_names,
    )
    return {
        "anchor": f"line-{line.ordinal}",
        "description": line.description,
        "amount": signed(line.amount),
        "why": explanation(facts),
        "credits": [
            (
                f"{signed(credit.amount)} on {invoice_title(credit.invoice)}",
                _line_url(credit.invoice, credit.ordinal),
            )
            for credit in page.credits.get(line.id, [])
        ],
        "revenue": revenue_block(page.deferred.get(line.id), has_books=has_books),
    }


def _debit_of(line: InvoiceLine) -> Reversed | None:
    debit = line.reverses
    if debit is None:
        return None
    where = f"line {debit.ordinal} of {invoice_title(debit.invoice)}"
    return reversed_row(debit, url=_line_url(debit.invoice, debit.ordinal), where=where)


def _line_url(invoice: Invoice, ordinal: int) -> str:
    return f"{reverse('admin:subscriptions_invoice_change', args=[invoice.pk])}#line-{ordinal}"


def _payment(payment: InvoicePayment) -> dict[str, Any]:
    failed = payment.status == "open" and payment.decline_code
    state = (
        ("Declined", "bad")
        if payment.decline_code and payment.status not in ("paid", "returned")
        else TRY_STATES[payment.status]
    )
    return {
        "badge": badge(*state),
        "amount": amount(payment.amount),
        "ordinal": payment.ordinal,
        "reason": "outside the PSPs" if payment.is_out_of_band else payment.get_reason_display().lower(),
        "at": instant(payment.created_at),
        "why": why_declined(payment.decline_code),
        "code": payment.decline_code,
        "is_open": bool(failed),
        "intent": payment.payment_intent_id,
        "url": (
            reverse("admin:payments_paymentintent_change", args=[payment.payment_intent_id])
            if payment.payment_intent_id
            else ""
        ),
    }


def _disputed(disputed: DisputedPayment, *, sees_disputes: bool) -> dict[str, Any]:
    return {
        "badge": badge(*DISPUTED_STATES[disputed.status]),
        "amount": amount(disputed.amount),
        "since": instant(disputed.created_at),
        "url": (
            reverse("admin:disputes_dispute_change", args=[disputed.dispute_id]) if sees_disputes else ""
        ),
    }


def _entry(entry: Entry, *, has_books: bool) -> dict[str, Any]:
    return {
        "title": entry.kind.replace("_", " ").capitalize(),
        "url": reverse("admin:ledger_journalentry_change", args=[entry.id]) if has_books else "",
        "at": instant(entry.recorded_at),
        "lines": [
            {
                "path": line.path,
                "url": reverse("admin:ledger_ledgeraccount_change", args=[line.account_id])
                if has_books
                else "",
                "debit": readable(line.amount) if line.amount.amount_minor > 0 else "",
                "credit": readable(-line.amount) if line.amount.amount_minor < 0 else "",
            }
            for line in entry.lines
        ],
    }

"""Credit notes: what was given back of which invoice, and where it went."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, mono, readable
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from foundation.backoffice.links import page_link
from foundation.money import Money
from subscriptions.admin.credit_note_actions import REASONS, VoidCreditNote
from subscriptions.admin.words import customer_link, invoice_link
from subscriptions.models import CreditNote, CreditNoteLine, CreditNoteStatus


@admin.register(CreditNote)
class CreditNoteAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("number", "invoice_words", "shown_amount", "state", "why", "created")
    list_filter = (fixed_filter("status", CreditNoteStatus.choices), CreatedFilter)
    search_fields = ("number__iexact",)
    reference_fields = ("number",)
    search_help_text = "The whole number, such as CN-0003"
    fields = (
        "number",
        "shown_id",
        "state",
        "of_invoice",
        "customer_words",
        "shown_amount",
        "lines",
        "lowered",
        "to_balance",
        "refunded",
        "out_of_band",
        "why",
        "memo",
        "entry",
        "created",
    )
    action_views: ClassVar = [VoidCreditNote]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "invoice", "customer")

    def found_words(self, note: CreditNote) -> tuple[str, str]:
        return f"Credit note {note.number}", f"{readable(note.total)} · {note.public_id}"

    @admin.display(description="id")
    def shown_id(self, note: CreditNote) -> str:
        return mono(note.public_id)

    @admin.display(description="status")
    def state(self, note: CreditNote) -> str:
        return badge("Void", "calm") if note.status == CreditNoteStatus.VOID else badge("Issued", "good")

    @admin.display(description="of invoice")
    def invoice_words(self, note: CreditNote) -> str:
        return note.invoice.number

    @admin.display(description="of invoice")
    def of_invoice(self, note: CreditNote) -> str:
        return invoice_link(note.invoice)

    @admin.display(description="customer")
    def customer_words(self, note: CreditNote) -> str:
        return customer_link(note.customer)

    @admin.display(description="total")
    def shown_amount(self, note: CreditNote) -> str:
        return amount(note.total)

    @admin.display(description="lines")
    def lines(self, note: CreditNote) -> str:
        rows = CreditNoteLine.objects.for_merchant(note.merchant_id).filter(credit_note_id=note.id)
        words = [(line.description or "Amount", _line_words(line)) for line in rows.order_by("ordinal")]
        return format_html_join("", "<div>{}: {}</div>", words) or NOTHING

    @admin.display(description="lowered what was owed by")
    def lowered(self, note: CreditNote) -> str:
        return amount(Money(note.pre_payment_minor, note.currency))

    @admin.display(description="to the customer's balance")
    def to_balance(self, note: CreditNote) -> str:
        return amount(Money(note.balance_minor, note.currency))

    @admin.display(description="refunded")
    def refunded(self, note: CreditNote) -> str:
        shown = amount(Money(note.refund_minor, note.currency))
        return format_html("{} {}", shown, page_link("refund", note.refund_id)) if note.refund_id else shown

    @admin.display(description="given back another way")
    def out_of_band(self, note: CreditNote) -> str:
        return amount(Money(note.out_of_band_minor, note.currency))

    @admin.display(description="reason")
    def why(self, note: CreditNote) -> str:
        return dict(REASONS).get(note.reason, note.reason) if note.reason else NOTHING

    @admin.display(description="ledger entry")
    def entry(self, note: CreditNote) -> str:
        return page_link("journal_entry", note.ledger_entry_id)

    @admin.display(description="issued")
    def created(self, note: CreditNote) -> str:
        return instant(note.created_at)


def _line_words(line: CreditNoteLine) -> str:
    back = readable(Money(line.amount_minor, line.currency))
    off = (
        f", less {readable(Money(line.discount_minor, line.currency))} discount"
        if line.discount_minor
        else ""
    )
    tax = f", plus {readable(Money(line.tax_minor, line.currency))} tax" if line.tax_minor else ""
    return f"{back}{off}{tax}"

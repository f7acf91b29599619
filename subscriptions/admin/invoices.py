"""Invoices: the list, and the page that says what is owed, why each line is what it is, and what was tried."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, instant, readable
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.ids import PublicIdInvalid, decode_id
from subscriptions.admin.credit_note_actions import IssueCreditNote
from subscriptions.admin.invoice_actions import (
    FinalizeInvoice,
    MarkUncollectible,
    NotePaid,
    RenewLink,
    RetryInvoice,
    SendInvoice,
    VoidInvoice,
)
from subscriptions.admin.invoice_page import page_context
from subscriptions.admin.searching import narrow_to_found
from subscriptions.admin.words import (
    INVOICE_WORDS,
    REASON_WORDS,
    invoice_badge,
)
from subscriptions.models import Invoice, Subscription
from subscriptions.queries.invoice_page import read_invoice_page


class FailingFilter(SelectFilter):
    title = "collection"
    parameter_name = "collection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "A charge failed, still owed"), ("waiting", "Draft without next step")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failed":
            return queryset.filter(status="open", attempt_count__gt=0)
        if self.value() == "waiting":
            return queryset.filter(status="draft", finalizes_at__isnull=True)
        return queryset


@admin.register(Invoice)
class InvoiceAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("shown_number", "customer_words", "shown_amount", "left", "state", "why", "created")
    list_select_related = ("customer",)
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in INVOICE_WORDS.items()]),
        CreatedFilter,
        FailingFilter,
    )
    list_before_template = "admin/back_office/chips.html"
    search_fields = ("number",)
    reference_fields = ("number",)
    search_help_text = "Number, customer's e-mail, subscription's id"
    fields = ("shown_number",)
    action_views: ClassVar = [
        FinalizeInvoice,
        RetryInvoice,
        IssueCreditNote,
        NotePaid,
        SendInvoice,
        VoidInvoice,
        MarkUncollectible,
        RenewLink,
    ]

    def find_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        term = words
        if not term:
            return queryset, False
        numbered = {"number__in": [term, term.upper()]}
        subscription_id = _id_of(Subscription.public_prefix, term)
        if subscription_id is not None:
            return queryset.filter(subscription_id=subscription_id), False
        return narrow_to_found(queryset, numbered, {"customer__email__iexact": term}), False

    def found_words(self, invoice: Invoice) -> tuple[str, str]:
        words = INVOICE_WORDS[invoice.status][0].lower()
        return (
            f"Invoice {invoice.number or 'draft'} · {words}",
            f"{readable(invoice.total)} · {invoice.public_id}",
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        invoice = kwargs.get("obj")
        if invoice is not None:
            page = invoice.read_page = read_invoice_page(invoice)
            context |= page_context(page, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "customer", "subscription")

    @admin.display(description="invoice")
    def shown_number(self, invoice: Invoice) -> str:
        return invoice.number or "Draft"

    @admin.display(description="customer")
    def customer_words(self, invoice: Invoice) -> str:
        return invoice.customer.name or invoice.customer.email or NOTHING

    @admin.display(description="total")
    def shown_amount(self, invoice: Invoice) -> str:
        return amount(invoice.total)

    @admin.display(description="still owed")
    def left(self, invoice: Invoice) -> str:
        return amount(invoice.amount_remaining) if invoice.status in ("open", "uncollectible") else NOTHING

    @admin.display(description="status")
    def state(self, invoice: Invoice) -> str:
        return invoice_badge(invoice)

    @admin.display(description="for")
    def why(self, invoice: Invoice) -> str:
        return REASON_WORDS.get(invoice.reason, invoice.reason)

    @admin.display(description="made")
    def created(self, invoice: Invoice) -> str:
        return instant(invoice.created_at)


def _id_of(prefix: str, term: str) -> UUID | None:
    try:
        return decode_id(prefix, term)
    except PublicIdInvalid:
        return None

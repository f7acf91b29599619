"""Payments: the list an agent searches and the page that answers the customer."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from foundation import ids
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import amount, instant, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from payments.admin.actions import AskPspAboutPayment, CancelPayment, CapturePayment, RefundPayment
from payments.admin.filters import AmountFilter, CurrencyFilter, DoubtFilter
from payments.admin.timeline import timeline_lines
from payments.admin.words import (
    INTENT_WORDS,
    attempt_badge,
    decline_words,
    intent_badge,
    method_words,
    movement_badge,
    next_words,
    order_of,
    refund_badge,
)
from payments.models import PaymentAttempt, PaymentIntent
from payments.queries.payment_page import PaymentPage, read_payment_page

SHORTEST_REFERENCE = 8


@admin.register(PaymentIntent)
class PaymentIntentAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "shown_id",
        "order",
        "shown_amount",
        "state",
        "method",
        "customer_words",
        "psp",
        "created",
    )
    list_select_related = ("payment_method", "customer", "latest_attempt__psp_account")
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in INTENT_WORDS.items()]),
        CreatedFilter,
        CurrencyFilter,
        AmountFilter,
        DoubtFilter,
    )
    list_before_template = "admin/back_office/chips.html"
    search_fields = ("search_text",)
    search_help_text = "Id, order, e-mail, last four digits…"
    fields = ("shown_id",)
    action_views: ClassVar = [RefundPayment, CapturePayment, CancelPayment, AskPspAboutPayment]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if len(term) < SHORTEST_REFERENCE or " " in term:
            return found, may_have_duplicates
        # Ids first, then one OR over two indexes: a join would defeat the trigram index.
        named = list(
            PaymentAttempt.across_merchants.filter(_named(term)).values_list("payment_intent_id", flat=True)[
                :50
            ]
        )
        return (found | queryset.filter(pk__in=named) if named else found), may_have_duplicates

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        intent = kwargs.get("obj")
        if intent is not None:
            page = intent.read_page = read_payment_page(intent)
            context |= page_context(page)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", *self.list_select_related)

    @admin.display(description="payment")
    def shown_id(self, intent: PaymentIntent) -> str:
        return mono(f"{intent.public_id[:6]}…{intent.public_id[-6:]}")

    @admin.display(description="order")
    def order(self, intent: PaymentIntent) -> str:
        return order_of(intent)

    @admin.display(description="amount")
    def shown_amount(self, intent: PaymentIntent) -> str:
        return amount(intent.amount)

    @admin.display(description="status")
    def state(self, intent: PaymentIntent) -> str:
        return intent_badge(intent) + refund_badge(intent.latest_attempt)

    @admin.display(description="method")
    def method(self, intent: PaymentIntent) -> str:
        return method_words(intent.payment_method)

    @admin.display(description="customer")
    def customer_words(self, intent: PaymentIntent) -> str:
        customer = intent.customer
        return (customer.email or customer.name if customer else "") or intent.receipt_email or "–"

    @admin.display(description="PSP")
    def psp(self, intent: PaymentIntent) -> str:
        return intent.latest_attempt.psp_account.name if intent.latest_attempt else "–"

    @admin.display(description="time")
    def created(self, intent: PaymentIntent) -> str:
        return instant(intent.created_at)


def page_context(page: PaymentPage) -> dict[str, Any]:
    """The template's variables, all of them ready to be written out."""
    intent = page.intent
    return {
        "page": page,
        "intent": intent,
        "status_badge": intent_badge(intent),
        "refund_badge": refund_badge(page.latest),
        "order": order_of(intent),
        "method": method_words(intent.payment_method),
        "next_words": next_words(page),
        "created": instant(intent.created_at),
        "facts": [
            ("Asked", amount(intent.amount)),
            ("Captured", amount(page.captured)),
            ("Refunded", amount(page.refunded)),
            ("Available to refund", amount(page.available_to_refund)),
            ("Fee", amount(page.fee)),
            ("Net", amount(page.net)),
        ],
        "timeline": timeline_lines(page),
        "attempts": [_attempt_line(attempt) for attempt in page.attempts],
        "captures": [
            (capture, amount(capture.amount), movement_badge(capture.status), instant(capture.created_at))
            for capture in page.captures
        ],
        "refunds": [
            (
                refund,
                amount(refund.amount),
                movement_badge(refund.status),
                instant(refund.created_at),
                reverse("admin:payments_refund_change", args=[refund.id]),
            )
            for refund in page.refunds
        ],
        "entries": [
            (entry, instant(entry.recorded_at), [(line.path, amount(line.amount)) for line in entry.lines])
            for entry in page.entries
        ],
    }


def _attempt_line(attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "row": attempt,
        "badge": attempt_badge(attempt),
        "amount": amount(attempt.amount),
        "method": method_words(attempt.payment_method),
        "decline": decline_words(attempt),
        "code": attempt.decline_code or attempt.error_code,
        "created": instant(attempt.created_at),
        "decided": instant(attempt.decided_at),
        "expires": instant(attempt.authorization_expires_at),
    }


def _named(term: str) -> Q:
    named = Q(psp_reference=term) | Q(psp_charge_reference=term)
    attempt_id = _attempt_id(term)
    return named | Q(pk=attempt_id) if attempt_id else named


def _attempt_id(term: str) -> UUID | None:
    try:
        return ids.decode_id(PaymentAttempt.public_prefix, term)
    except ids.PublicIdInvalid:
        return None

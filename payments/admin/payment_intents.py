"""Payments: the list an agent searches and the page that answers the customer."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from simple_history.admin import SimpleHistoryAdmin

from foundation import ids
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, readable, short_id
from foundation.backoffice.filters import CreatedFilter
from foundation.money import Money
from ledger.queries.entries import Entry
from payments.admin.actions import AskPspAboutPayment, CancelPayment, CapturePayment, RefundPayment
from payments.admin.filters import AmountFilter, CurrencyFilter, DoubtFilter, LastDayFilter, StatusFilter
from payments.admin.searching import PAYMENT_TERMS
from payments.admin.timeline import timeline_lines
from payments.admin.words import (
    attempt_badge,
    decline_words,
    dispute_badge,
    intent_badge,
    method_of,
    method_words,
    movement_badge,
    next_words,
    order_of,
    reason_words,
    refund_badge,
    status_words,
)
from payments.models import PaymentAttempt, PaymentIntent
from payments.queries.payment_page import PaymentPage, read_payment_page

SHORTEST_REFERENCE = 8
MOST_NAMED = 50


@admin.register(PaymentIntent)
class PaymentIntentAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "shown_id",
        "order",
        "shown_amount",
        "state",
        "method",
        "customer_words",
        "created",
        "psp",
    )
    list_select_related = (
        "payment_method",
        "customer",
        "latest_attempt__psp_account",
        "latest_attempt__payment_method",
    )
    list_filter = (
        StatusFilter,
        CreatedFilter,
        CurrencyFilter,
        AmountFilter,
        LastDayFilter,
        DoubtFilter,
    )
    list_before_template = "admin/back_office/chips.html"
    search_fields = ("search_text",)
    search_help_text = "Id, order, e-mail, last4, 12.50, yesterday, status:declined…"
    term_fields = PAYMENT_TERMS
    fields = ("shown_id",)
    action_views: ClassVar = [RefundPayment, CapturePayment, CancelPayment, AskPspAboutPayment]

    def find_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        found, may_have_duplicates = super().find_words(request, queryset, words)
        # Ids first, then one OR over two indexes: a join would defeat the trigram index.
        named = _named_at_psp(words)
        return (found | queryset.filter(pk__in=named) if named else found), may_have_duplicates

    def find_reference(self, queryset: QuerySet[Any], reference: str) -> list[Any]:
        return list(queryset.filter(pk__in=_named_at_psp(reference)).values_list("pk", flat=True)[:2])

    def found_words(self, intent: PaymentIntent) -> tuple[str, str]:
        made = date_format(timezone.localtime(intent.created_at), "j M Y, H:i")
        words = [readable(intent.amount), status_words(intent), f"order {order_of(intent)}"]
        who = self.customer_words(intent)
        return " · ".join(words), " · ".join([made, *([who] if who != NOTHING else []), intent.public_id])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        intent = kwargs.get("obj")
        if intent is not None:
            page = intent.read_page = read_payment_page(intent)
            context |= page_context(page, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", *self.list_select_related)

    @admin.display(description="payment")
    def shown_id(self, intent: PaymentIntent) -> str:
        return short_id(intent.public_id)

    @admin.display(description="order")
    def order(self, intent: PaymentIntent) -> str:
        return order_of(intent)

    @admin.display(description="amount")
    def shown_amount(self, intent: PaymentIntent) -> str:
        return amount(intent.amount)

    @admin.display(description="status")
    def state(self, intent: PaymentIntent) -> str:
        return (
            intent_badge(intent) + refund_badge(intent.latest_attempt) + dispute_badge(intent.latest_attempt)
        )

    @admin.display(description="method")
    def method(self, intent: PaymentIntent) -> str:
        return method_words(method_of(intent))

    @admin.display(description="customer")
    def customer_words(self, intent: PaymentIntent) -> str:
        customer = intent.customer
        return (customer.email or customer.name if customer else "") or intent.receipt_email or NOTHING

    @admin.display(description="PSP")
    def psp(self, intent: PaymentIntent) -> str:
        return intent.latest_attempt.psp_account.name if intent.latest_attempt else NOTHING

    @admin.display(description="time")
    def created(self, intent: PaymentIntent) -> str:
        return instant(intent.created_at)


def page_context(page: PaymentPage, staff: Any) -> dict[str, Any]:
    """The template's variables, all of them ready to be written out.

    staff: who reads; ledger entries and events lead to their pages for those who may open them."""
    intent = page.intent
    has_books = staff.has_perm("ledger.view_journalentry")
    sees_machinery = staff.has_perm("foundation.view_event")
    return {
        "page": page,
        "intent": intent,
        "status_badge": intent_badge(intent),
        "refund_badge": refund_badge(page.latest) + dispute_badge(page.latest),
        "order": order_of(intent),
        "method": method_words(method_of(intent)),
        "next_words": next_words(page),
        "created": instant(intent.created_at),
        "facts": [
            ("Amount", amount(intent.amount)),
            ("Captured", amount(page.captured)),
            ("Refunded", amount(page.refunded)),
            *([] if page.held.is_zero else [("Held for disputes", amount(page.held))]),
            ("Available to refund", amount(page.available_to_refund)),
            ("Fee", amount(page.fee)),
            ("Net", amount(page.net)),
        ],
        "timeline": timeline_lines(page, sees_machinery=sees_machinery),
        "attempts": [_attempt_line(attempt, page) for attempt in page.attempts],
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
        "entries": [_entry_block(entry, has_books=has_books) for entry in page.entries],
        "deliveries": [_delivery_line(row, page, sees_machinery) for row in page.deliveries],
        "undelivered": sum(row.status != "succeeded" for row in page.deliveries),
    }


def _entry_block(entry: Entry, *, has_books: bool) -> dict[str, Any]:
    zero = Money.zero(entry.lines[0].amount.currency)
    return {
        "title": entry.kind.replace("_", " ").capitalize(),
        "url": reverse("admin:ledger_journalentry_change", args=[entry.id]) if has_books else "",
        "at": instant(entry.recorded_at),
        "lines": [
            {
                "path": line.path,
                "url": (
                    reverse("admin:ledger_ledgeraccount_change", args=[line.account_id]) if has_books else ""
                ),
                "debit": amount(line.amount) if line.amount > zero else "",
                "credit": amount(-line.amount) if line.amount < zero else "",
            }
            for line in entry.lines
        ],
    }


def _delivery_line(delivery: Any, page: PaymentPage, sees_machinery: bool) -> dict[str, Any]:
    kinds = {event.id: event.type for event in page.events}
    tone = {"succeeded": "good", "failed": "bad"}.get(delivery.status, "wait")
    return {
        "kind": kinds[delivery.event_id],
        "endpoint": delivery.endpoint.url,
        "status": badge(delivery.get_status_display(), tone),
        "tries": delivery.attempts,
        "url": reverse("admin:foundation_webhookdelivery_change", args=[delivery.pk])
        if sees_machinery
        else "",
    }


def _attempt_line(attempt: PaymentAttempt, page: PaymentPage) -> dict[str, Any]:
    return {
        "row": attempt,
        "badge": attempt_badge(attempt),
        "amount": amount(attempt.amount),
        "method": method_words(attempt.payment_method),
        "decline": decline_words(attempt),
        "code": attempt.decline_code or attempt.error_code,
        "doubt": reason_words(attempt.unknown_reason) if attempt.unknown_reason else "",
    }


def _named_at_psp(words: str) -> list[UUID]:
    """Payments by the PSP's reference of a charge, or by our id of one."""
    if len(words) < SHORTEST_REFERENCE or " " in words:
        return []
    attempts = PaymentAttempt.across_merchants.filter(_named(words))
    return list(attempts.values_list("payment_intent_id", flat=True)[:MOST_NAMED])


def _named(term: str) -> Q:
    named = Q(psp_reference=term) | Q(psp_charge_reference=term)
    attempt_id = _attempt_id(term)
    return named | Q(pk=attempt_id) if attempt_id else named


def _attempt_id(term: str) -> UUID | None:
    try:
        return ids.decode_id(PaymentAttempt.public_prefix, term)
    except ids.PublicIdInvalid:
        return None

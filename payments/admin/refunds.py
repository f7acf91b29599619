"""Refunds: list and page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import amount, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from payments.admin.actions import AskPspAboutRefund, WithdrawRefund
from payments.admin.filters import AmountFilter, CurrencyFilter
from payments.admin.words import MOVEMENT_WORDS, actor_words, movement_badge
from payments.models import Refund


@admin.register(Refund)
class RefundAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("shown_id", "shown_amount", "state", "reason_words", "payment", "asked_by", "created")
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in MOVEMENT_WORDS.items()]),
        CreatedFilter,
        CurrencyFilter,
        AmountFilter,
    )
    list_before_template = "admin/back_office/chips.html"
    fields = (
        "full_id",
        "payment",
        "shown_amount",
        "state",
        "reason_words",
        "note",
        "asked_by",
        "psp_reference",
        "failure_reason",
        "unknown_reason",
        "created",
        "decided",
        "next_look",
        "metadata_json",
    )
    action_views: ClassVar = [WithdrawRefund, AskPspAboutRefund]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payment_intent")

    @admin.display(description="refund")
    def shown_id(self, refund: Refund) -> str:
        return mono(f"{refund.public_id[:6]}…{refund.public_id[-6:]}")

    @admin.display(description="id")
    def full_id(self, refund: Refund) -> str:
        return mono(refund.public_id)

    @admin.display(description="payment")
    def payment(self, refund: Refund) -> str:
        address = reverse("admin:payments_paymentintent_change", args=[refund.payment_intent_id])
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', address, mono(refund.payment_intent.public_id)
        )

    @admin.display(description="amount")
    def shown_amount(self, refund: Refund) -> str:
        return amount(refund.amount)

    @admin.display(description="status")
    def state(self, refund: Refund) -> str:
        return movement_badge(refund.status)

    @admin.display(description="reason")
    def reason_words(self, refund: Refund) -> str:
        return refund.get_reason_display() or "–"

    @admin.display(description="asked for by")
    def asked_by(self, refund: Refund) -> str:
        return actor_words(refund.requested_by)

    @admin.display(description="time")
    def created(self, refund: Refund) -> str:
        return instant(refund.created_at)

    @admin.display(description="decided")
    def decided(self, refund: Refund) -> str:
        return instant(refund.decided_at)

    @admin.display(description="we ask the PSP again")
    def next_look(self, refund: Refund) -> str:
        return instant(refund.next_check_at)

    @admin.display(description="metadata")
    def metadata_json(self, refund: Refund) -> str:
        return json_block(refund.metadata)

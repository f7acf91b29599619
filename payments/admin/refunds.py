"""Refunds: list and page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, amount, instant, json_block, mono, short_id
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from payments.admin.actions import AskPspAboutRefund, WithdrawRefund
from payments.admin.filters import AmountFilter, CurrencyFilter
from payments.admin.searching import REFUND_TERMS
from payments.admin.words import MOVEMENT_WORDS, movement_badge, order_of, payment_link, reason_words
from payments.models import Refund


@admin.register(Refund)
class RefundAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "shown_id",
        "order",
        "shown_amount",
        "state",
        "reason_words",
        "payment",
        "asked_by",
        "created",
    )
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in MOVEMENT_WORDS.items()]),
        CreatedFilter,
        CurrencyFilter,
        AmountFilter,
    )
    list_before_template = "admin/back_office/chips.html"
    search_fields = ("psp_reference__exact",)
    search_help_text = "The PSP's reference (re_…), 12.50 eur, yesterday, status:failed…"
    term_fields = REFUND_TERMS
    reference_fields = ("psp_reference",)
    fields = (
        "full_id",
        "payment",
        "shown_amount",
        "state",
        "reason_words",
        "note",
        "asked_by",
        "reference",
        "failure",
        "doubt",
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
        return short_id(refund.public_id)

    @admin.display(description="id")
    def full_id(self, refund: Refund) -> str:
        return mono(refund.public_id)

    @admin.display(description="payment")
    def payment(self, refund: Refund) -> str:
        return payment_link(refund.payment_intent)

    @admin.display(description="order")
    def order(self, refund: Refund) -> str:
        return order_of(refund.payment_intent)

    @admin.display(description="the PSP's reference")
    def reference(self, refund: Refund) -> str:
        return mono(refund.psp_reference)

    @admin.display(description="why it failed")
    def failure(self, refund: Refund) -> str:
        return reason_words(refund.failure_reason)

    @admin.display(description="why it is in doubt")
    def doubt(self, refund: Refund) -> str:
        return reason_words(refund.unknown_reason)

    @admin.display(description="amount")
    def shown_amount(self, refund: Refund) -> str:
        return amount(refund.amount)

    @admin.display(description="status")
    def state(self, refund: Refund) -> str:
        return movement_badge(refund.status)

    @admin.display(description="reason")
    def reason_words(self, refund: Refund) -> str:
        return refund.get_reason_display() or NOTHING

    @admin.display(description="asked for by")
    def asked_by(self, refund: Refund) -> str:
        return actor_words(refund.requested_by)

    @admin.display(description="asked for at")
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

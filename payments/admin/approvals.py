"""Refunds that wait for a second person: the list, what is asked for, and saying yes or no."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminTextareaWidget

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, amount, badge, instant, readable
from foundation.backoffice.filters import SelectFilter
from foundation.backoffice.forms import ActionForm, MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money
from payments.admin.limits import refund_limit
from payments.admin.words import movement_badge, order_of, payment_link
from payments.models import RefundApproval, RefundStatus
from payments.operations.approve_refund import approve_refund
from payments.operations.refuse_refund import refuse_refund

DECISION_WORDS = {
    RefundApproval.Decision.APPROVED: ("Approved", "good"),
    RefundApproval.Decision.REFUSED: ("Refused", "bad"),
    RefundApproval.Decision.LAPSED: ("Lapsed", "calm"),
}


class ApproveForm(ActionForm):
    # What the approver saw: an approval is of this amount and of no other.
    note = forms.CharField(
        required=False, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, shown: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"] = MajorUnitsField(
            currency=shown.currency, initial=shown, widget=forms.HiddenInput, label="Amount"
        )


class _Decision(ActionView):
    permission = "payments.approve_refund"

    @classmethod
    def applies(cls, approval: RefundApproval) -> bool:
        return approval.is_waiting


class ApproveRefund(_Decision):
    verb = "approve"
    label = "Approve"
    form_class = ApproveForm

    def explanation(self, approval: RefundApproval) -> str:
        refund = approval.refund
        return (
            f"{readable(refund.amount)} goes back to the customer at once, with both names. "
            "It lapses instead if the payment has changed since it was asked for."
        )

    def form_arguments(self, approval: RefundApproval) -> dict[str, Any]:
        return {"shown": approval.refund.amount}

    def reason_of(self, answers: dict[str, Any]) -> str:
        return str(answers["note"])

    def perform(self, approval: RefundApproval, answers: dict[str, Any]) -> str:
        decided = approve_refund(
            merchant_id=approval.merchant_id,
            refund_id=approval.refund_id,
            amount=answers["shown"],
            own_limit=refund_limit(self.request.user, approval.refund.currency),
            note=answers["note"],
        )
        if decided.decision == RefundApproval.Decision.LAPSED:
            return "The payment has changed since: the refund has lapsed, and no money moves."
        return f"The refund of {readable(approval.refund.amount)} is on its way."


class RefuseRefund(_Decision):
    verb = "refuse"
    label = "Refuse"
    tone = "danger"
    form_class = ReasonedForm

    def explanation(self, approval: RefundApproval) -> str:
        return "No money moves. The amount can be refunded again."

    def perform(self, approval: RefundApproval, answers: dict[str, Any]) -> str:
        refuse_refund(merchant_id=approval.merchant_id, refund_id=approval.refund_id, note=answers["reason"])
        return "The refund is refused."


class WaitingFilter(SelectFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waits"), ("decided", "Decided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        waits = {"decision": "", "refund__status": RefundStatus.REQUIRES_APPROVAL}
        if self.value() == "waiting":
            return queryset.filter(**waits)
        return queryset.exclude(**waits) if self.value() == "decided" else queryset


@admin.register(RefundApproval)
class RefundApprovalAdmin(BackOfficeAdmin):
    list_display = ("shown_amount", "payment", "order", "why", "asked_by", "asked_at", "state")
    list_filter = (WaitingFilter,)
    fields = (
        "shown_amount",
        "payment",
        "refund_state",
        "why",
        "limit",
        "asked_by",
        "asked_at",
        "lapses",
        "state",
        "decided",
        "decision_note",
    )
    action_views: ClassVar = [ApproveRefund, RefuseRefund]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("refund__payment_intent")

    @admin.display(description="amount")
    def shown_amount(self, approval: RefundApproval) -> str:
        return amount(approval.refund.amount)

    @admin.display(description="payment")
    def payment(self, approval: RefundApproval) -> str:
        return payment_link(approval.refund.payment_intent)

    @admin.display(description="order")
    def order(self, approval: RefundApproval) -> str:
        return order_of(approval.refund.payment_intent)

    @admin.display(description="refund")
    def refund_state(self, approval: RefundApproval) -> str:
        url = reverse("admin:payments_refund_change", args=[approval.refund_id])
        return format_html(
            '<a href="{}">{}</a> {}', url, approval.refund.public_id, movement_badge(approval.refund.status)
        )

    @admin.display(description="why")
    def why(self, approval: RefundApproval) -> str:
        refund = approval.refund
        return ": ".join(words for words in (refund.get_reason_display(), refund.note) if words) or NOTHING

    @admin.display(description="what they may refund alone")
    def limit(self, approval: RefundApproval) -> str:
        return amount(approval.own_limit)

    @admin.display(description="asked for by")
    def asked_by(self, approval: RefundApproval) -> str:
        return actor_words(approval.requested_by)

    @admin.display(description="asked for at")
    def asked_at(self, approval: RefundApproval) -> str:
        return instant(approval.requested_at)

    @admin.display(description="lapses")
    def lapses(self, approval: RefundApproval) -> str:
        return instant(approval.lapses_at)

    @admin.display(description="state")
    def state(self, approval: RefundApproval) -> str:
        if approval.is_waiting:
            return badge("Waits for another person", "warn")
        if not approval.decision:
            return badge("Overtaken", "calm")
        return badge(*DECISION_WORDS[RefundApproval.Decision(approval.decision)])

    @admin.display(description="decided")
    def decided(self, approval: RefundApproval) -> str:
        if approval.decided_at is None:
            return NOTHING
        return format_html("{} {}", actor_words(approval.decided_by), instant(approval.decided_at))

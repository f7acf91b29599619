"""Early fraud warnings: a refund now costs less than the dispute that may follow."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from disputes.models import FraudWarning
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import amount, badge, instant, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from foundation.backoffice.links import page_link
from foundation.money import Money

REFUND = "payments.refund_payment"


@admin.register(FraudWarning)
class FraudWarningAdmin(BackOfficeAdmin):
    list_display = ("reported", "charged", "refunded", "kind", "state", "payment", "network", "merchant_name")
    list_filter = (
        fixed_filter(
            "is_actionable",
            [("True", "A refund may prevent a dispute"), ("False", "Too late")],
            title="state",
        ),
        CreatedFilter,
    )
    search_fields = ("psp_reference__exact",)
    search_help_text = "The PSP's whole reference, such as issfr_…"
    fields = (
        "shown_id",
        "reported",
        "kind",
        "state",
        "charged",
        "refunded",
        "payment",
        "refund",
        "reference",
        "merchant_name",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "attempt__payment_method")

    def action_links(self, request: HttpRequest, warning: Any) -> list[dict[str, str]]:
        """The refund is the payment's own: its form, limits and rules are there. Whose role does not refund is told
        who does."""
        url = reverse("admin:payments_paymentintent_refund", args=[warning.payment_intent_id])
        refusal = "" if warning.is_actionable else "It is disputed or refunded already."
        if not request.user.has_perm(REFUND):
            url, refusal = "", refusal or "Your role does not refund: an agent does."
        return [{"label": "Refund the payment", "url": url, "refusal": refusal, "tone": "primary"}]

    @admin.display(description="id")
    def shown_id(self, warning: FraudWarning) -> str:
        return mono(warning.public_id)

    @admin.display(description="reported")
    def reported(self, warning: FraudWarning) -> str:
        return instant(warning.opened_at)

    @admin.display(description="charge")
    def charged(self, warning: FraudWarning) -> str:
        return amount(Money(warning.attempt.amount_captured_minor, warning.attempt.currency))

    @admin.display(description="refunded")
    def refunded(self, warning: FraudWarning) -> str:
        return amount(Money(warning.attempt.amount_refunded_minor, warning.attempt.currency))

    @admin.display(description="kind of fraud")
    def kind(self, warning: FraudWarning) -> str:
        return warning.fraud_type.replace("_", " ").capitalize()

    @admin.display(description="state")
    def state(self, warning: FraudWarning) -> str:
        attempt = warning.attempt
        if 0 < attempt.amount_captured_minor <= attempt.amount_refunded_minor:
            return badge("Refunded", "good")
        if warning.refund_id is not None:
            return badge("A rule asked for a refund", "wait")
        if warning.is_actionable:
            return badge("A refund may prevent a dispute", "warn")
        return badge("Too late to prevent", "calm")

    @admin.display(description="payment")
    def payment(self, warning: FraudWarning) -> str:
        return page_link("payment_intent", warning.payment_intent_id)

    @admin.display(description="refund")
    def refund(self, warning: FraudWarning) -> str:
        return page_link("refund", warning.refund_id)

    @admin.display(description="card")
    def network(self, warning: FraudWarning) -> str:
        return warning.attempt.payment_method.brand.capitalize()

    @admin.display(description="the PSP's reference")
    def reference(self, warning: FraudWarning) -> str:
        return mono(warning.psp_reference)

"""What the machine may decide about disputes, per merchant: set by a form that says why, kept with its history."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from disputes.admin.of_merchant import Shop, ShopActionsAdmin, ShopActionView
from disputes.models import DisputePolicy
from disputes.operations.set_dispute_policy import set_dispute_policy
from disputes.queries.disputes import find_policy
from foundation.backoffice.display import badge, readable
from foundation.backoffice.forms import MajorUnitsField, ReasonedForm
from foundation.money import EXPONENTS, Money

SET_POLICY = "disputes.set_dispute_policy"
CURRENCIES = sorted(EXPONENTS)
MOST_RATES = 50


class DisputePolicyForm(ReasonedForm):
    """The amounts are in the currency that the form itself chooses."""

    currency = forms.ChoiceField(
        label="Disputes are settled in",
        choices=[(code, code.upper()) for code in CURRENCIES],
        widget=UnfoldAdminSelectWidget,
    )
    conversion_rates = forms.CharField(
        required=False,
        label="Rates of other currencies",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=(
            "One a line: “jpy 0.0065” says that a yen is 0.0065 of the currency above. Without a rate, people decide."
        ),
    )
    submits_staged_evidence = forms.BooleanField(
        required=False,
        label="Send what is staged 24 hours before the deadline",
        widget=UnfoldBooleanSwitchWidget,
    )
    refunds_fraud_warnings = forms.BooleanField(
        required=False,
        label="Refund charges with an early fraud warning",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Only where the charge is at most 1.35 times the dispute fee.",
    )

    def __init__(self, *args: Any, shop: Shop, policy: DisputePolicy | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = policy.currency if policy is not None else shop.currency
        chosen = self.data.get("currency", shown) if self.is_bound else shown
        currency = chosen if chosen in CURRENCIES else shown
        self.fields["currency"].initial = shown
        self.fields["auto_accept_below"] = MajorUnitsField(
            currency=currency,
            required=False,
            label="Accept disputes below",
            help_text="Strictly below it, after 24 hours' notice, when nobody has touched it. Empty: never.",
        )
        self.fields["dispute_fee"] = MajorUnitsField(
            currency=currency,
            required=False,
            label="Fee of a dispute",
            help_text="What the PSP charges for each. Fraud warnings are refunded up to 1.35 times it.",
        )
        self.fields["counter_fee"] = MajorUnitsField(
            currency=currency, required=False, label="Fee of contesting one", help_text="Empty: none."
        )
        if policy is not None:
            self._show(policy)
        else:
            self.fields["submits_staged_evidence"].initial = True
            self.fields["dispute_fee"].initial = Money(DisputePolicy().dispute_fee_minor, shown)
        self.order_fields(
            [
                "currency",
                "auto_accept_below",
                "conversion_rates",
                "dispute_fee",
                "counter_fee",
                "submits_staged_evidence",
                "refunds_fraud_warnings",
                "reason",
            ]
        )

    def clean_conversion_rates(self) -> dict[str, Decimal]:
        rates: dict[str, Decimal] = {}
        for line in self.cleaned_data["conversion_rates"].splitlines():
            if not line.strip():
                continue
            code, _, text = line.strip().partition(" ")
            rates[_currency(code)] = _rate(text)
        if len(rates) > MOST_RATES:
            raise forms.ValidationError(f"At most {MOST_RATES} rates.")
        return rates

    def _show(self, policy: DisputePolicy) -> None:
        limit = policy.auto_accept_below_minor
        self.fields["auto_accept_below"].initial = (
            Money(limit, policy.currency) if limit is not None else None
        )
        self.fields["dispute_fee"].initial = Money(policy.dispute_fee_minor, policy.currency)
        self.fields["counter_fee"].initial = (
            Money(policy.counter_fee_minor, policy.currency) if policy.counter_fee_minor else None
        )
        self.fields["conversion_rates"].initial = "\n".join(
            f"{code} {rate}" for code, rate in policy.conversion_rates.items()
        )
        self.fields["submits_staged_evidence"].initial = policy.submits_staged_evidence
        self.fields["refunds_fraud_warnings"].initial = policy.refunds_fraud_warnings


class SetPolicy(ShopActionView):
    verb = "set"
    label = "Set the policy"
    permission = SET_POLICY
    form_class = DisputePolicyForm

    def form_arguments(self, shop: Shop) -> dict[str, Any]:
        return {"shop": shop, "policy": find_policy(shop.merchant_id)}

    def explanation(self, shop: Shop) -> str:
        return f"What may be decided about the disputes of {shop.name} without a person."

    def perform(self, shop: Shop, answers: dict[str, Any]) -> str:
        currency = answers["currency"]
        nothing = Money.zero(currency)
        set_dispute_policy(
            merchant_id=shop.merchant_id,
            currency=currency,
            auto_accept_below=answers["auto_accept_below"],
            conversion_rates=answers["conversion_rates"],
            refunds_fraud_warnings=answers["refunds_fraud_warnings"],
            submits_staged_evidence=answers["submits_staged_evidence"],
            dispute_fee=answers["dispute_fee"] or nothing,
            counter_fee=answers["counter_fee"] or nothing,
        )
        return f"The policy of {shop.name} is set."


@admin.register(DisputePolicy)
class DisputePolicyAdmin(SimpleHistoryAdmin, ShopActionsAdmin):
    list_display = ("merchant_name", "limit", "automatic", "warnings", "fee", "counter_fee")
    fields = ("merchant_name", "limit", "rates", "automatic", "warnings", "fee", "counter_fee")
    shop_views: ClassVar = [SetPolicy]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    @admin.display(description="accepts by itself")
    def limit(self, policy: DisputePolicy) -> str:
        if policy.auto_accept_below_minor is None:
            return badge("Never", "calm")
        return f"below {readable(Money(policy.auto_accept_below_minor, policy.currency))}"

    @admin.display(description="rates")
    def rates(self, policy: DisputePolicy) -> str:
        told = [
            f"1 {code.upper()} = {rate} {policy.currency.upper()}"
            for code, rate in policy.conversion_rates.items()
        ]
        return "; ".join(told) or "none"

    @admin.display(description="staged evidence")
    def automatic(self, policy: DisputePolicy) -> str:
        if policy.submits_staged_evidence:
            return badge("Sent 24 h before the deadline", "good")
        return badge("Waits for a person", "calm")

    @admin.display(description="early fraud warnings")
    def warnings(self, policy: DisputePolicy) -> str:
        if policy.refunds_fraud_warnings:
            return badge("Refunded up to 1.35 × the fee", "good")
        return badge("Wait for a person", "calm")

    @admin.display(description="dispute fee")
    def fee(self, policy: DisputePolicy) -> str:
        return readable(Money(policy.dispute_fee_minor, policy.currency))

    @admin.display(description="counter fee")
    def counter_fee(self, policy: DisputePolicy) -> str:
        return readable(Money(policy.counter_fee_minor, policy.currency))


def _currency(code: str) -> str:
    if code.lower() not in EXPONENTS:
        raise forms.ValidationError(f"“{code}” is no currency.")
    return code.lower()


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        raise forms.ValidationError(f"“{text.strip()}” is no rate: write it as 0.0065.") from None
    if not rate.is_finite() or rate <= 0:
        raise forms.ValidationError("A rate is above zero.")
    return rate

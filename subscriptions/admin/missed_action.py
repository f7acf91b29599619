"""Let a halted subscription go on: what was missed is shown with its amounts, and billed or skipped by a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.backoffice.display import instant, readable
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.errors import DomainError
from subscriptions.admin.words import signed
from subscriptions.models import Subscription
from subscriptions.operations.preview_missed_renewals import preview_missed_renewals
from subscriptions.operations.settle_missed_renewals import MissedChoice, settle_missed_renewals
from subscriptions.steps.missed_renewals import MissedPeriod, MissedRenewals

SHOWN = 24


class MissedForm(ReasonedForm):
    choice = forms.ChoiceField(
        label="What was missed",
        choices=[
            (MissedChoice.SKIP.value, "is skipped: nobody owes anything for it"),
            (MissedChoice.BILL.value, "is billed, each period by an invoice of its own"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    token = forms.CharField(widget=forms.HiddenInput)
    field_order = ("choice", "reason")


class SettleMissed(ActionView):
    verb = "settle_missed"
    label = "Go on renewing"
    permission = "subscriptions.change_billing"
    form_class = MissedForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live and subscription.halted_at is not None

    @classmethod
    def refusal(cls, subscription: Subscription) -> str:
        return "" if subscription.halted_at is not None else "Renewing was not halted."

    def form_arguments(self, subscription: Subscription) -> dict[str, Any]:
        found = _missed(subscription)
        return {"initial": {"token": found.token}} if found is not None else {}

    def explanation(self, subscription: Subscription) -> str:
        found = _missed(subscription)
        if found is None:
            return "There is nothing to bill one by one."
        more = len(found.missed) - SHOWN
        return format_html(
            "Missed: {}{}, together {}. The running period, {}, is billed in any case.",
            format_html_join("; ", "{}", [(_words(one),) for one in found.missed[:SHOWN]]),
            f"; and {more} more" if more > 0 else "",
            readable(found.total),
            _words(found.running),
        )

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        choice = MissedChoice(answers["choice"])
        settle_missed_renewals(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            choice=choice,
            token=answers["token"],
            reason=answers["reason"],
        )
        if choice == MissedChoice.BILL:
            return "Renewing goes on: the missed periods are billed one after the other."
        return "Renewing goes on with the running period; what was missed is skipped."


def _missed(subscription: Subscription) -> MissedRenewals | None:
    """None where it is not halted, or has missed more than is billed at once."""
    try:
        return preview_missed_renewals(merchant_id=subscription.merchant_id, subscription_id=subscription.id)
    except DomainError:
        return None


def _words(one: MissedPeriod) -> str:
    return format_html("{} to {}: {}", instant(one.period.start), instant(one.period.end), signed(one.total))

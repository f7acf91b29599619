"""Having stored webhooks handled again from the back office: one, or those of an account and a span of time."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from payments.models import PspAccount, PspWebhook
from payments.operations.replay_webhooks import replay_webhooks

REPLAY_PERMISSION = "payments.replay_psp_webhook"
MOST_AT_ONCE = 5_000


class ReplayWebhook(ActionView):
    verb = "replay"
    label = "Handle again"
    permission = REPLAY_PERMISSION
    form_class = ReasonedForm

    def explanation(self, webhook: PspWebhook) -> str:
        return "It is handled by the code that handles new ones. What is known already changes nothing."

    def perform(self, webhook: PspWebhook, answers: dict[str, Any]) -> str:
        replay_webhooks(merchant_id=webhook.merchant_id, webhook_ids=[webhook.id])
        return "The webhook is handled again within a second."


class ReplaySpanForm(ReasonedForm):
    received_from = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget, help_text="The first instant that counts, in your time zone."
    )
    received_to = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, required=False)
    event_type = forms.CharField(
        required=False, max_length=100, widget=UnfoldAdminTextInputWidget, help_text="Empty: every type."
    )
    is_dry_run = forms.BooleanField(
        required=False, initial=True, widget=UnfoldBooleanSwitchWidget, label="Only count them"
    )
    field_order = ("received_from", "received_to", "event_type", "is_dry_run", "reason")


class ReplayWebhooks(ActionView):
    """On a PSP account."""

    verb = "replay_webhooks"
    label = "Replay webhooks"
    permission = REPLAY_PERMISSION
    form_class = ReplaySpanForm

    def explanation(self, account: PspAccount) -> str:
        return (
            f"What came to {account.name} in a span of time, at most {MOST_AT_ONCE:,} at once, oldest first."
        )

    def perform(self, account: PspAccount, answers: dict[str, Any]) -> str:
        replay = replay_webhooks(
            merchant_id=account.merchant_id,
            psp_account_id=account.id,
            received_from=answers["received_from"],
            received_to=answers["received_to"],
            event_type=answers["event_type"] or None,
            is_dry_run=answers["is_dry_run"],
            limit=MOST_AT_ONCE,
        )
        if replay.is_dry_run:
            return f"{replay.found} webhooks would be handled again."
        return f"{replay.found} webhooks are being handled again ({replay.public_id})."

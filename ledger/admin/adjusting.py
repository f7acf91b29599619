"""Asking for an adjustment or a reversal, and deciding about one: each is a form that calls one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation.backoffice.display import readable
from foundation.backoffice.forms import ActionForm, MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from ledger.admin.days import DayField, within
from ledger.models import JournalEntry, LedgerAccount, ManualAdjustment
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.refuse_adjustment import refuse_adjustment
from ledger.operations.request_adjustment import request_adjustment
from ledger.operations.request_reversal import request_reversal
from ledger.operations.withdraw_adjustment import withdraw_adjustment
from ledger.paths import FX_PREFIX, MAX_PATH_LENGTH
from ledger.queries.entries import has_reversal
from ledger.steps import Line

WAITS = "It waits for another person's approval."


class AdjustForm(ReasonedForm):
    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MajorUnitsField(currency=currency, label=f"Amount in {currency.upper()}")
        self.order_fields(["side", "amount", "against", "day", "reason"])

    side = forms.ChoiceField(
        label="This account is",
        choices=[("debit", "debited"), ("credit", "credited")],
        widget=UnfoldAdminSelectWidget,
    )
    against = forms.CharField(
        label="Against the account",
        max_length=MAX_PATH_LENGTH,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Its path, such as expenses/psp_fees; the same currency.",
    )
    day = DayField(label="Dated")


class AdjustAccount(ActionView):
    verb = "adjust"
    label = "Adjust"
    permission = "ledger.request_adjustment"
    form_class = AdjustForm

    @classmethod
    def applies(cls, account: LedgerAccount) -> bool:
        return account.type != LedgerAccount.Type.MEMO and not account.path.startswith(f"{FX_PREFIX}/")

    def explanation(self, account: LedgerAccount) -> str:
        return "Nothing is posted before another person has approved exactly this."

    def form_arguments(self, account: LedgerAccount) -> dict[str, Any]:
        return {"currency": account.currency}

    def perform(self, account: LedgerAccount, answers: dict[str, Any]) -> str:
        amount = answers["amount"] if answers["side"] == "debit" else -answers["amount"]
        request_adjustment(
            merchant_id=account.merchant_id,
            adjustment_id=answers["form_key"],
            lines=[Line(account.path, amount), Line(answers["against"], -amount)],
            effective_at=within(answers["day"]),
            reason=answers["reason"],
        )
        return f"An adjustment of {readable(answers['amount'])} is asked for. {WAITS}"


class ReverseForm(ReasonedForm):
    day = DayField(label="Dated")
    field_order = ("day", "reason")


class ReverseEntry(ActionView):
    verb = "reverse"
    label = "Ask for reversal"
    tone = "plain"
    permission = "ledger.request_adjustment"
    form_class = ReverseForm

    @classmethod
    def applies(cls, entry: JournalEntry) -> bool:
        return entry.hold_id is None

    @classmethod
    def refusal(cls, entry: JournalEntry) -> str:
        return "It is reversed already." if has_reversal(entry.merchant_id, entry.id) else ""

    def explanation(self, entry: JournalEntry) -> str:
        return "Its opposite is posted once another person has approved it. The entry itself stays."

    def perform(self, entry: JournalEntry, answers: dict[str, Any]) -> str:
        request_reversal(
            merchant_id=entry.merchant_id,
            adjustment_id=answers["form_key"],
            entry_id=entry.id,
            effective_at=within(answers["day"]),
            reason=answers["reason"],
        )
        return f"The reversal is asked for. {WAITS}"


class ApproveForm(ActionForm):
    # What the approver saw: an approval is of this and of nothing else.
    shown = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(
        required=False, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, shown: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"].initial = shown


class _Decision(ActionView):
    @classmethod
    def applies(cls, adjustment: ManualAdjustment) -> bool:
        return adjustment.status == ManualAdjustment.Status.REQUESTED


class ApproveAdjustment(_Decision):
    verb = "approve"
    label = "Approve"
    permission = "ledger.approve_adjustment"
    form_class = ApproveForm

    def explanation(self, adjustment: ManualAdjustment) -> str:
        return "The entry is posted at once, with both names. It can only be taken back by a reversal."

    def form_arguments(self, adjustment: ManualAdjustment) -> dict[str, Any]:
        return {"shown": adjustment.parameters_hash}

    def reason_of(self, answers: dict[str, Any]) -> str:
        return str(answers["note"])

    def perform(self, adjustment: ManualAdjustment, answers: dict[str, Any]) -> str:
        approve_adjustment(
            merchant_id=adjustment.merchant_id,
            adjustment_id=adjustment.id,
            parameters_hash=answers["shown"],
            note=answers["note"],
        )
        return "Approved and posted."


class RefuseAdjustment(_Decision):
    verb = "refuse"
    label = "Refuse"
    tone = "danger"
    permission = "ledger.approve_adjustment"
    form_class = ReasonedForm

    def perform(self, adjustment: ManualAdjustment, answers: dict[str, Any]) -> str:
        refuse_adjustment(
            merchant_id=adjustment.merchant_id, adjustment_id=adjustment.id, note=answers["reason"]
        )
        return "Refused. Nothing was posted."


class WithdrawAdjustment(_Decision):
    verb = "withdraw"
    label = "Withdraw"
    tone = "plain"
    permission = "ledger.request_adjustment"

    def perform(self, adjustment: ManualAdjustment, answers: dict[str, Any]) -> str:
        withdraw_adjustment(merchant_id=adjustment.merchant_id, adjustment_id=adjustment.id)
        return "Withdrawn. Nothing was posted."

"""What finance does with a break: each is a form that a POST sends to one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation.backoffice.display import amount, readable
from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.ids import PublicIdInvalid, decode_id
from foundation.money import EXPONENTS, Money
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import MatchImpossible
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.assign_break import assign_break
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.match_by_hand import match_by_hand
from ledger.reconciliation.operations.refuse_write_off import refuse_write_off
from ledger.reconciliation.operations.request_write_off import request_write_off

WAITS = ReconciliationBreak.Status.WRITE_OFF_REQUESTED


def line_amount(minor: int, currency: str) -> str:
    """Money for reading; minor units as they came where ISO 4217 does not know the currency."""
    if currency in EXPONENTS:
        return amount(Money(minor, currency))
    return f"{minor:,} minor units of {currency.upper()}"


class AssignForm(ActionForm):
    owner = forms.CharField(
        required=False,
        max_length=150,
        widget=UnfoldAdminTextInputWidget,
        help_text="A user name; empty: nobody.",
    )


class ExplainForm(ActionForm):
    explanation = forms.CharField(max_length=1_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class MatchForm(ActionForm):
    other = forms.CharField(
        label="The other break",
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text="brk_…: what one side misses is what the other side misses.",
    )


class ApproveForm(ActionForm):
    """Carries what the approver saw: an approval of another amount is refused."""

    amount_minor = forms.IntegerField(widget=forms.HiddenInput)
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)


class AssignBreak(ActionView):
    verb = "assign"
    label = "Assign"
    tone = "plain"
    permission = "ledger.explain_break"
    form_class = AssignForm

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        return found.is_open

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        assign_break(merchant_id=found.merchant_id, break_id=found.id, owner=answers["owner"])
        return f"The break belongs to {answers['owner'] or 'nobody'}."


class ExplainBreak(ActionView):
    verb = "explain"
    label = "Explain"
    permission = "ledger.explain_break"
    form_class = ExplainForm

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        return found.is_open and found.status != WAITS

    def reason_of(self, answers: dict[str, Any]) -> str:
        return str(answers["explanation"])

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        explain_break(merchant_id=found.merchant_id, break_id=found.id, explanation=answers["explanation"])
        return "The explanation is kept."


class MatchBreak(ActionView):
    verb = "match"
    label = "Match"
    permission = "ledger.explain_break"
    form_class = MatchForm

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        kinds = (ReconciliationBreak.Kind.MISSING_AT_US, ReconciliationBreak.Kind.MISSING_AT_PSP)
        return found.is_open and found.status != WAITS and found.kind in kinds

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        try:
            other = decode_id(ReconciliationBreak.public_prefix, answers["other"].strip())
        except PublicIdInvalid:
            raise MatchImpossible("This is no id of a break.", param="other") from None
        match_by_hand(merchant_id=found.merchant_id, break_id=found.id, other_break_id=other)
        return "The two are matched."


class RequestWriteOff(ActionView):
    verb = "request_write_off"
    label = "Ask to write off"
    tone = "danger"
    permission = "ledger.request_write_off"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        return found.is_open and found.status != WAITS and found.amount_minor != 0

    @classmethod
    def refusal(cls, found: ReconciliationBreak) -> str:
        return (
            ""
            if found.currency in EXPONENTS
            else "ISO 4217 does not know the currency: nothing can be posted."
        )

    def explanation(self, found: ReconciliationBreak) -> str:
        return "Nothing is posted until somebody else agrees."

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        request_write_off(merchant_id=found.merchant_id, break_id=found.id, reason=answers["reason"])
        return "The write-off waits for somebody else."


class ApproveWriteOff(ActionView):
    verb = "approve_write_off"
    label = "Write off"
    tone = "danger"
    permission = "ledger.approve_write_off"
    form_class = ApproveForm

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        return found.is_open and found.status == WAITS

    def form_arguments(self, found: ReconciliationBreak) -> dict[str, Any]:
        return {"initial": {"amount_minor": found.amount_minor, "currency": found.currency}}

    def explanation(self, found: ReconciliationBreak) -> str:
        shown = readable(Money(found.amount_minor, found.currency))
        asked_by = found.write_off_requested_by.removeprefix("staff:")
        return f"{asked_by} asks to give up {shown}: {found.write_off_reason} An entry is posted for it."

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        approve_write_off(
            merchant_id=found.merchant_id,
            break_id=found.id,
            amount_minor=answers["amount_minor"],
            currency=answers["currency"],
        )
        return "The difference is written off."


class RefuseWriteOff(ActionView):
    verb = "refuse_write_off"
    label = "Do not write off"
    tone = "plain"
    permission = "ledger.approve_write_off"

    @classmethod
    def applies(cls, found: ReconciliationBreak) -> bool:
        return found.is_open and found.status == WAITS

    def perform(self, found: ReconciliationBreak, answers: dict[str, Any]) -> str:
        refuse_write_off(merchant_id=found.merchant_id, break_id=found.id)
        return "The break is open again."

"""Asking the PSP about a case, resolving it with proof, and deciding what another person asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation import ids
from foundation.backoffice.display import readable
from foundation.backoffice.forms import ActionForm, MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from payments.admin.evidence import ANSWER_WORDS, evidence_of
from payments.errors import CaseVerdictRefused
from payments.models import Case, CaseKind, CaseResolution, CaseVerdict, PaymentAttempt
from payments.operations.approve_case_resolution import approve_case_resolution
from payments.operations.ask_about_movement import ask_about_movement
from payments.operations.refuse_case_resolution import refuse_case_resolution
from payments.operations.request_case_resolution import request_case_resolution
from payments.operations.withdraw_case_resolution import withdraw_case_resolution
from payments.queries.cases import find_open_resolution
from payments.queries.evidence import Evidence

WAITS = "It waits for another person's approval."
RESOLVED = "The case is resolved already."


class AskAboutCase(ActionView):
    verb = "ask"
    label = "Ask the PSP now"
    tone = "plain"
    permission = "payments.ask_psp"

    @classmethod
    def applies(cls, case: Case) -> bool:
        subject = evidence_of(case).subject
        return subject is not None and subject.account is not None and subject.row.status != "created"

    def explanation(self, case: Case) -> str:
        return "We ask at once what became of it, and wait for the answer. Nothing is sent again."

    def perform(self, case: Case, answers: dict[str, Any]) -> str:
        word = ask_about_movement(
            merchant_id=case.merchant_id, kind=case.subject_kind, subject_id=case.subject_id
        )
        return f"The PSP was asked: {ANSWER_WORDS.get(word, word.replace('_', ' '))}."


class ResolveForm(ActionForm):
    proof = forms.CharField(
        label="How you know",
        max_length=1_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What you saw, and where. The person who approves looks at the same.",
    )
    proof_reference = forms.CharField(
        label="Reference",
        max_length=255,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="The PSP's reference of the movement, its ticket, or the file and line.",
    )

    def __init__(self, *args: Any, evidence: Evidence, is_unmatched: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = list(evidence.allowed)
        if is_unmatched:
            allowed = [CaseVerdict.HAPPENED, CaseVerdict.OTHER_AMOUNT, CaseVerdict.KEEP_OURS]
            self.fields["charge"] = forms.CharField(
                required=False,
                label="Charge it belongs to",
                widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
                help_text="Its id (ch_…), unless our books stay as they are.",
            )
        self.fields["verdict"] = forms.ChoiceField(
            choices=[(verdict.value, verdict.label) for verdict in allowed],
            initial=evidence.suggestion.verdict,
            widget=UnfoldAdminSelectWidget,
        )
        currency = _currency_of(evidence)
        if CaseVerdict.OTHER_AMOUNT in allowed and currency:
            self.fields["amount"] = MajorUnitsField(
                currency=currency,
                label=f"Amount in {currency.upper()}",
                required=False,
                initial=evidence.suggestion.amount,
                help_text="Only if it was another amount than asked for.",
            )
        self.order_fields(["verdict", "amount", "charge", "proof", "proof_reference"])

    def clean_charge(self) -> Any:
        text = self.cleaned_data["charge"].strip()
        if not text:
            return None
        try:
            return ids.decode_id(PaymentAttempt.public_prefix, text)
        except ids.PublicIdInvalid:
            raise forms.ValidationError("The id of a charge begins with ch_.") from None


def _currency_of(evidence: Evidence) -> str:
    if evidence.subject is not None:
        return evidence.subject.amount.currency if evidence.subject.amount else ""
    claims = [case.evidence.get("claimed_currency") for case in evidence.cases]
    return str(next((claim for claim in claims if claim), ""))


class ResolveCase(ActionView):
    verb = "resolve"
    label = "Resolve with proof"
    permission = "payments.resolve_case"
    form_class = ResolveForm
    template_name = "admin/payments/case/resolve.html"

    @classmethod
    def refusal(cls, case: Case) -> str:
        if case.resolved_at is not None:
            return RESOLVED
        waiting = find_open_resolution(case)
        return "" if waiting is None else "A resolution is asked for already: approve or refuse that one."

    def explanation(self, case: Case) -> str:
        return "Nothing is recorded before another person has approved exactly this."

    def form_arguments(self, case: Case) -> dict[str, Any]:
        return {"evidence": evidence_of(case), "is_unmatched": case.kind == CaseKind.UNMATCHED}

    def page_context(self, case: Case) -> dict[str, Any]:
        suggestion = evidence_of(case).suggestion
        return {
            "suggested": suggestion.verdict.label if suggestion.verdict else "No verdict yet",
            "reasons": suggestion.reasons,
        }

    def reason_of(self, answers: dict[str, Any]) -> str:
        return f"{answers['proof']} ({answers['proof_reference']})"[:500]

    def perform(self, case: Case, answers: dict[str, Any]) -> str:
        verdict = CaseVerdict(answers["verdict"])
        charge = answers.get("charge")
        if case.kind == CaseKind.UNMATCHED and verdict != CaseVerdict.KEEP_OURS and charge is None:
            raise CaseVerdictRefused("Name the charge that it belongs to.", param="charge")
        request_case_resolution(
            merchant_id=case.merchant_id,
            case_id=case.id,
            resolution_id=answers["form_key"],
            verdict=verdict,
            amount=answers.get("amount") if verdict == CaseVerdict.OTHER_AMOUNT else None,
            attempt_id=charge if verdict != CaseVerdict.KEEP_OURS else None,
            proof=answers["proof"],
            proof_reference=answers["proof_reference"],
        )
        return f"“{verdict.label}” is asked for. {WAITS}"


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
    def applies(cls, resolution: CaseResolution) -> bool:
        return resolution.status == CaseResolution.Status.REQUESTED


class ApproveResolution(_Decision):
    verb = "approve"
    label = "Approve"
    permission = "payments.approve_case_resolution"
    form_class = ApproveForm

    def explanation(self, resolution: CaseResolution) -> str:
        amount = f" ({readable(resolution.amount)})" if resolution.amount else ""
        return (
            f"“{CaseVerdict(resolution.verdict).label}”{amount} is recorded at once, with both names. "
            "It lapses instead if the movement has changed since it was asked for."
        )

    def form_arguments(self, resolution: CaseResolution) -> dict[str, Any]:
        return {"shown": resolution.parameters_hash}

    def reason_of(self, answers: dict[str, Any]) -> str:
        return str(answers["note"])

    def perform(self, resolution: CaseResolution, answers: dict[str, Any]) -> str:
        decided = approve_case_resolution(
            merchant_id=resolution.merchant_id,
            resolution_id=resolution.id,
            parameters_hash=answers["shown"],
            note=answers["note"],
        )
        if decided.status == CaseResolution.Status.LAPSED:
            return "It has lapsed: the movement changed after it was looked at. Nothing was recorded."
        return "Approved. It is being recorded; reload in a moment."


class RefuseResolution(_Decision):
    verb = "refuse"
    label = "Refuse"
    tone = "danger"
    permission = "payments.approve_case_resolution"
    form_class = ReasonedForm

    def perform(self, resolution: CaseResolution, answers: dict[str, Any]) -> str:
        refuse_case_resolution(
            merchant_id=resolution.merchant_id, resolution_id=resolution.id, note=answers["reason"]
        )
        return "Refused. The case stays open."


class WithdrawResolution(_Decision):
    verb = "withdraw"
    label = "Withdraw"
    tone = "plain"
    permission = "payments.resolve_case"

    def perform(self, resolution: CaseResolution, answers: dict[str, Any]) -> str:
        withdraw_case_resolution(merchant_id=resolution.merchant_id, resolution_id=resolution.id)
        return "Withdrawn. The case stays open."

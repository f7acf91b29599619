"""Credit notes by hand: how much of which line goes back, seen before it is issued; and taking one back."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from foundation.backoffice.display import readable
from foundation.backoffice.forms import ActionForm, MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money
from subscriptions.models import CreditNote, CreditNoteStatus, Invoice, InvoiceLine, InvoiceStatus
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.preview_credit_note import preview_credit_note
from subscriptions.operations.void_credit_note import void_credit_note
from subscriptions.queries.invoices import list_lines
from subscriptions.steps.reckon_note import CREDITABLE

REASONS = [
    ("", "Choose a reason"),
    ("duplicate", "Billed twice"),
    ("fraudulent", "Fraud"),
    ("order_change", "The order was changed"),
    ("product_unsatisfactory", "Not as it should be"),
]
WAYS = [
    ("balance", "To the customer's balance: their next invoices are lower"),
    ("refund", "Refunded to the card that paid"),
    ("out_of_band", "Given back another way, by bank transfer or cash"),
]
LINES_OFFERED = 50


class CreditNoteForm(ActionForm):
    reason = forms.ChoiceField(choices=REASONS, widget=UnfoldAdminSelectWidget)
    way = forms.ChoiceField(
        label="What was paid already",
        choices=WAYS,
        widget=UnfoldAdminSelectWidget,
        help_text="What is still owed is lowered first; only the rest goes back.",
    )
    note = forms.CharField(
        label="In your own words",
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Printed on the credit note, and kept with your name.",
    )

    def __init__(self, *args: Any, lines: list[InvoiceLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"line_{line.ordinal}"] = MajorUnitsField(
                currency=line.currency,
                required=False,
                label=f"{line.description}, in {line.currency.upper()}",
                help_text=f"The line is {readable(line.amount)} before discounts and tax, which follow it.",
            )
        self.order_fields([*(f"line_{line.ordinal}" for line in lines), "way", "reason", "note"])

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        answers["credited"] = [
            Credited(line_id=line.id, amount_minor=amount.amount_minor)
            for line in self.lines
            if isinstance(amount := answers.get(f"line_{line.ordinal}"), Money)
        ]
        if not answers["credited"] and not self.errors:
            raise forms.ValidationError("Write how much of which line goes back.")
        return answers


class IssueCreditNote(ActionView):
    verb = "credit"
    label = "Credit note"
    permission = "subscriptions.issue_credit_note"
    form_class = CreditNoteForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status in CREDITABLE

    @classmethod
    def refusal(cls, invoice: Invoice) -> str:
        if invoice.status not in CREDITABLE:
            return "Only a final invoice is credited; a draft is changed, a void one is owed by nobody."
        return "" if invoice.total_minor > 0 else "The invoice is over nothing."

    def form_arguments(self, invoice: Invoice) -> dict[str, Any]:
        lines = [line for line in list_lines(invoice) if line.amount_minor > 0]
        return {"lines": lines[:LINES_OFFERED]}

    def explanation(self, invoice: Invoice) -> str:
        left = invoice.amount_remaining
        owed = f"{readable(left)} of it is still owed. " if not left.is_zero else "It is paid in full. "
        return f"{owed}The note gets a number of its own and can not be changed afterwards."

    def reason_of(self, answers: dict[str, Any]) -> str:
        return str(answers["note"])

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        note = create_credit_note(
            merchant_id=invoice.merchant_id,
            credit_note_id=answers["form_key"],
            invoice_id=invoice.id,
            credited=answers["credited"],
            plan=_plan(invoice, answers),
            reason=answers["reason"],
            memo=answers["note"],
        )
        return f"Credit note {note.number} over {readable(note.total)} is issued."


def _plan(invoice: Invoice, answers: dict[str, Any]) -> NotePlan:
    """What is beyond the remaining amount goes back the chosen way, all of it."""
    if answers["way"] == "balance":
        return NotePlan()
    _, reckoned = preview_credit_note(
        merchant_id=invoice.merchant_id, invoice_id=invoice.id, credited=answers["credited"]
    )
    back = reckoned.split.post_payment_minor
    if answers["way"] == "refund":
        return NotePlan(refund_minor=back, credit_minor=0)
    return NotePlan(out_of_band_minor=back, credit_minor=0)


class VoidCreditNote(ActionView):
    verb = "void"
    label = "Void"
    tone = "danger"
    permission = "subscriptions.issue_credit_note"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, note: CreditNote) -> bool:
        return note.status == CreditNoteStatus.ISSUED

    @classmethod
    def refusal(cls, note: CreditNote) -> str:
        if note.pre_payment_minor != note.total_minor:
            return "Money went back with it: that can not be taken back."
        if note.invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
            return "Its invoice is closed."
        return ""

    def explanation(self, note: CreditNote) -> str:
        return "What it took off its invoice is owed again. It keeps its number."

    def perform(self, note: CreditNote, answers: dict[str, Any]) -> str:
        void_credit_note(merchant_id=note.merchant_id, credit_note_id=note.id)
        return f"Credit note {note.number} is void."

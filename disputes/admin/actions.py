"""What an agent does with a dispute beside its evidence: take it, give it to a colleague, write a note."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from disputes.models import Dispute
from disputes.operations.assign_dispute import assign_dispute
from disputes.operations.note_dispute import note_dispute
from foundation.backoffice.forms import ActionForm
from foundation.backoffice.scoping import list_colleagues
from foundation.backoffice.views import ActionView

ANSWER = "disputes.answer_dispute"
ACCEPT = "disputes.accept_dispute"
ASSIGN = "disputes.assign_dispute"
NOTE = "disputes.note_dispute"
NOTE_CHARACTERS = 2_000


class TakeForm(ActionForm):
    """shown: who worked on it when the person looked, empty for nobody."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, assigned_to: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"].initial = assigned_to


class TakeDispute(ActionView):
    verb = "take"
    label = "Take it"
    tone = "plain"
    permission = ASSIGN
    form_class = TakeForm

    def form_arguments(self, dispute: Dispute) -> dict[str, Any]:
        return {"assigned_to": dispute.assigned_to}

    @classmethod
    def applies(cls, dispute: Dispute) -> bool:
        return not dispute.is_closed

    def explanation(self, dispute: Dispute) -> str:
        taken = f"{dispute.assigned_to} works on it now. " if dispute.assigned_to else ""
        return f"{taken}It becomes yours, and no rule accepts it over your head."

    def perform(self, dispute: Dispute, answers: dict[str, Any]) -> str:
        assign_dispute(
            merchant_id=dispute.merchant_id,
            dispute_id=dispute.id,
            assigned_to=self.request.user.get_username(),
            expected=answers["shown"],
        )
        return "It is yours."


class AssignForm(TakeForm):
    def __init__(self, *args: Any, colleagues: list[str], assigned_to: str, **kwargs: Any) -> None:
        super().__init__(*args, assigned_to=assigned_to, **kwargs)
        names = sorted({*colleagues, assigned_to} - {""})
        self.fields["to"].choices = [("", "Nobody"), *((name, name) for name in names)]  # type: ignore[attr-defined]
        self.fields["to"].initial = assigned_to

    to = forms.ChoiceField(required=False, label="Who works on it", widget=UnfoldAdminSelectWidget)


class AssignDispute(ActionView):
    verb = "assign"
    label = "Assign"
    tone = "plain"
    permission = ASSIGN
    form_class = AssignForm

    @classmethod
    def applies(cls, dispute: Dispute) -> bool:
        return not dispute.is_closed

    def form_arguments(self, dispute: Dispute) -> dict[str, Any]:
        return {
            "colleagues": list_colleagues(dispute.merchant_id, ANSWER),
            "assigned_to": dispute.assigned_to,
        }

    def perform(self, dispute: Dispute, answers: dict[str, Any]) -> str:
        assign_dispute(
            merchant_id=dispute.merchant_id,
            dispute_id=dispute.id,
            assigned_to=answers["to"],
            expected=answers["shown"],
        )
        return f"{answers['to']} works on it." if answers["to"] else "Nobody works on it."


class NoteForm(ActionForm):
    text = forms.CharField(
        label="Note",
        max_length=NOTE_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="For colleagues. The bank does not see it. It can not be changed afterwards.",
    )


class NoteOnDispute(ActionView):
    verb = "note"
    label = "Note"
    tone = "plain"
    permission = NOTE
    form_class = NoteForm

    def perform(self, dispute: Dispute, answers: dict[str, Any]) -> str:
        note_dispute(
            merchant_id=dispute.merchant_id,
            dispute_id=dispute.id,
            note_id=answers["form_key"],
            text=answers["text"],
        )
        return "Noted."

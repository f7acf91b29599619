"""Answering a dispute, once and for good: submit the evidence, or accept. Each is bound to what the person saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldBooleanSwitchWidget

from disputes.admin.actions import ACCEPT, ANSWER
from disputes.admin.evidence_shown import pack_context
from disputes.admin.words import formula_words, gap_words, odds_words, share_words, status_words
from disputes.errors import DisputeAnswered
from disputes.models import Dispute, DisputeStatus, OrderKind
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.submit_evidence import submit_evidence
from disputes.queries.dispute_page import code_of, worth_of
from disputes.queries.disputes import find_policy, find_standing_order, list_movements
from disputes.queries.outcomes import read_odds
from disputes.queries.packing import Pack, read_pack
from disputes.reason_codes import gaps
from foundation import clock
from foundation.backoffice.display import actor_words, amount, readable
from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money

ANSWERED_BY = {
    OrderKind.SUBMIT: "{who} has submitted the evidence: a dispute is answered once.",
    OrderKind.ACCEPT: "{who} has accepted it: a dispute is answered once.",
}


def why_not_answerable(dispute: Dispute) -> str:
    """Why no answer is taken any more, in a sentence; empty while one is."""
    page = vars(dispute).get("read_page")
    # The dispute's page has read it already; an action alone asks.
    answer = page.answer if page is not None else find_standing_order(dispute)
    if answer is not None:
        who = actor_words(answer.requested_by) if answer.requested_by else "Somebody"
        return ANSWERED_BY[OrderKind(answer.kind)].format(who=who[:1].upper() + who[1:])
    if not dispute.is_answerable:
        return f"No answer is due: {status_words(dispute).lower()}."
    if dispute.evidence_due_at is not None and clock.now() > dispute.evidence_due_at:
        return "The time to answer is over."
    return ""


class VersionMixin(forms.Form):
    # What the person saw: the confirmation is of this and of nothing else.
    shown_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown_version"].initial = version


class SubmitForm(VersionMixin, ActionForm):
    shown_pack = forms.CharField(required=False, widget=forms.HiddenInput)
    is_final = forms.BooleanField(
        label="I have read the pack, and it is complete",
        widget=UnfoldBooleanSwitchWidget,
        help_text="There is no second submission.",
    )

    def __init__(self, *args: Any, pack_sha256: Callable[[], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown_pack"].initial = pack_sha256


class AcceptForm(VersionMixin, ReasonedForm):
    field_order = ("reason",)


class _Answer(ActionView):
    def form_arguments(self, dispute: Dispute) -> dict[str, Any]:
        return {"version": dispute.version}

    def say(self, dispute: Dispute, error: DisputeAnswered) -> DisputeAnswered:
        """The refusal with the colleague's name as people say it."""
        return DisputeAnswered(why_not_answerable(dispute) or error.text)


class SubmitEvidence(_Answer):
    verb = "submit"
    label = "Submit evidence"
    permission = ANSWER
    form_class = SubmitForm
    template_name = "admin/disputes/dispute/submit.html"
    _drawn: Pack | None = None

    @classmethod
    def applies(cls, dispute: Dispute) -> bool:
        return dispute.is_answerable

    @classmethod
    def refusal(cls, dispute: Dispute) -> str:
        reason = why_not_answerable(dispute)
        if not reason and not any(dispute.evidence.values()):
            return "Nothing is staged yet."
        return reason

    def form_arguments(self, dispute: Dispute) -> dict[str, Any]:
        return {**super().form_arguments(dispute), "pack_sha256": lambda: self._pack(dispute).sha256}

    def page_context(self, dispute: Dispute) -> dict[str, Any]:
        pack = self._pack(dispute)
        return {
            **pack_context(pack),
            "staged": sum(1 for value in dispute.evidence.values() if value),
            "pack": pack,
            "gaps": [gap_words(gap) for gap in gaps(code_of(dispute).category, dispute.evidence)],
            "pack_url": reverse("admin:disputes_dispute_pack", args=[dispute.pk]),
        }

    def reason_of(self, answers: dict[str, Any]) -> str:
        return "Evidence submitted"

    def perform(self, dispute: Dispute, answers: dict[str, Any]) -> str:
        try:
            submit_evidence(
                merchant_id=dispute.merchant_id,
                dispute_id=dispute.id,
                order_id=answers["form_key"],
                expected_version=answers["shown_version"],
                expected_pack_sha256=answers["shown_pack"] or None,
            )
        except DisputeAnswered as error:
            raise self.say(dispute, error) from None
        return "The evidence is on its way to the PSP."

    def _pack(self, dispute: Dispute) -> Pack:
        """Drawn once for a request: the form binds its hash, the page shows it."""
        if self._drawn is None:
            self._drawn = read_pack(dispute, dispute.evidence)
        return self._drawn


class AcceptDispute(_Answer):
    verb = "accept"
    label = "Accept dispute"
    tone = "danger"
    permission = ACCEPT
    form_class = AcceptForm
    template_name = "admin/disputes/dispute/accept.html"

    @classmethod
    def applies(cls, dispute: Dispute) -> bool:
        return dispute.status == DisputeStatus.NEEDS_RESPONSE

    @classmethod
    def refusal(cls, dispute: Dispute) -> str:
        return why_not_answerable(dispute)

    def page_context(self, dispute: Dispute) -> dict[str, Any]:
        worth = worth_of(dispute, read_odds([dispute])[dispute.id], find_policy(dispute.merchant_id))
        fees: dict[str, Money] = {}
        for movement in list_movements(dispute):
            fees[movement.currency] = (
                fees.get(movement.currency, Money.zero(movement.currency)) + movement.fee
            )
        paid = [readable(fee) for fee in fees.values() if not fee.is_zero]
        return {
            "lost": amount(dispute.amount),
            "fee": " and ".join(paid),
            "chance": share_words(worth.odds.probability),
            "chance_words": odds_words(worth),
            "value": amount(worth.value),
            "formula": formula_words(worth),
            "is_worth_fighting": worth.value > Money.zero(dispute.currency),
        }

    def perform(self, dispute: Dispute, answers: dict[str, Any]) -> str:
        try:
            accept_dispute(
                merchant_id=dispute.merchant_id,
                dispute_id=dispute.id,
                order_id=answers["form_key"],
                expected_version=answers["shown_version"],
            )
        except DisputeAnswered as error:
            raise self.say(dispute, error) from None
        return "Accepting is on its way to the PSP. The dispute is lost once it has answered."

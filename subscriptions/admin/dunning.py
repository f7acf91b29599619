"""Dunning policies: on which days a failed charge is tried again, and how it ends."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from foundation.backoffice.display import NOTHING, badge, instant, mono, readable
from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money
from subscriptions.admin.creating import CatalogueAdmin, NewRow, Seller, SwitchRow, text_field
from subscriptions.admin.dunning_fields import DaysField, MessagesField, ThresholdsField
from subscriptions.admin.products import ActiveFilter, active_badge
from subscriptions.admin.words import END_WORDS
from subscriptions.models import BillingSettings, DisputeAction, DunningPolicy, EndAction
from subscriptions.operations.create_dunning_policy import create_dunning_policy
from subscriptions.operations.update_dunning_policy import update_dunning_policy

DISPUTES = list(DisputeAction.choices)
ENDS = [(action.value, END_WORDS[action.value].capitalize()) for action in EndAction]


def _days_field() -> DaysField:
    return DaysField(
        label="Days of the tries",
        initial="0, 2, 7, 14, 21",
        widget=text_field().widget,
        help_text="After the first failure, which is day 0.",
    )


class PolicyTerms(ActionForm):
    """What a policy says, for a new one and for one that is changed."""

    days = _days_field()
    end_action = forms.ChoiceField(choices=ENDS, label="After the last try", widget=UnfoldAdminSelectWidget)
    invoice_uncollectible = forms.BooleanField(
        required=False, label="Mark the invoice uncollectible then", widget=UnfoldBooleanSwitchWidget
    )
    dispute_action = forms.ChoiceField(
        choices=DISPUTES,
        required=False,
        label="When a payment is disputed",
        widget=UnfoldAdminSelectWidget,
    )
    resumes_when_won = forms.BooleanField(
        required=False,
        initial=True,
        label="Go on when the dispute is won",
        widget=UnfoldBooleanSwitchWidget,
    )
    thresholds = ThresholdsField(
        required=False,
        label="Nothing is tried below",
        widget=text_field().widget,
        help_text="What the customer owes in all, by currency, such as 100 USD, 150 EUR.",
    )
    messages = MessagesField(
        required=False,
        label="Words for the customer",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="A line for each step: its number, or the word final, a colon, and the words. {amount} and {number}"
        " stand for what is owed and the invoice's number.",
    )


TERMS = (
    "days",
    "end_action",
    "invoice_uncollectible",
    "dispute_action",
    "resumes_when_won",
    "thresholds",
    "messages",
)


def _terms(answers: dict[str, Any]) -> dict[str, Any]:
    """The answers by the names of the model, without the days."""
    terms = {name: answers[name] for name in TERMS[1:]}
    return terms | {"dispute_action": terms["dispute_action"] or DisputeAction.KEEP}


class PolicyForm(PolicyTerms):
    name = text_field(max_length=100)
    field_order = ("name", *TERMS)


class NewPolicy(NewRow):
    label = "New policy"
    permission = "subscriptions.manage_dunning"
    form_class = PolicyForm

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        policy = create_dunning_policy(
            merchant_id=seller.merchant_id,
            dunning_policy_id=answers["form_key"],
            name=answers["name"],
            offsets_days=answers["days"],
            may_exist=True,
            **_terms(answers),
        )
        return f"The policy {policy.name} is made. Nothing goes by it before it is chosen."


class ChangeForm(PolicyTerms, ReasonedForm):
    field_order = (*TERMS, "reason")


class ChangePolicy(ActionView):
    verb = "change_days"
    label = "Change"
    tone = "plain"
    permission = "subscriptions.manage_dunning"
    form_class = ChangeForm

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        policy: Any = self._permitted_object(request, object_id)
        known = {name: getattr(policy, name) for name in TERMS[1:]}
        known["days"] = ", ".join(str(day) for day in policy.offsets_days)
        return self._page(request, policy, ChangeForm(initial=known))

    def explanation(self, policy: DunningPolicy) -> str:
        return "Tries that are going on keep what the policy was when they began."

    def perform(self, policy: DunningPolicy, answers: dict[str, Any]) -> str:
        update_dunning_policy(
            merchant_id=policy.merchant_id,
            dunning_policy_id=policy.id,
            offsets_days=answers["days"],
            **_terms(answers),
        )
        return "The policy is changed."


class ChoosePolicy(ActionView):
    verb = "choose"
    label = "Use from now on"
    permission = "subscriptions.manage_dunning"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, policy: DunningPolicy) -> bool:
        return policy.is_active and not vars(policy).get("is_default", False)

    def explanation(self, policy: DunningPolicy) -> str:
        return "Charges that fail from now on are tried again by it."

    def perform(self, policy: DunningPolicy, answers: dict[str, Any]) -> str:
        update_dunning_policy(merchant_id=policy.merchant_id, dunning_policy_id=policy.id, is_default=True)
        return "New failures go by this policy."


class ArchivePolicy(SwitchRow):
    verb = "archive"
    label = "Archive"
    permission = "subscriptions.manage_dunning"

    @classmethod
    def applies(cls, policy: DunningPolicy) -> bool:
        return policy.is_active

    def explanation(self, policy: DunningPolicy) -> str:
        return "If it is in use, new failures go by the default days: 0, 2, 7, 14 and 21."

    def perform(self, policy: DunningPolicy, answers: dict[str, Any]) -> str:
        update_dunning_policy(merchant_id=policy.merchant_id, dunning_policy_id=policy.id, is_active=False)
        return "The policy is archived."


@admin.register(DunningPolicy)
class DunningPolicyAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("name", "days", "end", "state", "merchant_name")
    list_select_related = ("merchant",)
    list_filter = (ActiveFilter,)
    fields = (
        *("name", "shown_id", "merchant_name", "state", "days", "end", "gives_up", "least"),
        *("disputed", "words", "created"),
    )
    new_view = NewPolicy
    action_views: ClassVar = [ChoosePolicy, ChangePolicy, ArchivePolicy]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        chosen = BillingSettings.across_merchants.filter(default_dunning_policy_id=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_default=Exists(chosen))

    @admin.display(description="id")
    def shown_id(self, policy: DunningPolicy) -> str:
        return mono(policy.public_id)

    @admin.display(description="days after the first failure")
    def days(self, policy: DunningPolicy) -> str:
        return ", ".join(str(day) for day in policy.offsets_days)

    @admin.display(description="after the last try")
    def end(self, policy: DunningPolicy) -> str:
        return END_WORDS[policy.end_action]

    @admin.display(description="state")
    def state(self, policy: DunningPolicy) -> str:
        if vars(policy).get("is_default"):
            return badge("In use", "good")
        return active_badge(policy.is_active)

    @admin.display(description="invoice afterwards")
    def gives_up(self, policy: DunningPolicy) -> str:
        return "marked uncollectible" if policy.invoice_uncollectible else "stays open"

    @admin.display(description="nothing is tried below")
    def least(self, policy: DunningPolicy) -> str:
        sums = (Money(int(minor), currency) for currency, minor in sorted(policy.thresholds.items()))
        return ", ".join(readable(one) for one in sums) or NOTHING

    @admin.display(description="when a payment is disputed")
    def disputed(self, policy: DunningPolicy) -> str:
        words = dict(DISPUTES)[policy.dispute_action]
        resumes = policy.dispute_action == DisputeAction.PAUSE and policy.resumes_when_won
        return f"{words}; it goes on when the dispute is won" if resumes else words

    @admin.display(description="words for the customer")
    def words(self, policy: DunningPolicy) -> str:
        return " · ".join(f"{step}: {text}" for step, text in sorted(policy.messages.items())) or NOTHING

    @admin.display(description="made")
    def created(self, policy: DunningPolicy) -> str:
        return instant(policy.created_at)

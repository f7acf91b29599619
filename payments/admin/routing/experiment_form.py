"""An experiment as a form: what is to be found out, which payments take part, and the arm of each PSP account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from payments.admin.routing.condition_fields import ConditionFields
from payments.admin.routing.shares import AccountChoice, as_weights, percent_field, refuse_unless_whole
from payments.routing.experiments import ARMS

ARM_CHARACTERS = 32
NUMBERS = {"inputmode": "numeric", "autocomplete": "off"}


class ExperimentForm(ConditionFields):
    """cleaned_data["arms"] is what read_arms reads, the one that the others are compared with first."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    hypothesis = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="What you expect, so that it can be told from what you found.",
    )
    is_sticky = forms.BooleanField(
        required=False, label="A customer stays in one arm", widget=UnfoldBooleanSwitchWidget
    )
    minimum_difference_bps = forms.IntegerField(
        label="Smallest difference worth finding",
        min_value=1,
        max_value=10_000,
        initial=300,
        widget=UnfoldAdminTextInputWidget(attrs=NUMBERS),
        help_text="In basis points: 300 is three points of the authorization rate.",
    )
    guardrail_bps = forms.IntegerField(
        label="Stop when an arm is worse by more than",
        min_value=0,
        max_value=10_000,
        initial=0,
        widget=UnfoldAdminTextInputWidget(attrs=NUMBERS),
        help_text="In basis points, once that is proven.",
    )
    baseline = forms.ChoiceField(
        label="Compared with",
        widget=UnfoldAdminSelectWidget,
        help_text="The arm that the others are measured against.",
    )

    def __init__(self, *args: Any, accounts: Sequence[AccountChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = list(accounts)
        baseline: Any = self.fields["baseline"]
        baseline.choices = [(account.id.hex, account.name) for account in self.accounts]
        for account in self.accounts:
            label = f"Arm of {account.name}"
            self.fields[account.field("arm")] = forms.CharField(
                required=False,
                max_length=ARM_CHARACTERS,
                label=label,
                widget=UnfoldAdminTextInputWidget(attrs={"aria-label": label, "autocomplete": "off"}),
            )
            self.fields[account.field("share")] = percent_field(f"Share of {account.name} in percent")

    def head_fields(self) -> list[forms.BoundField]:
        names = ("name", "hypothesis", "minimum_difference_bps", "guardrail_bps", "is_sticky", "baseline")
        return [self[name] for name in names]

    def account_rows(self) -> list[dict[str, Any]]:
        return [
            {"name": account.name, "fields": [self[account.field(what)] for what in ("arm", "share")]}
            for account in self.accounts
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["arms"] = self._arms(cleaned)
        return cleaned

    def _arms(self, cleaned: dict[str, Any]) -> list[dict[str, Any]]:
        named = [account for account in self.accounts if cleaned.get(account.field("arm"))]
        for account in self.accounts:
            if account not in named and cleaned.get(account.field("share")) is not None:
                self.add_error(account.field("arm"), "Name the arm that takes this share.")
        if len(named) not in ARMS:
            self.add_error(
                None, f"An experiment has {ARMS[0]} to {ARMS[-1]} arms: name the arm of each account."
            )
            return []
        refuse_unless_whole(self, [account.field("share") for account in named], cleaned)
        names = [cleaned[account.field("arm")] for account in named]
        for number, account in enumerate(named):
            if names[number] in names[:number]:
                self.add_error(account.field("arm"), "Another arm has this name.")
        if cleaned.get("baseline") not in {account.id.hex for account in named}:
            self.add_error("baseline", "This account has no arm in the experiment.")
        if self.errors:
            return []
        weights = as_weights([cleaned[account.field("share")] for account in named])
        arms = [
            {"name": cleaned[account.field("arm")], "psp_account": str(account.id), "weight": weight}
            for account, weight in zip(named, weights, strict=True)
        ]
        first = next(
            one for one, account in zip(arms, named, strict=True) if account.id.hex == cleaned["baseline"]
        )
        return [first, *(arm for arm in arms if arm is not first)]

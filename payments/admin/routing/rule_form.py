"""One rule as a form: its name and place, which payments, and for every PSP account what it takes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from payments.admin.routing.condition_fields import ConditionFields, written_conditions
from payments.admin.routing.shares import (
    AccountChoice,
    as_percents,
    as_weights,
    percent_field,
    refuse_unless_whole,
)
from payments.routing.rules import MOST_RULES, NAME_CHARACTERS, RulesUnreadable, read_rule

NOT_NAMED, SCORE, SHARE, STANDBY = "", "score", "share", "standby"
PARTS = [
    (NOT_NAMED, "Not named"),
    (SHARE, "Takes a share"),
    (SCORE, "Competes by score"),
    (STANDBY, "Stands by"),
]


class RuleForm(ConditionFields):
    """cleaned_data["rule"] is what read_rule reads.

    number: of the rule that is changed, 0 for a new one. shown: the hash of the set that the person saw."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)
    shown = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(max_length=NAME_CHARACTERS, widget=UnfoldAdminTextInputWidget)
    position = forms.IntegerField(
        label="Asked as number",
        min_value=1,
        max_value=MOST_RULES,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
        help_text="The first rule that holds decides.",
    )
    only = forms.BooleanField(
        required=False,
        label="No other account may take these payments",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Otherwise the accounts that are not named come last, for want of any other.",
    )

    def __init__(self, *args: Any, accounts: Sequence[AccountChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = list(accounts)
        for account in self.accounts:
            self.fields[account.field("part")] = forms.ChoiceField(
                choices=PARTS,
                required=False,
                label=account.name,
                widget=UnfoldAdminSelectWidget(attrs={"aria-label": f"What {account.name} does"}),
            )
            self.fields[account.field("share")] = percent_field(f"Share of {account.name} in percent")
            self.fields[account.field("place")] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=MOST_RULES,
                label=f"Fallback place of {account.name}",
                widget=UnfoldAdminTextInputWidget(
                    attrs={"inputmode": "numeric", "aria-label": f"Fallback place of {account.name}"}
                ),
            )

    def head_fields(self) -> list[forms.BoundField]:
        return [self["name"], self["position"], self["only"]]

    def account_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "name": account.name,
                "fields": [self[account.field(what)] for what in ("part", "share", "place")],
            }
            for account in self.accounts
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        rule = {
            "name": cleaned.get("name"),
            "conditions": cleaned["conditions"],
            "targets": self._targets(cleaned),
            "only": bool(cleaned.get("only")),
        }
        if not self.errors:
            try:
                read_rule(rule, cleaned["position"])
            except RulesUnreadable as error:
                self.add_error(None, str(error))
        cleaned["rule"] = rule
        return cleaned

    def _targets(self, cleaned: dict[str, Any]) -> list[dict[str, Any]]:
        by_part: dict[str, list[AccountChoice]] = {part: [] for part, _ in PARTS}
        for account in self.accounts:
            by_part[cleaned.get(account.field("part"), NOT_NAMED)].append(account)
        self._refuse_odd_parts(by_part, cleaned)
        if self.errors:
            return []
        shares = [cleaned[account.field("share")] for account in by_part[SHARE]]
        weighed = zip(by_part[SHARE], as_weights(shares), strict=True)
        return [
            *({"psp_account": str(account.id), "weight": weight} for account, weight in weighed),
            *({"psp_account": str(account.id)} for account in by_part[SCORE]),
            *({"psp_account": str(account.id), "weight": 0} for account in _in_line(by_part, cleaned)),
        ]

    def _refuse_odd_parts(
        self, by_part: Mapping[str, Sequence[AccountChoice]], cleaned: dict[str, Any]
    ) -> None:
        sharing, scoring = by_part[SHARE], by_part[SCORE]
        if sharing and scoring:
            self.add_error(
                scoring[0].field("part"), "Where others take fixed shares, it takes one or stands by."
            )
        elif sharing:
            refuse_unless_whole(self, [account.field("share") for account in sharing], cleaned)
        elif not scoring and self.accounts:
            self.add_error(self.accounts[0].field("part"), "Name an account that takes these payments.")
        for account in self.accounts:
            if account not in sharing and cleaned.get(account.field("share")) is not None:
                self.add_error(account.field("share"), "Only what takes a share has one.")
        taken: set[int] = set()
        for account in by_part[STANDBY]:
            place = cleaned.get(account.field("place"))
            if place in taken:
                self.add_error(account.field("place"), f"Another account has place {place}.")
            taken |= {place} if place else set()


def _in_line(
    by_part: Mapping[str, Sequence[AccountChoice]], cleaned: Mapping[str, Any]
) -> list[AccountChoice]:
    """Those that stand by, by their place; without one, last."""
    return sorted(by_part[STANDBY], key=lambda account: cleaned.get(account.field("place")) or MOST_RULES + 1)


def written_rule(rule: Mapping[str, Any], accounts: Sequence[AccountChoice]) -> dict[str, Any]:
    """The form's initial values for a rule that is kept."""
    written = {"name": rule["name"], "only": rule["only"], **written_conditions(rule["conditions"])}
    known = {str(account.id): account for account in accounts}
    sharing = [target for target in rule["targets"] if target.get("weight")]
    percents = as_percents([target["weight"] for target in sharing]) if sharing else []
    for target, percent in zip(sharing, percents, strict=True):
        account = known[target["psp_account"]]
        written |= {account.field("part"): SHARE, account.field("share"): percent}
    place = 0
    for target in rule["targets"]:
        account = known[target["psp_account"]]
        if target.get("weight") is None:
            written[account.field("part")] = SCORE
        elif target["weight"] == 0:
            place += 1
            written |= {account.field("part"): STANDBY, account.field("place"): place}
    return written

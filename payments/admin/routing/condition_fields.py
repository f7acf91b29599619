"""Which payments a rule or an experiment is about, as fields: words with commas, amounts as people write them.

What the conditions mean is decided in payments/routing/conditions.py; here they are only taken apart and put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation.backoffice.forms import ActionForm, MajorUnitsField, plain_amount
from foundation.money import EXPONENTS, Money
from payments.routing.conditions import (
    BIN_DIGITS,
    LISTED,
    MOST_CHARACTERS,
    MOST_WORDS,
    UPPER,
    ConditionsUnreadable,
    read_conditions,
)

WORDS_CHARACTERS = 2_000
EITHER = ("", "Either")


class WordsField(forms.CharField):
    """Words with commas between them, cleaned to a list without doubles."""

    def __init__(self, *, is_upper: bool = False, **kwargs: Any) -> None:
        self.is_upper = is_upper
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))
        super().__init__(required=False, max_length=WORDS_CHARACTERS, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        words = [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(f"At most {MOST_WORDS} words.")
        too_long = next((word for word in words if len(word) > MOST_CHARACTERS), None)
        if too_long is not None:
            raise forms.ValidationError(f"“{too_long[:20]}…” is too long.")
        return sorted({word.upper() if self.is_upper else word.lower() for word in words})


class ConditionFields(ActionForm):
    """The part of a form that says which payments. cleaned_data["conditions"] is what read_conditions reads."""

    currency = WordsField(label="Currencies", help_text="Such as eur, usd. Empty: any.")
    amount_from = forms.CharField(
        required=False,
        label="Amount from",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="In the one currency named.",
    )
    amount_to = forms.CharField(
        required=False,
        label="Amount to",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Included.",
    )
    brand = WordsField(label="Card brands", help_text="Such as visa, mastercard.")
    country = WordsField(label="Countries of issue", is_upper=True, help_text="Two letters, such as DE, FR.")
    bin = WordsField(label="BIN prefixes", help_text="The first 4 to 8 digits of the cards.")
    method_type = WordsField(label="Payment methods", help_text="Such as card, sepa_debit.")
    funding = WordsField(label="Funding", help_text="credit, debit, prepaid.")
    wallet = WordsField(label="Wallets", help_text="Such as apple_pay.")
    capture_method = forms.ChoiceField(
        required=False,
        label="Capture",
        choices=[EITHER, ("automatic", "At once"), ("manual", "Held, captured later")],
        widget=UnfoldAdminSelectWidget,
    )
    off_session = forms.ChoiceField(
        required=False,
        label="Customer",
        choices=[EITHER, ("false", "Is there"), ("true", "Is away (off-session)")],
        widget=UnfoldAdminSelectWidget,
    )
    metadata = forms.CharField(
        required=False,
        max_length=WORDS_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="A line for each key and value, such as channel = web. Lines of one key: any of the values.",
    )

    def condition_fields(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in ConditionFields.base_fields if name != "form_key")

    def clean_currency(self) -> list[str]:
        currencies: list[str] = self.cleaned_data["currency"]
        unknown = next((word for word in currencies if word not in EXPONENTS), None)
        if unknown is not None:
            raise forms.ValidationError(f"“{unknown}” is no ISO 4217 currency.")
        return currencies

    def clean_country(self) -> list[str]:
        countries: list[str] = self.cleaned_data["country"]
        odd = next((word for word in countries if not (len(word) == 2 and word.isalpha())), None)
        if odd is not None:
            raise forms.ValidationError(f"“{odd}” is no country: write two letters, such as DE.")
        return countries

    def clean_bin(self) -> list[str]:
        digits: list[str] = self.cleaned_data["bin"]
        odd = next(
            (one for one in digits if not (one.isascii() and one.isdigit() and len(one) in BIN_DIGITS)), None
        )
        if odd is not None:
            raise forms.ValidationError(f"“{odd}” is no BIN prefix: write the first 4 to 8 digits.")
        return digits

    def clean_metadata(self) -> dict[str, list[str]]:
        accepted: dict[str, list[str]] = {}
        for line in self.cleaned_data["metadata"].splitlines():
            key, sign, value = (part.strip() for part in line.partition("="))
            if not key and not sign:
                continue
            if not (key and value):
                raise forms.ValidationError(f"“{line.strip()[:40]}” is no line such as channel = web.")
            if len(value) > MOST_CHARACTERS:
                raise forms.ValidationError(f"The value of {key} is too long.")
            if value not in accepted.setdefault(key, []):
                accepted[key].append(value)
        return accepted

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        conditions: dict[str, Any] = {
            name: cleaned[name] for name in LISTED if cleaned.get(name) and name != "capture_method"
        }
        if cleaned.get("capture_method"):
            conditions["capture_method"] = [cleaned["capture_method"]]
        if cleaned.get("bin"):
            conditions["bin"] = cleaned["bin"]
        if cleaned.get("metadata"):
            conditions["metadata"] = cleaned["metadata"]
        if cleaned.get("off_session"):
            conditions["off_session"] = cleaned["off_session"] == "true"
        amount = self._amounts(cleaned)
        if amount:
            conditions["amount"] = amount
        if not self.errors:
            try:
                read_conditions(conditions)
            except ConditionsUnreadable as error:
                self.add_error(None, str(error))
        cleaned["conditions"] = conditions
        return cleaned

    def _amounts(self, cleaned: Mapping[str, Any]) -> dict[str, int]:
        written = {bound: cleaned.get(name) for bound, name in (("gte", "amount_from"), ("lte", "amount_to"))}
        if not any(written.values()) or "currency" not in cleaned:
            return {}
        if len(cleaned["currency"]) != 1:
            self.add_error(
                "currency", "Name exactly one: 1,000 is ten dollars, a thousand yen and one dinar."
            )
            return {}
        field = MajorUnitsField(currency=cleaned["currency"][0], required=False)
        amounts: dict[str, int] = {}
        for bound, text in written.items():
            try:
                amount = field.clean(text or "")
            except forms.ValidationError as error:
                self.add_error("amount_from" if bound == "gte" else "amount_to", error)
                continue
            if amount is not None:
                amounts[bound] = amount.amount_minor
        if "gte" in amounts and "lte" in amounts and amounts["gte"] > amounts["lte"]:
            self.add_error("amount_to", "This is below the amount from which the rule holds.")
        return amounts


def written_conditions(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The fields' initial values for conditions that are kept."""
    written: dict[str, Any] = {
        name: [word.upper() if name in UPPER else word for word in conditions[name]]
        for name in (*LISTED, "bin")
        if name in conditions and name != "capture_method"
    }
    # Both of the two are any.
    if len(conditions.get("capture_method", ())) == 1:
        written["capture_method"] = conditions["capture_method"][0]
    if "off_session" in conditions:
        written["off_session"] = str(conditions["off_session"]).lower()
    for bound, name in (("gte", "amount_from"), ("lte", "amount_to")):
        if bound in conditions.get("amount", {}):
            written[name] = plain_amount(Money(conditions["amount"][bound], conditions["currency"][0]))
    written["metadata"] = "\n".join(
        f"{key} = {value}" for key, values in conditions.get("metadata", {}).items() for value in values
    )
    return written

"""Forms of the back office's actions: an amount in major units, a reason, and the one-time key.

The key is made when the form is shown and becomes the id of what the operation creates, so that a double click,
a reload or a second tab of the same form has one effect.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation import ids
from foundation.money import MAX_AMOUNT_MINOR, Money, exponent_of

REASON_CHARACTERS = 500


class ActionForm(forms.Form):
    """What every action asks for: nothing but the one-time key. Subclasses add their fields.

    cleaned_data["form_key"] is a UUID: pass it on as the id of the row the operation makes.
    """

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=ids.new_id)


class ReasonedForm(ActionForm):
    """An action that says why: the reason goes into the context, the history and the audit trail."""

    reason = forms.CharField(
        max_length=REASON_CHARACTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Kept with your name in the history.",
    )


class MajorUnitsField(forms.CharField):
    """An amount as people write it ("12.50"), cleaned to Money of a currency; never passes through float."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        kwargs.setdefault(
            "widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return plain_amount(value) if isinstance(value, Money) else value

    def clean(self, value: Any) -> Money | None:
        text = super().clean(value)
        if not text:
            return None
        digits = exponent_of(self.currency)
        try:
            amount = Decimal(text.replace(",", "") if "." in text else text)
        except InvalidOperation:
            raise forms.ValidationError(
                f"Write an amount in {self.currency.upper()}, such as {example(digits)}."
            ) from None
        minor = amount.scaleb(digits)
        if not amount.is_finite() or minor != minor.to_integral_value():
            raise forms.ValidationError(
                f"{self.currency.upper()} has {digits} decimals: write it as {example(digits)}."
            )
        if not 0 < minor <= MAX_AMOUNT_MINOR:
            raise forms.ValidationError("The amount is above zero, and not absurdly large.")
        return Money(int(minor), self.currency)


def example(digits: int) -> str:
    return "12" if digits == 0 else f"12.{'5'.ljust(digits, '0')}"


def plain_amount(amount: Money) -> str:
    """Money as it is typed into the field: no code, no grouping."""
    return str(amount).rsplit(" ", 1)[0]

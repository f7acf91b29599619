"""The fields of a dunning policy's form that people write as text: days, sums by currency, words by step."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from foundation.backoffice.forms import plain_amount
from foundation.money import Money, exponent_of
from subscriptions.steps.check_dunning_terms import FINAL, MAX_TRIES, MAX_WORDS


class DaysField(forms.CharField):
    """ "0, 2, 7": days after the first failure, as numbers."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return [int(part) for part in text.replace(",", " ").split()]
        except ValueError:
            raise forms.ValidationError("Write days as numbers, such as 0, 2, 7, 14, 21.") from None


class ThresholdsField(forms.CharField):
    """ "100 USD, 150 EUR": kept in minor units by currency."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        sums = (Money(int(minor), currency) for currency, minor in sorted(value.items()))
        return ", ".join(f"{plain_amount(one)} {one.currency.upper()}" for one in sums)

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        parts = [part.split() for part in text.split(",") if part.strip()]
        try:
            return {currency.lower(): _minor(amount, currency.lower()) for amount, currency in parts}
        except (ValueError, LookupError, InvalidOperation):
            raise forms.ValidationError("Write sums with their currency, such as 100 USD, 150 EUR.") from None


class MessagesField(forms.CharField):
    """A line for each step, "1: words"; kept by the step's number or the word final."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{step}: {words}" for step, words in sorted(value.items()))

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        found: dict[str, str] = {}
        for line in filter(str.strip, text.splitlines()):
            step, colon, words = (part.strip() for part in line.partition(":"))
            is_step = step == FINAL or (step.isdigit() and 1 <= int(step) <= MAX_TRIES)
            if not (is_step and colon and words) or step in found or len(words) > MAX_WORDS:
                raise forms.ValidationError(
                    "Write each step once, as its number or the word final, a colon and the words."
                )
            found[step] = words
        return found


def _minor(amount: str, currency: str) -> int:
    minor = Decimal(amount).scaleb(exponent_of(currency))
    if minor != int(minor) or minor < 0:
        raise ValueError(amount)
    return int(minor)

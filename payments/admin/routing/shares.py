"""Shares among a merchant's PSP accounts: percent as people write them, weights as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from payments.queries.psp_accounts import list_psp_accounts

WHOLE = Decimal(100)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """A PSP account as forms name it."""

    id: UUID
    name: str

    def field(self, what: str) -> str:
        """The name of the form's field for this account."""
        return f"{what}_{self.id.hex}"


def account_choices(merchant_id: UUID) -> list[AccountChoice]:
    """In the accounts' own order. One that is switched off says so: a rule may wait for it."""
    rows = list_psp_accounts(merchant_id=merchant_id).order_by("priority", "id")
    return [AccountChoice(row.id, row.name if row.is_active else f"{row.name} (off)") for row in rows]


def percent_field(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        label=label,
        min_value=CENT,
        max_value=WHOLE,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "decimal", "autocomplete": "off", "aria-label": label}
        ),
    )


def as_weights(percents: Sequence[Decimal]) -> list[int]:
    """What is kept of shares that sum to 100: whole percent, or hundredths of one where any has decimals."""
    if all(percent == percent.to_integral_value() for percent in percents):
        return [int(percent) for percent in percents]
    return [int(percent * 100) for percent in percents]


def as_percents(weights: Sequence[int]) -> list[str]:
    """What a form shows of weights that are kept, to a hundredth; the first takes what rounding leaves."""
    total = sum(weights)
    cut = [(WHOLE * weight / total).quantize(CENT, ROUND_DOWN) for weight in weights]
    cut[0] += WHOLE - sum(cut)
    return [f"{percent.normalize():f}" for percent in cut]


def percent_words(weight: int, weights: Sequence[int]) -> str:
    """ "70 %"."""
    percent = (WHOLE * weight / sum(weights)).quantize(CENT)
    return f"{percent.normalize():f} %"


def refuse_unless_whole(form: forms.Form, names: Sequence[str], cleaned: dict[str, Any]) -> None:
    """Put an error at the first share that is missing, or at the last when they do not sum to 100."""
    missing = [name for name in names if cleaned.get(name) is None and name not in form.errors]
    if missing:
        form.add_error(missing[0], "Write its share in percent.")
        return
    if any(name in form.errors for name in names):
        return
    total = sum((cleaned[name] for name in names), Decimal(0))
    if total != WHOLE:
        form.add_error(names[-1], f"The shares sum to {total.normalize():f} %, not to 100 %.")

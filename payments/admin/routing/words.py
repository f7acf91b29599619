"""How rules, arms and conditions read in the back office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from foundation.backoffice.display import NOTHING, link, readable
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel
from payments.models import PaymentIntent, PspAccount

RULE_SET_BADGES = {
    "draft": ("Draft", "calm"),
    "approved": ("Approved", "wait"),
    "active": ("Active", "good"),
    "retired": ("Retired", "calm"),
}
EXPERIMENT_BADGES = {
    "draft": ("Draft", "calm"),
    "running": ("Running", "good"),
    "stopped": ("Stopped", "calm"),
}


FACT_WORDS = {
    "method_type": "payment method",
    "bin": "BIN",
    "capture_method": "capture",
    "off_session": "off-session",
}


def points_words(bps: int) -> str:
    """ "3 points"."""
    return f"{bps / 100:g} {'point' if bps == 100 else 'points'}"


def conditions_words(conditions: Mapping[str, Any]) -> str:
    """ "currency: EUR; amount from 10.00 EUR"; "every payment" without any."""
    words = []
    for name, value in conditions.items():
        if name == "amount":
            words.append(_amount_words(value, conditions["currency"][0]))
        elif name == "currency":
            words.append(f"currency: {_value_words([word.upper() for word in value])}")
        else:
            words.append(f"{FACT_WORDS.get(name, name)}: {_value_words(value)}")
    return "; ".join(words) or "every payment"


def _amount_words(bounds: Mapping[str, int], currency: str) -> str:
    parts = [
        f"{word} {readable(Money(bounds[bound], currency))}"
        for bound, word in (("gte", "from"), ("lte", "up to"))
        if bound in bounds
    ]
    return " ".join(["amount", *parts])


def _value_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value_words(inner)}" for key, inner in value.items())
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def account_names(merchant_id: UUID, account_ids: Iterable[str]) -> dict[str, str]:
    """By id as rules and arms write it."""
    rows = PspAccount.objects.for_merchant(merchant_id).filter(id__in=set(account_ids))
    return {str(row.id): row.name for row in rows}


def payment_link(payment_intent_id: UUID) -> str:
    address = reverse("admin:payments_paymentintent_change", args=[payment_intent_id])
    return link(PaymentIntent(id=payment_intent_id).public_id, address)


def row_link(row: TenantModel | None, words: str) -> str:
    """To the row's own page."""
    if row is None:
        return NOTHING
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return link(words, address, is_code=False)

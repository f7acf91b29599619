"""How rules, arms and conditions read in the back office."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from foundation.backoffice.display import NOTHING, link
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


def conditions_words(conditions: Mapping[str, Any]) -> str:
    """ "currency: eur; amount: gte 1000"; "every payment" without any."""
    return (
        "; ".join(f"{name}: {_value_words(value)}" for name, value in conditions.items()) or "every payment"
    )


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


def written(content: Any) -> str:
    """JSON as a person edits it."""
    return json.dumps(content, indent=2, ensure_ascii=False)

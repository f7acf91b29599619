"""The merchant as the API shows it: Stripe's account object."""

from __future__ import annotations

from typing import Any

from foundation import clock
from foundation.tenancy.models import Merchant


def account_shape(merchant: Merchant) -> dict[str, Any]:
    """Stripe's account, the fields we have; nothing is ever due, since we onboard nobody."""
    nothing_due: dict[str, Any] = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    return {
        "id": merchant.public_id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "minority_owned_business_designation": None,
            "name": merchant.name,
            "product_description": None,
            "specified_commercial_transactions_act_url": None,
            "support_address": None,
            "support_email": merchant.email or None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": merchant.country,
        "created": clock.to_timestamp(merchant.created_at),
        "default_currency": merchant.default_currency,
        "details_submitted": True,
        "email": merchant.email or None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{merchant.public_id}/external_accounts",
        },
        "future_requirements": dict(nothing_due),
        "metadata": merchant.metadata,
        "payouts_enabled": True,
        "requirements": nothing_due,
        "settings": _settings_shape(merchant),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def _settings_shape(merchant: Merchant) -> dict[str, Any]:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": merchant.name, "timezone": merchant.timezone},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "sepa_debit_payments": {},
    }

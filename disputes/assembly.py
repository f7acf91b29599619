"""Fill an evidence pack from what we know ourselves. Pure: facts in, fields of evidence out.

Metadata of the payment whose key is the name of a text field (`access_activity_log`, `customer_purchase_ip`,
`service_date` …) is taken as the product service posted it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from disputes.evidence_fields import TEXT_FIELDS
from payments.queries.purchases import PurchaseFacts

MAX_PRIOR_PAYMENTS = 20


def assemble_texts(
    purchase: PurchaseFacts,
    *,
    category: str,
    earlier: Sequence[PurchaseFacts],
    twin: PurchaseFacts | None,
    policies: Mapping[str, str],
) -> dict[str, str]:
    """Every text field that our own history fills; nothing is invented.

    earlier: paid with the same card before. twin: the other charge of a claim of having paid twice. policies: the
    texts in force on the day of the purchase, by kind (refund, cancellation)."""
    found = {
        "customer_name": purchase.customer_name,
        "customer_email_address": purchase.customer_email,
        "billing_address": one_line(purchase.billing_address),
        "product_description": purchase.description,
        "shipping_address": one_line(purchase.shipping.get("address") or {}),
        "shipping_carrier": purchase.shipping.get("carrier") or "",
        "shipping_tracking_number": purchase.shipping.get("tracking_number") or "",
        "refund_policy_disclosure": policies.get("refund", ""),
        "cancellation_policy_disclosure": policies.get("cancellation", ""),
        "uncategorized_text": _history(purchase, earlier),
    }
    if category == "duplicate" and twin is not None:
        found["duplicate_charge_id"] = twin.charge
    posted = {name: purchase.metadata[name] for name in TEXT_FIELDS if purchase.metadata.get(name)}
    return {name: text for name, text in sorted({**found, **posted}.items()) if text}


def one_line(address: Mapping[str, Any]) -> str:
    """An address in one line; empty for none."""
    parts = (address.get(name) for name in ("line1", "line2", "postal_code", "city", "state", "country"))
    return ", ".join(str(part) for part in parts if part)


def _history(purchase: PurchaseFacts, earlier: Sequence[PurchaseFacts]) -> str:
    lines = [
        f"Paid {purchase.captured} on {purchase.made_at:%Y-%m-%d %H:%M} UTC with {purchase.brand or 'a card'}"
        f" ending {purchase.last4 or 'unknown'} (charge {purchase.charge})."
    ]
    checks = {
        "Security code": purchase.card_facts.get("cvc_check"),
        "Street address": purchase.card_facts.get("avs_line1_check"),
        "Postal code": purchase.card_facts.get("avs_postal_code_check"),
        "3-D Secure": purchase.card_facts.get("three_d_secure_result"),
    }
    lines += [f"{name}: {result}." for name, result in checks.items() if result]
    if purchase.authorization_code:
        lines.append(f"The issuer authorized it under code {purchase.authorization_code}.")
    lines += [f"Refunded {one.amount} on {one.made_at:%Y-%m-%d} ({one.refund})." for one in purchase.refunds]
    undisputed = [one for one in earlier if not one.is_disputed]
    if undisputed:
        lines.append(f"Paid with the same card before, undisputed, {len(undisputed)} times:")
        lines += [
            f"{one.made_at:%Y-%m-%d}: {one.captured} ({one.charge})"
            for one in undisputed[:MAX_PRIOR_PAYMENTS]
        ]
    return "\n".join(lines)

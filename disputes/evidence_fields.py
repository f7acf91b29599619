"""The 27 fields of evidence, as Stripe names them. Pure. Limits and what matters for which claim: elsewhere."""

from __future__ import annotations

TEXT_FIELDS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
FILE_FIELDS = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
PACK_FIELD = "uncategorized_file"
"""Where our own pack goes, unless somebody staged another file there."""
FIELDS = tuple(sorted((*TEXT_FIELDS, *FILE_FIELDS)))

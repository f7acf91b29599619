"""A step of dunning as events show it: ours, without a Stripe twin."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import DunningRun, DunningTry, Invoice, RunStatus
from subscriptions.shapes.hosted_links import hosted_invoice_url
from subscriptions.shapes.values import seconds


def dunning_step_shape(
    run: DunningRun, made: DunningTry, invoice: Invoice, *, words: str, livemode: bool
) -> dict[str, Any]:
    """words: for the customer, ready to be sent; null where the policy has none for this step."""
    return {
        "id": made.public_id,
        "object": "dunning_step",
        "amount_remaining": invoice.amount_remaining.amount_minor,
        "created": to_timestamp(made.created_at),
        "currency": invoice.currency,
        "customer": encode_id("cus", invoice.customer_id),
        "decline_code": made.decline_code or None,
        "hosted_invoice_url": hosted_invoice_url(invoice),
        "invoice": invoice.public_id,
        "is_final": run.status == RunStatus.EXHAUSTED,
        "livemode": livemode,
        "message": words or None,
        "needs_new_method": run.needs_new_method,
        "next_payment_attempt": seconds(run.next_try_at),
        "outcome": made.outcome,
        "step": run.tries_used,
        "steps": len(run.offsets_days),
    }

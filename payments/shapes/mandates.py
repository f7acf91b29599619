"""Mandates as the API shows them."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import Mandate
from payments.shapes.ids import public


def mandate_shape(mandate: Mandate, *, livemode: bool) -> dict[str, Any]:
    """mandate: read with its payment method."""
    return {
        "id": mandate.public_id,
        "object": "mandate",
        "customer_acceptance": {
            "accepted_at": to_timestamp(mandate.created_at),
            "offline": {},
            "type": "offline",
        },
        "livemode": livemode,
        "multi_use": {},
        "payment_method": public("pm", mandate.payment_method_id),
        "payment_method_details": {
            mandate.payment_method.type: {},
            "type": mandate.payment_method.type,
        },
        "status": mandate.status,
        "type": mandate.type,
    }

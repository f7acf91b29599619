"""Setup intents as the API shows them."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import SetupIntent
from payments.shapes.ids import public
from payments.shapes.last_error import last_error_shape


def setup_intent_shape(setup: SetupIntent, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": setup.public_id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": setup.automatic_payment_methods,
        "cancellation_reason": setup.cancellation_reason or None,
        "client_secret": setup.client_secret,
        "created": to_timestamp(setup.created_at),
        "customer": public("cus", setup.customer_id),
        "customer_account": None,
        "description": setup.description or None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": last_error_shape(setup.last_setup_error),
        "latest_attempt": None,
        "livemode": livemode,
        "managed_payments": None,
        "mandate": public("mandate", setup.mandate_id),
        "metadata": setup.metadata,
        "next_action": setup.next_action,
        "on_behalf_of": None,
        "payment_method": public("pm", setup.payment_method_id),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": setup.payment_method_types,
        "single_use_mandate": None,
        "status": setup.status,
        "usage": setup.usage,
    }

"""Payment intents as the API shows them."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import IntentStatus, PaymentIntent
from payments.shapes.customers import shipping_shape
from payments.shapes.ids import public
from payments.shapes.last_error import last_error_shape

# While the customer authenticates, or after a try that never reached the PSP, there is no charge to show.
_CHARGELESS = (IntentStatus.REQUIRES_ACTION, IntentStatus.REQUIRES_CONFIRMATION)


def payment_intent_shape(intent: PaymentIntent, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": intent.public_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": intent.amount_minor,
        "amount_capturable": intent.amount_capturable_minor,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received_minor,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": to_timestamp(intent.canceled_at) if intent.canceled_at else None,
        "cancellation_reason": intent.cancellation_reason or None,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": to_timestamp(intent.created_at),
        "currency": intent.currency,
        "customer": public("cus", intent.customer_id),
        "customer_account": None,
        "description": intent.description or None,
        "excluded_payment_method_types": None,
        "last_payment_error": last_error_shape(intent.last_payment_error),
        "latest_charge": None if intent.status in _CHARGELESS else public("ch", intent.latest_attempt_id),
        "livemode": livemode,
        "managed_payments": None,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
        "on_behalf_of": None,
        "payment_method": public("pm", intent.payment_method_id),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": intent.payment_method_types,
        "payment_record": None,
        "processing": None,
        "receipt_email": intent.receipt_email or None,
        "review": None,
        "setup_future_usage": intent.setup_future_usage or None,
        "shipping": shipping_shape(intent.shipping),
        "source": None,
        "statement_descriptor": intent.statement_descriptor or None,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix or None,
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": None,
    }

"""Create a setup intent."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from foundation.context import current
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments import events
from payments.models import SetupIntent, SetupIntentStatus
from payments.queries.customers import get_live_customer, get_payment_method
from payments.queries.setup_intents import find_setup_intent
from payments.steps.announce import announce_setup_intent
from payments.steps.check_payment_method import refuse_unless_chargeable


@owns_transaction
def create_setup_intent(
    *,
    merchant_id: UUID,
    setup_intent_id: UUID,
    customer_id: UUID | None = None,
    payment_method_id: UUID | None = None,
    may_exist: bool = False,
    **details: Any,
) -> SetupIntent:
    """details: other fields by model name. setup_intent_id: the idempotency key's reserved id.

    Raises: ResourceMissing, PaymentMethodCustomerMismatch. Writes: the setup intent, setup_intent.created.
    Safe to repeat: with may_exist the same id finds the first one.
    """
    if may_exist:
        existing = find_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
        if existing is not None:
            return existing
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id) if customer_id else None
    method = None
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        refuse_unless_chargeable(method, customer_id=customer_id)
    setup = SetupIntent(
        id=setup_intent_id,
        merchant=get_merchant(merchant_id),
        customer=customer,
        payment_method=method,
        status=(
            SetupIntentStatus.REQUIRES_CONFIRMATION if method else SetupIntentStatus.REQUIRES_PAYMENT_METHOD
        ),
        client_secret_suffix=secrets.token_hex(12),
        request_id=current().request_id,
        trace_id=current().trace_id,
        **details,
    )
    setup.save(force_insert=True)
    announce_setup_intent(setup, events.SETUP_INTENT_CREATED)
    return setup

"""Change a setup intent before it is confirmed; afterwards only words and metadata."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.errors import SetupIntentUnexpectedState
from payments.locks import lock_setup_intent
from payments.models import SetupIntent, SetupIntentStatus
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable

OPEN_TO_CHANGE = (SetupIntentStatus.REQUIRES_PAYMENT_METHOD, SetupIntentStatus.REQUIRES_CONFIRMATION)


@owns_transaction
def update_setup_intent(
    *,
    merchant_id: UUID,
    setup_intent_id: UUID,
    customer_id: UUID | None = None,
    payment_method_id: UUID | None = None,
    **details: Any,
) -> SetupIntent:
    """None leaves a field as it is; details: other fields by model name.

    Raises: ResourceMissing, SetupIntentUnexpectedState. Writes: the setup intent. Safe to repeat."""
    setup = lock_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    if customer_id is not None or payment_method_id is not None:
        refuse_unless_open_to_change(setup)
    if customer_id is not None:
        setup.customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        setup.payment_method = method
        setup.ask_for_confirmation()
    if setup.payment_method is not None:
        refuse_unless_chargeable(setup.payment_method, customer_id=setup.customer_id)
    for name, value in details.items():
        setattr(setup, name, value)
    setup.save()
    return setup


def refuse_unless_open_to_change(setup: SetupIntent) -> None:
    if setup.status not in OPEN_TO_CHANGE:
        raise SetupIntentUnexpectedState(
            f"A setup intent in status {setup.status} can not be changed like this."
        )

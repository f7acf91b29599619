"""Raise an authorization now: promise, send, record."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.models import AuthorizationIncrement
from payments.operations.execute_increment import execute_increment
from payments.operations.request_increment import request_increment


@outside_transaction
def increment_authorization(
    *, merchant_id: UUID, payment_intent_id: UUID, increment_id: UUID, amount: Money
) -> AuthorizationIncrement:
    """amount: what is to be authorized in all, in minor units.

    Raises, writes and repeats as request_increment and record_increment_outcome do.
    """
    request_increment(
        merchant_id=merchant_id,
        payment_intent_id=payment_intent_id,
        increment_id=increment_id,
        amount=amount,
    )
    return execute_increment(merchant_id=merchant_id, increment_id=increment_id)

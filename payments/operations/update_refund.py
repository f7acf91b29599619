"""Change the metadata of a refund; nothing else of it ever changes by hand."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments import events
from payments.locks import lock_attempt, lock_payment_intent, lock_refund
from payments.models import Refund
from payments.queries.payment_intents import get_refund
from payments.steps.announce import announce_refund


@owns_transaction
def update_refund(*, merchant_id: UUID, refund_id: UUID, metadata: dict[str, str]) -> Refund:
    """metadata: the whole new set. Raises: ResourceMissing. Writes: the refund, refund.updated. Safe to repeat."""
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    refund.metadata = metadata
    refund.save(update_fields=["metadata"])
    announce_refund(refund, events.REFUND_UPDATED, intent=intent)
    return refund

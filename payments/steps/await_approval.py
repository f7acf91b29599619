"""A refund above its asker's limit waits for a second person."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.money import Money
from foundation.transactions import joins_transaction
from payments.models import PaymentIntent, Refund, RefundApproval

LAPSES_AFTER = timedelta(hours=24)


@joins_transaction
def await_approval(refund: Refund, intent: PaymentIntent, own_limit: Money) -> RefundApproval:
    """The intent is locked and has its final version: the approval is bound to it.

    Writes: the approval."""
    now = clock.now()
    return RefundApproval.objects.for_merchant(refund.merchant_id).create(
        merchant_id=refund.merchant_id,
        refund=refund,
        currency=own_limit.currency,
        own_limit_minor=own_limit.amount_minor,
        payment_version=intent.version,
        requested_by=refund.requested_by,
        requested_at=now,
        lapses_at=now + LAPSES_AFTER,
    )

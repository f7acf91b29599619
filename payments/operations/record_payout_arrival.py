"""Record that a payout is at the bank, by the bank's own statement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import outside_transaction
from payments.models import Payout, PayoutStatus
from payments.operations.record_payout import record_payout
from payments.psp.port import PayoutNews
from payments.queries.payouts import get_payout


@outside_transaction
def record_payout_arrival(*, merchant_id: UUID, payout_id: UUID, arrived_at: datetime) -> Payout:
    """Raises: ResourceMissing. Writes: as record_payout. Safe to repeat: a payout arrives once."""
    known = get_payout(merchant_id=merchant_id, payout_id=payout_id)
    news = PayoutNews(
        psp_reference=known.psp_reference,
        amount=known.amount,
        status=PayoutStatus.PAID.value,
        created_at=known.created_at,
        arrival_on=arrived_at.date(),
    )
    return record_payout(
        merchant_id=merchant_id, psp_account_id=known.psp_account_id, news=news, arrived_at=arrived_at
    )

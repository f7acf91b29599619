"""Pass up what a PSP says of a dispute or an early fraud warning: a row, whose meaning is decided in disputes.

The types begin with `psp.`: they go from floor to floor, no merchant lists them or has them delivered.
"""

from __future__ import annotations

from uuid import UUID

from foundation.events.publishing import publish
from foundation.transactions import owns_transaction
from payments import events
from payments.psp.disputes import DisputeNews, FraudWarningNews


@owns_transaction
def report_dispute(*, merchant_id: UUID, attempt_id: UUID, news: DisputeNews | FraudWarningNews) -> None:
    """Writes psp.dispute_reported or psp.fraud_warning_reported, about the charge.

    Safe to repeat: whoever hears of it knows the same news again."""
    is_dispute = isinstance(news, DisputeNews)
    publish(
        merchant_id=merchant_id,
        type=events.PSP_DISPUTE_REPORTED if is_dispute else events.PSP_FRAUD_WARNING_REPORTED,
        object_type="charge",
        object_id=attempt_id,
        data=news.as_json(),
    )

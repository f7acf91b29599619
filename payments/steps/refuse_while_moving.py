"""A charge is reversed only while nothing else of it moves."""

from __future__ import annotations

from payments.errors import CaseNotRecordable
from payments.models import LIVE_REFUND_STATES, PaymentAttempt, Refund, RefundStatus
from payments.queries.payment_intents import find_undecided_capture

UNDER_WAY = [status for status in LIVE_REFUND_STATES if status != RefundStatus.SUCCEEDED]


def refuse_while_moving(attempt: PaymentAttempt) -> None:
    """What is under way would end on a charge that is no more: money taken or given back that no book has.

    The attempt is locked. Raises CaseNotRecordable."""
    if find_undecided_capture(attempt) is not None:
        raise CaseNotRecordable("Another capture of this charge is not decided yet: it comes first.")
    refunds = Refund.objects.for_merchant(attempt.merchant_id).filter(attempt_id=attempt.id)
    if refunds.filter(status__in=UNDER_WAY).exists():
        raise CaseNotRecordable("A refund of this charge is not decided yet: it comes first.")

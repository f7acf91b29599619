"""Ask the PSP what became of an answer whose outcome is not known: the owner of every order in doubt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from disputes.models import DisputeOrder, OrderKind, OrderStatus
from disputes.operations.execute_order import execute_order
from disputes.operations.record_dispute_report import record_dispute_report
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.queries.disputes import get_order
from foundation import clock
from foundation.transactions import outside_transaction
from payments.operations.ask_about_dispute import ask_about_dispute
from payments.psp.disputes import DisputeNews
from payments.psp.outcomes import NotSent, Outcome, Succeeded, Unknown

ANSWERED = frozenset({"under_review", "warning_under_review", "won"})
WAITING = frozenset({"needs_response", "warning_needs_response"})


@outside_transaction
def resolve_order(*, merchant_id: UUID, order_id: UUID) -> None:
    """Look once. Raises: ResourceMissing.

    Writes: as record_dispute_report, record_order_outcome and execute_order.
    Safe to repeat: asking changes nothing at the PSP, and the same key is sent again only when the PSP, asked after
    its report delay, does not have the answer.
    """
    order = get_order(merchant_id=merchant_id, order_id=order_id)
    if order.status == OrderStatus.CREATED:
        execute_order(merchant_id=merchant_id, order_id=order_id)
        return
    if not order.is_undecided:
        return
    dispute = order.dispute
    news = ask_about_dispute(
        merchant_id=merchant_id,
        psp_account_id=dispute.psp_account_id,
        payment_intent_id=dispute.payment_intent_id,
        dispute_id=dispute.id,
        psp_reference=dispute.psp_reference,
    )
    outcome: Outcome = Unknown(reason="psp_silent")
    if news is not None:
        outcome = _verdict(order, news, clock.now())
        record_dispute_report(merchant_id=merchant_id, attempt_id=dispute.attempt_id, news=news)
    record_order_outcome(merchant_id=merchant_id, order_id=order_id, outcome=outcome)


def _verdict(order: DisputeOrder, news: DisputeNews, now: datetime) -> Outcome:
    # A count above zero may be of the stage before, as long as an answer is waited for.
    is_answered = news.status in ANSWERED or (news.submission_count > 0 and news.status not in WAITING)
    if order.kind == OrderKind.SUBMIT and is_answered:
        return Succeeded(psp_reference=news.psp_reference, amount=news.amount)
    if order.kind == OrderKind.ACCEPT and news.status == "lost":
        return Succeeded(psp_reference=news.psp_reference, amount=news.amount)
    delay = order.dispute.psp_account.maximum_report_delay_seconds
    if order.submitted_at is not None and (now - order.submitted_at).total_seconds() > delay:
        return NotSent(reason="absent_after_report_delay")
    return Unknown(reason="not_seen_yet")

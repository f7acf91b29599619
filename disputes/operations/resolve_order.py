"""Ask the PSP what became of an answer whose outcome is not known: the owner of every order in doubt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from disputes.models import DisputeOrder, DisputeStatus, OrderKind, OrderStatus
from disputes.operations.execute_order import execute_order
from disputes.operations.record_dispute_report import record_dispute_report
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.queries.disputes import get_order
from disputes.queries.requests import request_of
from foundation import clock
from foundation.transactions import outside_transaction
from payments.operations.ask_about_dispute import ask_about_dispute
from payments.operations.repeat_dispute_answer import repeat_dispute_answer
from payments.psp.disputes import DisputeNews
from payments.psp.outcomes import Declined, NotSent, Outcome, Succeeded, Unknown

ANSWERED = frozenset({"under_review", "warning_under_review", "won"})
WAITING = frozenset({"needs_response", "warning_needs_response"})


@outside_transaction
def resolve_order(*, merchant_id: UUID, order_id: UUID) -> None:
    """Look once. Raises: ResourceMissing.

    Writes: as record_dispute_report, record_order_outcome and execute_order.
    Safe to repeat: asking changes nothing at the PSP, and the same key is sent again only when the PSP, asked after
    its report delay, does not have the answer. A PSP that can not be asked gets the same answer under the same key
    at once, which it takes for one.
    """
    order = get_order(merchant_id=merchant_id, order_id=order_id)
    if order.status == OrderStatus.CREATED:
        execute_order(merchant_id=merchant_id, order_id=order_id)
        return
    if not order.is_undecided:
        return
    dispute = order.dispute
    if dispute.stage != order.stage:
        # Given again it would answer the stage that it is in now. Asking is harmless still.
        told = _told_meanwhile(order, clock.now())
        if told is not None:
            record_order_outcome(merchant_id=merchant_id, order_id=order_id, outcome=told)
            return
    repeated = dispute.stage == order.stage and repeat_dispute_answer(
        merchant_id=merchant_id,
        psp_account_id=dispute.psp_account_id,
        payment_intent_id=dispute.payment_intent_id,
        dispute_id=dispute.id,
        request=request_of(order),
        first_sent_at=order.created_at,
    )
    if repeated:
        told = (
            repeated if isinstance(repeated, Succeeded) else _told_meanwhile(order, clock.now()) or repeated
        )
        record_order_outcome(merchant_id=merchant_id, order_id=order_id, outcome=told)
        return
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


def _told_meanwhile(order: DisputeOrder, now: datetime) -> Outcome | None:
    """What the PSP's notifications have said since: the only proof where it can not be asked. None: nothing yet."""
    dispute, status = order.dispute, str(order.dispute.status)
    is_same_stage = dispute.stage == order.stage
    if order.kind == OrderKind.SUBMIT:
        is_waiting = is_same_stage and status in WAITING
        is_seen = (is_same_stage and status in ANSWERED) or (dispute.submission_count > 0 and not is_waiting)
    else:
        is_seen = is_same_stage and status == DisputeStatus.LOST
    if is_seen:
        return Succeeded(psp_reference=dispute.psp_reference, amount=dispute.amount)
    if dispute.closed_at is None:
        return None
    # It ended, and nobody told that our answer came first: by now that would be here.
    is_late = (now - dispute.closed_at).total_seconds() > dispute.psp_account.maximum_report_delay_seconds
    return Declined(code="dispute_closed") if is_late else None


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

"""Record what became of an answer to a dispute: the one door for the worker and the inquiry."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from disputes import events
from disputes.locks import lock_dispute, lock_order
from disputes.models import ClosedBy, Dispute, DisputeOrder, DisputeStatus, OrderKind
from disputes.queries.disputes import get_order
from disputes.schedules import EXPIRY_GRACE
from disputes.steps.advance import advance
from disputes.steps.announce import announce_dispute
from disputes.steps.guard_refunds import guard_refunds
from disputes.steps.keep_money import recount
from disputes.steps.plan_next import plan_next
from foundation import clock
from foundation.resilience.retries import backoff_seconds
from foundation.transactions import owns_transaction
from payments.psp.outcomes import Declined, NotSent, Outcome, Succeeded

RESEND_BASE_SECONDS = 5
RESEND_CAP_SECONDS = 900
ASK_BASE_SECONDS = 10
ASK_CAP_SECONDS = 3_600


@owns_transaction
def record_order_outcome(*, merchant_id: UUID, order_id: UUID, outcome: Outcome) -> DisputeOrder:
    """Bring the order and its dispute in line with what the PSP answered.

    Raises: ResourceMissing. Writes: the order, the dispute, ledger entries of a loss, events.
    Safe to repeat: a decided order stays as it is.
    """
    known = get_order(merchant_id=merchant_id, order_id=order_id)
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=known.dispute_id)
    order = lock_order(merchant_id=merchant_id, order_id=order_id)
    if not order.is_undecided:
        return order
    now = clock.now()
    if isinstance(outcome, Succeeded):
        _succeed(dispute, order, now)
    elif isinstance(outcome, Declined):
        _refuse(dispute, order, outcome, now)
    elif isinstance(outcome, NotSent) and _is_too_late(dispute, now):
        _refuse(dispute, order, Declined(code="deadline_passed"), now)
    elif isinstance(outcome, NotSent):
        order.unsend()
        order.next_check_at = now + _after(order, RESEND_BASE_SECONDS, RESEND_CAP_SECONDS)
    else:
        order.lose_sight()
        order.next_check_at = now + _after(order, ASK_BASE_SECONDS, ASK_CAP_SECONDS)
    order.save()
    return order


def _succeed(dispute: Dispute, order: DisputeOrder, now: datetime) -> None:
    order.succeed()
    order.decided_at = now
    order.next_check_at = None
    before = str(dispute.status)
    if order.kind == OrderKind.ACCEPT and not dispute.is_closed:
        advance(dispute, DisputeStatus.LOST, closed_by=ClosedBy.ACCEPTED, now=now)
    elif order.kind == OrderKind.ACCEPT and dispute.status == DisputeStatus.LOST:
        # The PSP's webhook was faster than its answer.
        dispute.closed_by = ClosedBy.ACCEPTED
    elif order.kind == OrderKind.SUBMIT:
        dispute.submission_count = max(dispute.submission_count, 1)
        if dispute.status == DisputeStatus.NEEDS_RESPONSE and dispute.stage == order.stage:
            advance(dispute, DisputeStatus.UNDER_REVIEW, closed_by=ClosedBy.NETWORK, now=now)
        elif dispute.status == DisputeStatus.WARNING_NEEDS_RESPONSE:
            advance(dispute, DisputeStatus.WARNING_UNDER_REVIEW, closed_by=ClosedBy.NETWORK, now=now)
    guard_refunds(dispute)
    recount(dispute, at=now)
    dispute.version += 1
    plan_next(dispute, now)
    dispute.save()
    types = [events.DISPUTE_UPDATED]
    if dispute.is_closed and str(dispute.status) != before:
        types.append(events.DISPUTE_CLOSED)
    announce_dispute(dispute, types)


def _refuse(dispute: Dispute, order: DisputeOrder, outcome: Declined, now: datetime) -> None:
    order.refuse()
    order.failure_code = outcome.code[:64]
    order.decided_at = now
    order.next_check_at = None
    # Another answer may be given now, so the clock counts again.
    order.save(update_fields=["status", "failure_code", "decided_at", "next_check_at"])
    dispute.version += 1
    plan_next(dispute, now)
    dispute.save(update_fields=["version", "next_action_at"])


def _is_too_late(dispute: Dispute, now: datetime) -> bool:
    return dispute.evidence_due_at is not None and now > dispute.evidence_due_at + EXPIRY_GRACE


def _after(order: DisputeOrder, base: int, cap: int) -> timedelta:
    return timedelta(seconds=backoff_seconds(max(order.submissions, 1), base_seconds=base, cap_seconds=cap))

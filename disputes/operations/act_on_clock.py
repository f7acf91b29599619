"""What time alone does to a dispute: alarms, the announced acceptance, the automatic answer, the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from disputes import events
from disputes.errors import DisputeAnswered, DisputeUnexpectedState
from disputes.locks import lock_dispute
from disputes.models import ClosedBy, Dispute, DisputeStatus
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.submit_evidence import submit_evidence
from disputes.queries.disputes import find_policy, find_standing_order
from disputes.queries.ruling import rule_on_acceptance
from disputes.schedules import AUTO_SUBMIT_HOURS, EXPIRY_GRACE, WARNING_CLOSES_AFTER, due_alarm
from disputes.steps.advance import advance
from disputes.steps.announce import announce_dispute
from disputes.steps.guard_refunds import guard_refunds
from disputes.steps.keep_money import recount
from disputes.steps.plan_next import plan_next
from foundation import clock
from foundation.ids import new_id
from foundation.transactions import outside_transaction, owns_transaction


class Follow(Enum):
    """What is to be done next, in a transaction of its own."""

    NOTHING = "nothing"
    ACCEPT = "accept"
    SUBMIT = "submit"


@outside_transaction
def act_on_clock(*, merchant_id: UUID, dispute_id: UUID) -> None:
    """Raises: ResourceMissing.

    Writes: the dispute, dispute.deadline_near, charge.dispute.closed; as accept_dispute and submit_evidence.
    Safe to repeat: an alarm is given once, an answer is refused the second time.
    """
    follow = _look(merchant_id=merchant_id, dispute_id=dispute_id)
    try:
        if follow is Follow.ACCEPT:
            accept_dispute(merchant_id=merchant_id, dispute_id=dispute_id, order_id=new_id())
        elif follow is Follow.SUBMIT:
            submit_evidence(merchant_id=merchant_id, dispute_id=dispute_id, order_id=new_id())
    except (DisputeAnswered, DisputeUnexpectedState):
        # A person was faster.
        return


@owns_transaction
def _look(*, merchant_id: UUID, dispute_id: UUID) -> Follow:
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    now = clock.now()
    if dispute.status in (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW):
        if now >= dispute.opened_at + WARNING_CLOSES_AFTER:
            _close(dispute, DisputeStatus.WARNING_CLOSED, ClosedBy.NETWORK, now)
        return Follow.NOTHING
    if dispute.status != DisputeStatus.NEEDS_RESPONSE or dispute.evidence_due_at is None:
        return Follow.NOTHING
    if find_standing_order(dispute) is not None:
        return Follow.NOTHING
    if now >= dispute.evidence_due_at + EXPIRY_GRACE:
        _close(dispute, DisputeStatus.LOST, ClosedBy.EXPIRED, now)
        return Follow.NOTHING
    follow = _follow(dispute, now)
    _give_alarm(dispute, now)
    plan_next(dispute, now)
    dispute.save(update_fields=["alarmed_hours", "accepts_at", "next_action_at", "version"])
    return follow


def _follow(dispute: Dispute, now: datetime) -> Follow:
    assert dispute.evidence_due_at is not None
    if dispute.accepts_at is not None and now >= dispute.accepts_at:
        # Asked again: in the notice's 24 hours somebody may have taken it up.
        dispute.accepts_at = None
        return Follow.ACCEPT if rule_on_acceptance(dispute).applies else Follow.NOTHING
    policy = find_policy(dispute.merchant_id)
    is_near = now >= dispute.evidence_due_at - timedelta(hours=AUTO_SUBMIT_HOURS)
    staged = any(dispute.evidence.values())
    if policy is not None and policy.submits_staged_evidence and is_near and staged:
        return Follow.SUBMIT if now < dispute.evidence_due_at else Follow.NOTHING
    return Follow.NOTHING


def _give_alarm(dispute: Dispute, now: datetime) -> None:
    assert dispute.evidence_due_at is not None
    hours = due_alarm(now, dispute.evidence_due_at, dispute.alarmed_hours)
    if hours is None:
        return
    dispute.alarmed_hours = hours
    announce_dispute(dispute, [events.DISPUTE_DEADLINE_NEAR])


def _close(dispute: Dispute, status: DisputeStatus, closed_by: ClosedBy, now: datetime) -> None:
    advance(dispute, status, closed_by=closed_by, now=now)
    guard_refunds(dispute)
    recount(dispute, at=now)
    dispute.version += 1
    plan_next(dispute, now)
    dispute.save()
    announce_dispute(dispute, [events.DISPUTE_UPDATED, events.DISPUTE_CLOSED])

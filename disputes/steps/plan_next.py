"""When the clock will next change something about a dispute: kept on the row, so that a sweep finds what is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from disputes.models import Dispute, DisputeStatus
from disputes.queries.disputes import find_policy, find_standing_order
from disputes.schedules import (
    AUTO_SUBMIT_HOURS,
    WARNING_CLOSES_AFTER,
    days_to_answer,
    next_deadline_action,
)
from foundation.transactions import joins_transaction
from payments.psp.disputes import DisputeNews


def due_date_of(news: DisputeNews) -> datetime | None:
    """The PSP's own due date; where it names none for what is to be answered, the network's days."""
    if news.evidence_due_at is not None or news.status not in ("needs_response", "warning_needs_response"):
        return news.evidence_due_at
    return news.opened_at + timedelta(days=days_to_answer(news.network))


@joins_transaction
def plan_next(dispute: Dispute, now: datetime) -> None:
    """Changes next_action_at in memory; the caller saves it."""
    dispute.next_action_at = _next(dispute, now)


def _next(dispute: Dispute, now: datetime) -> datetime | None:
    if dispute.status in (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW):
        return max(dispute.opened_at + WARNING_CLOSES_AFTER, now)
    if dispute.status != DisputeStatus.NEEDS_RESPONSE or dispute.evidence_due_at is None:
        return None
    if find_standing_order(dispute) is not None:
        return None
    others = []
    policy = find_policy(dispute.merchant_id)
    if policy is not None and policy.submits_staged_evidence:
        others.append(dispute.evidence_due_at - timedelta(hours=AUTO_SUBMIT_HOURS))
    if dispute.accepts_at is not None:
        others.append(dispute.accepts_at)
    return next_deadline_action(now, dispute.evidence_due_at, dispute.alarmed_hours, others)

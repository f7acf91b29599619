"""Record what a PSP says of a dispute: the one door for its webhook, an inquiry and the answer to an order.

Reports come late, twice, in any order and to two workers at once. A report holds the whole dispute as the PSP had it
then, so each one brings ours as far as it proves: movements are booked once by their id, a status only advances.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from disputes import events
from disputes.lifecycle import (
    INQUIRY,
    NEEDS_RESPONSE,
    STAGES,
    WARNING_NEEDS_RESPONSE,
    Verdict,
    counts_as,
    weigh,
)
from disputes.locks import lock_dispute_of_reference
from disputes.models import ClosedBy, Dispute
from disputes.reason_codes import GENERAL
from disputes.steps.advance import advance
from disputes.steps.announce import announce_dispute
from disputes.steps.guard_refunds import guard_refunds
from disputes.steps.keep_money import book_movements, recount
from disputes.steps.plan_next import due_date_of, plan_next
from foundation import clock
from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.psp.disputes import DisputeNews, FundMovement
from payments.queries.payment_intents import get_attempt
from payments.steps.hold_funds import mark_disputed
from payments.steps.open_case import CONTRADICTION, open_case


@owns_transaction
def record_dispute_report(*, merchant_id: UUID, attempt_id: UUID, news: DisputeNews) -> Dispute:
    """Bring the dispute, its money and the refunds of its charge in line with what the PSP said.

    attempt_id: the charge that is disputed.
    Raises: ResourceMissing, for a charge that is not the merchant's.
    Writes: the dispute, its movements, their ledger entries, the hold on the charge, events; a case for what
    contradicts what was proven.
    Safe to repeat: what is known changes nothing.
    """
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    opened = _first_sight(
        news,
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt_id,
        psp_account_id=attempt.psp_account_id,
        captured=Money(attempt.amount_captured_minor, attempt.currency),
    )
    # Two workers with the first report: the unique key lets one in, the lock hands its row to both.
    Dispute.across_merchants.bulk_create([opened], ignore_conflicts=True)
    dispute = lock_dispute_of_reference(
        merchant_id=merchant_id, psp_account_id=attempt.psp_account_id, psp_reference=news.psp_reference
    )
    assert dispute is not None, "made above, or there already"
    is_new = dispute.id == opened.id
    if is_new:
        mark_disputed(merchant_id=merchant_id, attempt_id=attempt_id)
    now = clock.now()
    was = str(dispute.status)
    changed = _take_facts(dispute, news) | _take_status(dispute, news, now)
    guard_refunds(dispute)
    moved = book_movements(dispute, news.movements, account=counts_as(was), now=now)
    recount(dispute, at=now)
    if not (is_new or changed or moved):
        return dispute
    dispute.version += 1
    plan_next(dispute, now)
    dispute.save()
    announce_dispute(dispute, _types(is_new=is_new, changed=changed, moved=moved, was=was, dispute=dispute))
    return dispute


def _first_sight(news: DisputeNews, *, captured: Money, **rows: UUID) -> Dispute:
    """As every dispute begins; what the report says beyond that is taken like any other news."""
    return Dispute(
        **rows,
        psp_reference=news.psp_reference,
        status=WARNING_NEEDS_RESPONSE if news.stage == INQUIRY else NEEDS_RESPONSE,
        stage=news.stage,
        amount_minor=news.amount.amount_minor,
        currency=news.amount.currency,
        reason=news.reason or GENERAL,
        network=news.network,
        network_reason_code=news.network_reason_code,
        is_charge_refundable=news.is_charge_refundable,
        exceeds_charge=_exceeds(news, captured),
        evidence_due_at=due_date_of(news),
        submission_count=news.submission_count,
        opened_at=news.opened_at,
        told_at=news.told_at,
        trace_id=current().trace_id,
    )


def _exceeds(news: DisputeNews, captured: Money) -> bool:
    return news.amount.currency != captured.currency or news.amount > captured


def _take_facts(dispute: Dispute, news: DisputeNews) -> bool:
    """What is no status and no money: the newest report of the highest stage wins; others fill what is not known."""
    if news.told_at < dispute.told_at or STAGES.index(news.stage) < STAGES.index(dispute.stage):
        return _fill_facts(dispute, news)
    captured = Money(dispute.attempt.amount_captured_minor, dispute.attempt.currency)
    told = {
        "amount_minor": news.amount.amount_minor,
        "currency": news.amount.currency,
        "reason": news.reason or dispute.reason,
        "network": news.network or dispute.network,
        "network_reason_code": news.network_reason_code or dispute.network_reason_code,
        "is_charge_refundable": news.is_charge_refundable,
        "exceeds_charge": _exceeds(news, captured),
        "evidence_due_at": due_date_of(news) or dispute.evidence_due_at,
        "submission_count": max(news.submission_count, dispute.submission_count),
    }
    differing = {name: value for name, value in told.items() if getattr(dispute, name) != value}
    for name, value in differing.items():
        setattr(dispute, name, value)
    return bool(differing)


def _fill_facts(dispute: Dispute, news: DisputeNews) -> bool:
    """From a report that comes late: a PSP that tells step by step does not say everything at each."""
    told: dict[str, Any] = {"network": news.network, "evidence_due_at": news.evidence_due_at}
    if not dispute.network_reason_code and news.network_reason_code:
        told |= {"network_reason_code": news.network_reason_code}
        dispute.reason = news.reason or dispute.reason
    missing = {name: value for name, value in told.items() if value and not getattr(dispute, name)}
    for name, value in missing.items():
        setattr(dispute, name, value)
    return bool(missing)


def _take_status(dispute: Dispute, news: DisputeNews, now: datetime) -> bool:
    status = "prevented" if news.is_prevented else news.status
    verdict = weigh(
        stage=dispute.stage,
        status=str(dispute.status),
        told_stage=news.stage,
        told_status=status,
        is_newer=news.told_at > dispute.told_at,
    )
    dispute.told_at = max(dispute.told_at, news.told_at)
    if verdict is Verdict.ADVANCE:
        dispute.stage = news.stage
        advance(dispute, status, closed_by=ClosedBy.NETWORK, now=now)
        return True
    if verdict is Verdict.CONTRADICTION:
        open_case(
            merchant_id=dispute.merchant_id,
            kind=CONTRADICTION,
            subject_kind="dispute",
            subject_id=dispute.id,
            payment_intent_id=dispute.payment_intent_id,
            evidence={"recorded": str(dispute.status), "psp_says": status, "amount": str(news.amount)},
        )
    return False


def _types(
    *, is_new: bool, changed: bool, moved: Sequence[FundMovement], was: str, dispute: Dispute
) -> list[str]:
    types = [events.DISPUTE_CREATED] if is_new else []
    if any(movement.amount.is_negative for movement in moved):
        types.append(events.DISPUTE_FUNDS_WITHDRAWN)
    if any(not movement.amount.is_negative and not movement.amount.is_zero for movement in moved):
        types.append(events.DISPUTE_FUNDS_REINSTATED)
    if changed and not is_new:
        types.append(events.DISPUTE_UPDATED)
    if dispute.is_closed and str(dispute.status) != was:
        types.append(events.DISPUTE_CLOSED)
    return types

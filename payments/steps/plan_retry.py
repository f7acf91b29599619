"""Plan another try of a payment nobody waits for, as a row: after what certainly did not happen, within bounds."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation import clock
from foundation.jobs.staging import stage_job
from foundation.resilience.retries import backoff_seconds
from foundation.transactions import joins_transaction
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent
from payments.psp.outcomes import Declined, InquiryOutcome, NotSent
from payments.queries.card_tries import list_declined_tries
from payments.retrying import DeclineCategory, Permit, decline_category, may_try_again

UNSENT_TRIES = 8
UNSENT_BASE_SECONDS = 5
UNSENT_CAP_SECONDS = 600
"""A PSP that is away is found again within ten minutes; the eighth try leaves half an hour after the first at most."""
DECLINED_BASE_SECONDS = 6 * 3_600
DECLINED_CAP_SECONDS = 72 * 3_600
"""A bank that has just said no says it again a minute later; a day may bring the money."""


@joins_transaction
def plan_retry(intent: PaymentIntent, attempt: PaymentAttempt, outcome: InquiryOutcome) -> None:
    """The attempt has just ended with this outcome, and is the intent's newest; both are locked.

    Tried again are calls that never left, where a worker makes them; and soft declines of off-session charges, where
    the account's soft_decline_retries says so: elsewhere the caller was told of a decline and decides.
    Writes a job payments.retry_payment, or nothing.
    """
    now = clock.now()
    if isinstance(outcome, NotSent) and attempt.in_background:
        run_after = _after_not_sent(attempt, now)
    elif isinstance(outcome, Declined) and outcome.retryable and attempt.off_session:
        run_after = _after_decline(attempt, now)
    else:
        return
    if run_after is None or intent.canceled_at is not None:
        return
    stage_job(
        "payments.retry_payment",
        {
            "merchant_id": str(intent.merchant_id),
            "payment_intent_id": str(intent.id),
            "after_attempt_id": str(attempt.id),
        },
        merchant_id=intent.merchant_id,
        run_after=run_after,
        dedupe_key=f"retry:{attempt.id}",
    )


def permit_of(attempt: PaymentAttempt, now: datetime) -> Permit:
    """What the card's network says to another try after this attempt."""
    is_declined = attempt.status == AttemptStatus.DECLINED
    tries = list_declined_tries(
        merchant_id=attempt.merchant_id, payment_method_id=attempt.payment_method_id, now=now
    )
    network = attempt.card_facts.get("network") or attempt.payment_method.brand
    category = decline_category(attempt.error_code, attempt.decline_code)
    return may_try_again(
        network=network.lower(),
        advice_code=attempt.network_advice_code if is_declined else "",
        category=category if is_declined else DeclineCategory.OTHER,
        tries=tries,
        now=now,
    )


def _after_not_sent(attempt: PaymentAttempt, now: datetime) -> datetime | None:
    count = _count(attempt, AttemptStatus.NOT_SENT)
    if count >= UNSENT_TRIES:
        return None
    return now + timedelta(
        seconds=backoff_seconds(count, base_seconds=UNSENT_BASE_SECONDS, cap_seconds=UNSENT_CAP_SECONDS)
    )


def _after_decline(attempt: PaymentAttempt, now: datetime) -> datetime | None:
    count = _count(attempt, AttemptStatus.DECLINED)
    if count > attempt.psp_account.soft_decline_retries:
        return None
    permit = permit_of(attempt, now)
    if not permit.allowed and permit.not_before is None:
        return None
    wait = backoff_seconds(count, base_seconds=DECLINED_BASE_SECONDS, cap_seconds=DECLINED_CAP_SECONDS)
    return max(now + timedelta(seconds=wait), permit.not_before or now)


def _count(attempt: PaymentAttempt, status: AttemptStatus) -> int:
    """How many attempts of the payment have ended so; the one in hand is saved and among them."""
    return (
        PaymentAttempt.objects.for_merchant(attempt.merchant_id)
        .filter(payment_intent_id=attempt.payment_intent_id, status=status)
        .count()
    )

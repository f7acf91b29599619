"""Put an attempt on disk, with its PSP and our key, before the PSP hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.ids import new_id
from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction
from payments.errors import EarlierOperationUnresolved, PaymentMethodMissing
from payments.models import PaymentAttempt, PaymentIntent
from payments.queries.psp_orders import AttemptOrder, attempt_order
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.check_payment_method import refuse_unless_chargeable
from payments.steps.choose_account import Choice, choose_account
from payments.steps.record_decision import record_decision
from payments.steps.settle_intent import settle_intent


@joins_transaction
def open_attempt(
    intent: PaymentIntent,
    *,
    in_background: bool,
    attempt_id: UUID | None = None,
    failover: Choice | None = None,
) -> AttemptOrder:
    """Choose a PSP and write the attempt with the reasons; the intent is locked or new.

    in_background: a worker sends it (a job is staged); otherwise the caller sends it at once, and the sweep of due
    checks finds it should the caller die. failover: where it goes after another account has just refused.
    Raises PaymentMethodMissing, PspNotConfigured, EarlierOperationUnresolved.
    Writes: the attempt, the decision, the intent, and with in_background a job.
    """
    if failover is not None:
        # The decline took it off; this try is made with the same.
        intent.payment_method = failover.method
    method = intent.payment_method
    if method is None:
        raise PaymentMethodMissing(param="payment_method")
    # Asked again here: the customer or the method may have changed since it was named.
    refuse_unless_chargeable(method, customer_id=intent.customer_id)
    refuse_unless_no_live_attempt(intent)
    choice = failover or choose_account(intent, method)
    now = clock.now()
    attempt = PaymentAttempt(
        id=attempt_id or new_id(),
        merchant_id=intent.merchant_id,
        payment_intent=intent,
        ordinal=_next_ordinal(intent),
        psp_account=choice.token.psp_account,
        payment_method_id=method.id,
        token_kind=choice.token.kind,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        capture_method=intent.capture_method,
        off_session=intent.off_session,
        in_background=in_background or _worker_goes_on(intent, failover),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    attempt.psp_key = attempt.public_id
    if not in_background:
        attempt.submit()
        attempt.submitted_at = now
    attempt.next_check_at = now + timedelta(seconds=SUBMISSION_LEASE_SECONDS)
    attempt.save(force_insert=True)
    record_decision(attempt, choice, is_failover=failover is not None)
    settle_intent(intent, attempt)
    if in_background:
        stage_job(
            "payments.execute_attempt",
            {"merchant_id": str(intent.merchant_id), "attempt_id": str(attempt.id)},
            merchant_id=intent.merchant_id,
        )
    return replace(
        attempt_order(attempt, intent, choice.token), may_fail_over=bool(choice.decision.alternatives)
    )


def _worker_goes_on(intent: PaymentIntent, failover: Choice | None) -> bool:
    """Whether this try follows one that a worker made: still nobody waits for the answer."""
    return failover is not None and intent.latest_attempt is not None and intent.latest_attempt.in_background


def refuse_unless_no_live_attempt(intent: PaymentIntent) -> None:
    """A second try beside a live one would risk a second charge. The intent's lock makes this a fact."""
    latest = intent.latest_attempt
    if latest is not None and latest.is_live:
        raise EarlierOperationUnresolved()


def _next_ordinal(intent: PaymentIntent) -> int:
    latest = intent.latest_attempt
    return 1 if latest is None else latest.ordinal + 1

"""The run of tries for one invoice: begun by a failure, moved on by the next, ended by a payment or a person.

A run changes only while its invoice is locked, and its subscription before it.
"""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.dunning import FailureKind, gateway_delay, kind_of_failure, next_try_at
from subscriptions.models import (
    CollectionMethod,
    DunningRun,
    DunningTry,
    EndAction,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceStatus,
    PaymentReason,
    RunStatus,
    Subscription,
    SubscriptionStatus,
    TryOutcome,
)
from subscriptions.models.dunning import default_offsets
from subscriptions.queries.dunning import find_default_policy, find_running_run, has_been_dunned
from subscriptions.steps.announce import announce_invoice, announce_subscription
from subscriptions.steps.dunning_words import announce_step

S = SubscriptionStatus


@joins_transaction
def note_failed_try(
    subscription: Subscription | None, invoice: Invoice, payment: InvoicePayment, *, now: datetime
) -> DunningRun | None:
    """payment: the try that failed, with its codes. None: this invoice is not dunned.

    A try by a person or with a new method is noted and uses nothing up.
    Writes: the run, the try, when the invoice is tried next, invoice.dunning_step.
    The caller ends what `exhausted` says.
    """
    if not _is_dunned(subscription, invoice):
        return None
    kind = kind_of_failure(payment.decline_code, payment.network_advice_code)
    run = find_running_run(invoice)
    # What a bank took back after it had paid begins or moves on the schedule, whoever had made that payment.
    is_returned = payment.status == InvoicePaymentStatus.RETURNED
    is_scheduled = is_returned or payment.reason == PaymentReason.SCHEDULED
    if run is None:
        if not is_scheduled and has_been_dunned(invoice):
            return None
        run = _begin(invoice, now=now)
        # A person was faster than the first try of the schedule, and took its place: the schedule begins all the same.
        _schedule_or_exhaust(run, now=now)
    made = _write_try(run, TryOutcome(kind.value), payment.reason, now=now, payment=payment)
    if is_scheduled:
        used = run.tries_used
        _move_on(run, kind, now=now)
        if run.tries_used > used:
            announce_step(run, made, invoice)
    elif payment.reason == PaymentReason.NEW_METHOD:
        # The schedule goes on with a new method, unless that is refused for good as well.
        run.needs_new_method = kind == FailureKind.HARD
    _save(run, invoice)
    return run


@joins_transaction
def skip_try(run: DunningRun, invoice: Invoice, *, now: datetime) -> None:
    """A hard decline before: the schedule ticks without charging. Writes the run, the try, the invoice."""
    made = _write_try(run, TryOutcome.SKIPPED, PaymentReason.SCHEDULED, now=now)
    run.tries_used += 1
    _schedule_or_exhaust(run, now=now)
    announce_step(run, made, invoice)
    _save(run, invoice)


@joins_transaction
def postpone_try(run: DunningRun, invoice: Invoice, *, until: datetime) -> None:
    """Nothing was tried and nothing is used up. Writes the run and the invoice."""
    run.next_try_at = until
    _save(run, invoice)


@joins_transaction
def recover_run(invoice: Invoice, *, now: datetime) -> None:
    """The invoice was paid. Writes its run, if there is one."""
    run = find_running_run(invoice)
    if run is not None:
        run.recover(now)
        run.save()


@joins_transaction
def stop_run(invoice: Invoice, *, now: datetime, reason: str) -> None:
    """Canceled, voided, disputed, given up. Writes its run, if there is one."""
    run = find_running_run(invoice)
    if run is not None:
        run.stop(now, reason)
        run.save()


@joins_transaction
def apply_lighter_end(
    run: DunningRun, subscription: Subscription | None, invoice: Invoice, *, now: datetime
) -> None:
    """What the end of the tries does, but for canceling. Writes the invoice, the subscription and their events."""
    gives_up = run.policy is not None and run.policy.invoice_uncollectible
    if gives_up and invoice.status == InvoiceStatus.OPEN:
        invoice.give_up(now)
        invoice.save()
        announce_invoice(invoice, events.INVOICE_MARKED_UNCOLLECTIBLE)
    if subscription is None or subscription.status != S.PAST_DUE or run.end_action != EndAction.UNPAID:
        return
    subscription.leave_unpaid()
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)


def _is_dunned(subscription: Subscription | None, invoice: Invoice) -> bool:
    if invoice.status != InvoiceStatus.OPEN or not invoice.auto_advance:
        return False
    if invoice.collection_method != CollectionMethod.CHARGE_AUTOMATICALLY:
        return False
    # A first payment has its 23 hours, and what was paused is resumed by a person.
    return subscription is None or subscription.status in (S.ACTIVE, S.TRIALING, S.PAST_DUE)


def _begin(invoice: Invoice, *, now: datetime) -> DunningRun:
    policy = find_default_policy(invoice.merchant_id)
    run = DunningRun(
        merchant_id=invoice.merchant_id,
        invoice=invoice,
        policy=policy,
        offsets_days=list(policy.offsets_days) if policy else default_offsets(),
        end_action=policy.end_action if policy else EndAction.CANCEL,
        began_at=now,
        tries_used=0,
    )
    run.save(force_insert=True)
    return run


def _move_on(run: DunningRun, kind: FailureKind, *, now: datetime) -> None:
    if kind == FailureKind.GATEWAY:
        delay = gateway_delay(run.gateway_errors + 1)
        if delay is not None:
            run.gateway_errors += 1
            run.next_try_at = now + delay
            return
    run.gateway_errors = 0
    run.needs_new_method = kind == FailureKind.HARD
    run.tries_used += 1
    _schedule_or_exhaust(run, now=now)


def _schedule_or_exhaust(run: DunningRun, *, now: datetime) -> None:
    following = next_try_at(run.began_at, run.offsets_days, run.tries_used)
    if following is None:
        run.exhaust(now)
    else:
        # A tick that comes late, after an outage, does not make two of one day.
        run.next_try_at = max(following, now)


def _write_try(
    run: DunningRun,
    outcome: TryOutcome,
    reason: str,
    *,
    now: datetime,
    payment: InvoicePayment | None = None,
) -> DunningTry:
    rows = DunningTry.objects.for_merchant(run.merchant_id).filter(run_id=run.id)
    made = DunningTry(
        merchant_id=run.merchant_id,
        run=run,
        ordinal=rows.count() + 1,
        reason=reason,
        invoice_payment=payment,
        outcome=outcome,
        decline_code=payment.decline_code if payment else "",
        due_at=next_try_at(run.began_at, run.offsets_days, run.tries_used) or now,
        created_at=now,
    )
    made.save(force_insert=True)
    return made


def _save(run: DunningRun, invoice: Invoice) -> None:
    run.save()
    invoice.next_payment_attempt_at = run.next_try_at if run.status == RunStatus.RUNNING else None
    invoice.save(update_fields=["next_payment_attempt_at"])

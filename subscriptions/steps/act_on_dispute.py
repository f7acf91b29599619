"""What a dispute of its payment does to a subscription: the tries stop, and the rest is the policy's."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_invoice
from subscriptions.models import DisputeAction, DunningPolicy, Invoice, PauseBehavior, Subscription
from subscriptions.queries.dunning import find_default_policy, list_running_of_subscription
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.end_subscription import end_subscription

DISPUTED = "disputed"
PAYMENT_DISPUTED = "payment_disputed"


@joins_transaction
def act_on_claim(subscription: Subscription | None, invoice: Invoice, *, now: datetime) -> bool:
    """Whether the subscription was paused for it. Both are locked.

    A disputed invoice, and all that is dunned of its subscription, is left to a person.
    Writes: the runs, the invoices, the subscription and its event.
    """
    leave_to_person(invoice, now=now)
    if subscription is None:
        return False
    running = list_running_of_subscription(merchant_id=invoice.merchant_id, subscription_id=subscription.id)
    for invoice_id in running:
        leave_to_person(lock_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice_id), now=now)
    action = _policy_of(invoice).dispute_action
    if not subscription.is_live or action == DisputeAction.KEEP:
        return False
    if action == DisputeAction.CANCEL:
        end_subscription(subscription, at=now, now=now, reason=PAYMENT_DISPUTED)
        return False
    if subscription.pause_behavior:
        # Somebody has paused it already: that is not this dispute's to end.
        return False
    subscription.pause_behavior = PauseBehavior.KEEP_AS_DRAFT
    _save(subscription)
    return True


@joins_transaction
def act_on_win(subscription: Subscription | None, invoice: Invoice) -> bool:
    """Whether what the dispute had paused goes on. Both are locked. Writes the subscription and its event."""
    if subscription is None or not _policy_of(invoice).resumes_when_won:
        return False
    if subscription.is_live and subscription.pause_behavior == PauseBehavior.KEEP_AS_DRAFT:
        subscription.pause_behavior = ""
        subscription.pause_resumes_at = None
        _save(subscription)
    return True


@joins_transaction
def leave_to_person(invoice: Invoice, *, now: datetime) -> None:
    """Nothing of the invoice is tried by itself any more. It is locked. Writes it and its run."""
    stop_run(invoice, now=now, reason=DISPUTED)
    invoice.auto_advance = False
    invoice.next_payment_attempt_at = None
    invoice.save(update_fields=["auto_advance", "next_payment_attempt_at"])


def _policy_of(invoice: Invoice) -> DunningPolicy:
    """The merchant's, or what a new one would say."""
    return find_default_policy(invoice.merchant_id) or DunningPolicy(merchant_id=invoice.merchant_id)


def _save(subscription: Subscription) -> None:
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)

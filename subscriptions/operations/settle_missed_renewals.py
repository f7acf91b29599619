"""Let a halted subscription go on: what it has missed is billed period by period, or skipped, as a person decides."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from foundation.context import current
from foundation.errors import ParameterMissing
from foundation.transactions import owns_transaction
from payments.steps.close_cases import close_renewals_case
from subscriptions import events
from subscriptions.errors import PreviewStale
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.missed_renewals import MissedRenewals, reckon_missed


class MissedChoice(StrEnum):
    """bill: every missed period gets its own invoice, oldest first. skip: nobody owes anything for them."""

    BILL = "bill"
    SKIP = "skip"


@owns_transaction
def settle_missed_renewals(
    *, merchant_id: UUID, subscription_id: UUID, choice: MissedChoice, token: str, reason: str
) -> Subscription:
    """token: of the preview; what it showed still holds, or it is refused. reason: kept with the case and its person.

    The running period is billed either way, by its renewal, which is due at once. Usage of skipped periods comes on
    that invoice: it was used.
    Raises: ResourceMissing, ParameterMissing (no reason), SubscriptionUnexpectedState, TooManyPeriods, PreviewStale.
    Writes: the subscription, the end of its case, events. The invoices are the renewals' own.
    Safe to repeat: a subscription that is not halted any more is refused.
    """
    if not reason.strip():
        raise ParameterMissing("Say why.", param="reason")
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    found = reckon_missed(subscription, now=now)
    if found.token != token:
        raise PreviewStale()
    if choice == MissedChoice.BILL:
        subscription.billed_late_until_at = found.running.period.start
    else:
        _skip(subscription, found)
    subscription.halted_at = subscription.lease_ends_at = None
    subscription.version += 1
    subscription.save()
    close_renewals_case(
        merchant_id=merchant_id,
        subscription_id=subscription_id,
        evidence=_evidence(found, choice, reason, now),
    )
    announce_subscription(subscription, events.SUBSCRIPTION_RENEWAL_SETTLED, events.SUBSCRIPTION_UPDATED)
    return subscription


def _skip(subscription: Subscription, found: MissedRenewals) -> None:
    """As if the last of the missed periods had been provided; the running one is due."""
    last = found.missed[-1].period
    subscription.current_period_start_at, subscription.current_period_end_at = last.start, last.end
    subscription.next_billing_at = last.end


def _evidence(found: MissedRenewals, choice: MissedChoice, reason: str, now: datetime) -> dict[str, object]:
    return {
        "settled": {
            "choice": choice.value,
            "reason": reason,
            "by": current().actor,
            "at": now.isoformat(),
            "periods": [
                {
                    "start": one.period.start.isoformat(),
                    "end": one.period.end.isoformat(),
                    "amount": str(one.total),
                }
                for one in found.missed
            ],
        }
    }

"""Decide when a movement in doubt is looked at next."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from payments.models import AuthorizationIncrement, Capture, PaymentAttempt, PspAccount, Refund, SetupIntent
from payments.psp.outcomes import Unknown
from payments.schedules import TURNED_AWAY_SECONDS, absence_is_proof, gives_up_at, next_unknown_look_at


def next_look(
    row: PaymentAttempt | Capture | AuthorizationIncrement | Refund | SetupIntent,
    account: PspAccount,
    now: datetime,
    outcome: object = None,
) -> datetime:
    """By the schedule of unknown outcomes, from when the call left. outcome: of the look just made.

    A look that our guard turned away is made up for soon: behind an open circuit, one probe goes through at a time, and
    all the others would sleep through the PSP's return."""
    look_at = next_unknown_look_at(
        submitted_at=row.submitted_at or row.created_at,
        now=now,
        maximum_report_delay_seconds=account.maximum_report_delay_seconds,
    )
    if isinstance(outcome, Unknown) and not outcome.was_asked:
        # By the row, so that those that were turned away together do not come again together.
        spread = row.id.int % TURNED_AWAY_SECONDS
        return min(look_at, now + timedelta(seconds=TURNED_AWAY_SECONDS + spread))
    return look_at


def absence_proves(
    row: PaymentAttempt | Capture | AuthorizationIncrement | Refund | SetupIntent,
    account: PspAccount,
    now: datetime,
) -> bool:
    """Whether the PSP's "not found" now proves that the call did not happen.

    It never does for what the PSP itself has named to us: then it only does not see it now."""
    return not row.psp_reference and absence_is_proof(
        submitted_at=row.submitted_at or row.created_at,
        now=now,
        maximum_report_delay_seconds=account.maximum_report_delay_seconds,
    )


def next_look_for_customer(row: PaymentAttempt | SetupIntent, account: PspAccount, now: datetime) -> datetime:
    """As next_look, and in any case when the customer's time to act is over."""
    over_at = gives_up_at(
        submitted_at=row.submitted_at or row.created_at, hours=settings.ABANDONED_ACTION_HOURS
    )
    look_at = next_look(row, account, now)
    return min(look_at, over_at) if now < over_at else look_at


def is_abandoned(row: PaymentAttempt | SetupIntent, now: datetime) -> bool:
    """Whether it waits for a customer whose time to act is over."""
    waits = row.status == "requires_action"
    hours = settings.ABANDONED_ACTION_HOURS
    return waits and now >= gives_up_at(submitted_at=row.submitted_at or row.created_at, hours=hours)

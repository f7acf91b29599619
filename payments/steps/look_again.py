"""Decide when a movement in doubt is looked at next."""

from __future__ import annotations

from datetime import datetime

from payments.models import Capture, PaymentAttempt, PspAccount, Refund, SetupIntent
from payments.schedules import absence_is_proof, next_unknown_look_at


def next_look(
    row: PaymentAttempt | Capture | Refund | SetupIntent, account: PspAccount, now: datetime
) -> datetime:
    """By the schedule of unknown outcomes, from when the call left."""
    return next_unknown_look_at(
        submitted_at=row.submitted_at or row.created_at,
        now=now,
        maximum_report_delay_seconds=account.maximum_report_delay_seconds,
    )


def absence_proves(
    row: PaymentAttempt | Capture | Refund | SetupIntent, account: PspAccount, now: datetime
) -> bool:
    """Whether the PSP's "not found" now proves that the call did not happen.

    It never does for what the PSP itself has named to us: then it only does not see it now."""
    return not row.psp_reference and absence_is_proof(
        submitted_at=row.submitted_at or row.created_at,
        now=now,
        maximum_report_delay_seconds=account.maximum_report_delay_seconds,
    )

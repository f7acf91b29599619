"""Put before a person what stays in doubt beyond its limit, and take it back once it is known."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.transactions import joins_transaction
from payments.models import (
    AuthorizationIncrement,
    Capture,
    CaseKind,
    PaymentAttempt,
    PspAccount,
    Refund,
    SetupIntent,
)
from payments.schedules import PENDING_LIMIT_DAYS, absence_is_proof
from payments.steps.close_cases import close_cases
from payments.steps.look_again import is_abandoned
from payments.steps.open_case import open_case

UNKNOWN = ("unknown", "processing")
PENDING = "pending"

Row = PaymentAttempt | Capture | AuthorizationIncrement | Refund | SetupIntent


@joins_transaction
def follow_doubt(row: Row, *, subject_kind: str, payment_intent_id: UUID | None, account: PspAccount) -> None:
    """Writes a case in_doubt, or ends the one that was open. Costs nothing for what was never in doubt."""
    began_at = row.submitted_at or row.created_at
    if row.status in UNKNOWN:
        is_overdue = absence_is_proof(
            submitted_at=began_at,
            now=clock.now(),
            maximum_report_delay_seconds=account.maximum_report_delay_seconds,
        )
        if is_overdue:
            report_doubt(row, subject_kind, payment_intent_id, getattr(row, "unknown_reason", ""))
    elif row.status == PENDING:
        if clock.now() - began_at > timedelta(days=PENDING_LIMIT_DAYS):
            report_doubt(row, subject_kind, payment_intent_id, "pending_too_long")
    elif isinstance(row, PaymentAttempt | SetupIntent) and is_abandoned(row, clock.now()):
        # Whoever gave it up has put it before a person, if the PSP did not let it go.
        return
    elif getattr(row, "unknown_reason", "") or row.checks:
        end_doubt(row, subject_kind)


@joins_transaction
def report_doubt(row: Row, subject_kind: str, payment_intent_id: UUID | None, reason: str) -> None:
    """Writes a case in_doubt, unless it is open already."""
    open_case(
        merchant_id=row.merchant_id,
        kind=CaseKind.IN_DOUBT,
        subject_kind=subject_kind,
        subject_id=row.pk,
        payment_intent_id=payment_intent_id,
        evidence={"reason": reason, "psp_reference": row.psp_reference},
    )


@joins_transaction
def end_doubt(row: Row, subject_kind: str) -> None:
    """It is known: the case in_doubt ends, and so does what nobody could book while it was unknown."""
    close_cases(
        merchant_id=row.merchant_id,
        subject_kind=subject_kind,
        subject_id=row.pk,
        kinds=[CaseKind.IN_DOUBT, CaseKind.CURRENCY_DIFFERS],
    )

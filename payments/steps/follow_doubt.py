"""Put before a person what stays unknown beyond the PSP's maximum report delay, and take it back once it is known."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import joins_transaction
from payments.models import Capture, Case, CaseKind, PaymentAttempt, PspAccount, Refund
from payments.schedules import absence_is_proof
from payments.steps.open_case import open_case

UNKNOWN = "unknown"


@joins_transaction
def follow_doubt(
    row: PaymentAttempt | Capture | Refund, *, subject_kind: str, payment_intent_id: UUID, account: PspAccount
) -> None:
    """Writes a case in_doubt, or resolves the one that was open. Costs nothing for what was never unknown."""
    if row.status == UNKNOWN:
        is_overdue = absence_is_proof(
            submitted_at=row.submitted_at or row.created_at,
            now=clock.now(),
            maximum_report_delay_seconds=account.maximum_report_delay_seconds,
        )
        if is_overdue:
            open_case(
                merchant_id=row.merchant_id,
                kind=CaseKind.IN_DOUBT,
                subject_kind=subject_kind,
                subject_id=row.pk,
                payment_intent_id=payment_intent_id,
                evidence={"reason": row.unknown_reason, "psp_reference": row.psp_reference},
            )
    elif row.unknown_reason:
        Case.objects.for_merchant(row.merchant_id).filter(
            kind=CaseKind.IN_DOUBT, subject_kind=subject_kind, subject_id=row.pk, resolved_at__isnull=True
        ).update(resolved_at=clock.now())

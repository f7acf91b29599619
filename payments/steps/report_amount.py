"""Ask a person why the PSP moved another amount than asked for. What it moved is what is booked."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from payments.models import CaseKind, PaymentAttempt, PaymentIntent
from payments.steps.open_case import open_case


@joins_transaction
def report_amount(
    intent: PaymentIntent,
    attempt: PaymentAttempt,
    moved: Money,
    *,
    asked: Money | None = None,
    subject_kind: str = "attempt",
    subject_id: UUID | None = None,
) -> None:
    """Writes a case: amount_differs, or currency_differs. asked, subject_id: the attempt's where not given."""
    asked = asked or attempt.amount
    open_case(
        merchant_id=attempt.merchant_id,
        kind=CaseKind.CURRENCY_DIFFERS if moved.currency != asked.currency else CaseKind.AMOUNT_DIFFERS,
        subject_kind=subject_kind,
        subject_id=subject_id or attempt.id,
        payment_intent_id=intent.id,
        evidence={"asked": str(asked), "moved": str(moved), "psp_reference": attempt.psp_reference},
    )

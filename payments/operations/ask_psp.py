"""Ask the PSP now, instead of at the next look: an agent has the customer on the line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.models import Capture, PaymentAttempt, Refund


@owns_transaction
def ask_psp(*, merchant_id: UUID, payment_intent_id: UUID, asked: UUID) -> int:
    """Stage a look at everything of a payment that is in doubt. Answers how many looks there will be.

    asked: names this question, such as the form's one-time key.
    Writes: jobs payments.resolve_unknown. Safe to repeat: the same question stages each look once.
    """
    doubtful: dict[str, QuerySet[Any]] = {
        "attempt": PaymentAttempt.objects.for_merchant(merchant_id).filter(
            payment_intent_id=payment_intent_id
        ),
        "capture": Capture.objects.for_merchant(merchant_id).filter(
            attempt__payment_intent_id=payment_intent_id
        ),
        "refund": Refund.objects.for_merchant(merchant_id).filter(payment_intent_id=payment_intent_id),
    }
    jobs = [
        NewJob(
            "payments.resolve_unknown",
            {"merchant_id": str(merchant_id), "kind": kind, "subject_id": str(row_id)},
            merchant_id=merchant_id,
            dedupe_key=f"asked:{asked}:{row_id}",
        )
        for kind, rows in doubtful.items()
        for row_id in rows.filter(next_check_at__isnull=False).values_list("id", flat=True)
    ]
    stage_jobs(jobs)
    return len(jobs)

"""Log one request to a PSP, in the transaction that records its outcome."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.observability.metrics import observe_psp_call
from foundation.transactions import joins_transaction
from payments.models import PaymentAttempt, PspAccount, PspCall
from payments.psp.outcomes import CallRecord


@joins_transaction
def record_call(
    call: CallRecord,
    *,
    psp_account: PspAccount,
    subject_kind: str,
    subject_id: UUID,
    payment_intent_id: UUID | None,
) -> None:
    """Writes one PspCall row, scrubbed by the connector already."""
    observe_psp_call(psp_account.psp, call.operation, call.outcome, call.latency_ms / 1000)
    PspCall(
        merchant_id=psp_account.merchant_id,
        psp_account_id=psp_account.id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        payment_intent_id=payment_intent_id,
        operation=call.operation,
        psp_key=call.psp_key,
        request=call.request,
        answer=call.answer,
        http_status=call.http_status,
        outcome=call.outcome,
        latency_ms=call.latency_ms,
        request_id=current().request_id,
        trace_id=current().trace_id,
    ).save(force_insert=True)


def keep_latency(attempt: PaymentAttempt, call: CallRecord) -> None:
    """How long the attempt's own call took; an inquiry about it says nothing of that. Not saved here."""
    if call.operation == "authorize":
        attempt.latency_ms = call.latency_ms

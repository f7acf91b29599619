"""Log a call that was about a dispute, in a transaction of its own: its outcome is recorded a floor above."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.psp.outcomes import CallRecord
from payments.queries.psp_accounts import get_psp_account
from payments.steps.record_call import record_call


@owns_transaction
def log_dispute_call(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    payment_intent_id: UUID,
    dispute_id: UUID,
    call: CallRecord,
) -> None:
    """Raises: ResourceMissing. Writes: the PSP call. Safe to repeat: each call that was made is one row."""
    record_call(
        call,
        psp_account=get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id),
        subject_kind="dispute",
        subject_id=dispute_id,
        payment_intent_id=payment_intent_id,
    )

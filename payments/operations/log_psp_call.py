"""Log a request to a PSP that is about no single movement."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.psp.outcomes import CallRecord
from payments.queries.psp_accounts import get_psp_account
from payments.steps.record_call import record_call


@owns_transaction
def log_psp_call(*, merchant_id: UUID, psp_account_id: UUID, call: CallRecord) -> None:
    """Keep what was asked and answered.

    Raises: ResourceMissing. Writes: one PSP call. Not safe to repeat: each call is one row.
    """
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    record_call(
        call,
        psp_account=account,
        subject_kind="psp_account",
        subject_id=account.id,
        payment_intent_id=None,
    )

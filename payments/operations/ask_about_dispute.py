"""Ask the PSP what it has of a dispute now: no transaction while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from payments.operations.log_dispute_call import log_dispute_call
from payments.psp.disputes import DisputeNews
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of


@outside_transaction
def ask_about_dispute(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    payment_intent_id: UUID,
    dispute_id: UUID,
    psp_reference: str,
) -> DisputeNews | None:
    """All of the dispute as the PSP has it; None when it could not be learned. Changes nothing at the PSP.

    Raises: ResourceMissing. Writes: the PSP call. Safe to repeat."""
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    answer = connector_for(account.psp).inquire_dispute(credentials_of(account), psp_reference)
    log_dispute_call(
        merchant_id=merchant_id,
        psp_account_id=psp_account_id,
        payment_intent_id=payment_intent_id,
        dispute_id=dispute_id,
        call=answer.call,
    )
    return answer.news

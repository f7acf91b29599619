"""Carry an answer to a dispute to the PSP: no transaction while the PSP is at work.

What is answered and why is decided above, in disputes, which also records the outcome.
"""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from payments.operations.log_dispute_call import log_dispute_call
from payments.psp.disputes import AcceptRequest, EvidenceRequest
from payments.psp.outcomes import Outcome
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of


@outside_transaction
def answer_dispute(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    payment_intent_id: UUID,
    dispute_id: UUID,
    request: EvidenceRequest | AcceptRequest,
) -> Outcome:
    """Make the one call. The caller has the request's key on disk.

    Raises: ResourceMissing. Writes: the PSP call. Safe to repeat with the same key within the PSP's window."""
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    connector, credentials = connector_for(account.psp), credentials_of(account)
    if isinstance(request, AcceptRequest):
        answer = connector.accept_dispute(credentials, request)
    else:
        answer = connector.submit_dispute_evidence(credentials, request)
    log_dispute_call(
        merchant_id=merchant_id,
        psp_account_id=psp_account_id,
        payment_intent_id=payment_intent_id,
        dispute_id=dispute_id,
        call=answer.call,
    )
    return answer.outcome

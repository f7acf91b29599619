"""Give an answer whose outcome is in doubt again, to a PSP that can not be asked about it: same request, same key.

Two safeguards, so that one may fail (docs/adr/0020): the PSP keeps our key and answers as it did the first time; and it
takes no second answer to a dispute that is answered. The second one's refusal proves nothing of the first.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction
from payments.operations.answer_dispute import answer_dispute
from payments.psp.disputes import AcceptRequest, EvidenceRequest
from payments.psp.outcomes import Outcome, Succeeded, Unknown
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account

KEY_MARGIN_SECONDS = 3_600


@outside_transaction
def repeat_dispute_answer(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    payment_intent_id: UUID,
    dispute_id: UUID,
    request: EvidenceRequest | AcceptRequest,
    first_sent_at: datetime,
) -> Outcome | None:
    """Succeeded, or Unknown whatever else came back. None: this PSP is asked, not told again.

    first_sent_at: not before the key was first used.
    Raises: ResourceMissing. Writes: the PSP call. Safe to repeat within the PSP's window, which it keeps itself."""
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    capabilities = connector_for(account.psp).capabilities
    if not capabilities.inquires_by_repeating:
        return None
    age_seconds = (clock.now() - first_sent_at).total_seconds()
    if age_seconds > capabilities.idempotency_window_seconds - KEY_MARGIN_SECONDS:
        return Unknown(reason="key_too_old")
    outcome = answer_dispute(
        merchant_id=merchant_id,
        psp_account_id=psp_account_id,
        payment_intent_id=payment_intent_id,
        dispute_id=dispute_id,
        request=request,
    )
    if isinstance(outcome, Succeeded):
        return outcome
    return Unknown(reason=f"repeat_{outcome.word}")

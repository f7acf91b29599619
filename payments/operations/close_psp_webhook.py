"""Put a webhook away: what handling it came to, and a case where it told of money that we do not know."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.models import CaseKind
from payments.psp.outcomes import InquiryOutcome
from payments.queries.movements import find_webhook
from payments.steps.close_cases import close_cases
from payments.steps.open_case import open_case
from payments.steps.weigh_attempt_outcome import claim_of


@owns_transaction
def close_psp_webhook(
    *,
    merchant_id: UUID,
    webhook_id: UUID,
    result: str,
    payment_intent_id: UUID | None,
    is_unexplained: bool = False,
    outcome: InquiryOutcome | None = None,
) -> None:
    """result: one word for the inbox. is_unexplained: money moved at the PSP, and none of our movements is it.
    outcome: what the event itself says.

    Writes: the inbox row; a case. Safe to repeat.
    """
    webhook = find_webhook(merchant_id=merchant_id, webhook_id=webhook_id)
    if webhook is None:
        return
    webhook.handled_at = clock.now()
    webhook.result = result
    webhook.payment_intent_id = payment_intent_id
    webhook.told = outcome.word if outcome else ""
    webhook.save(update_fields=["handled_at", "result", "payment_intent_id", "told"])
    if is_unexplained:
        open_case(
            merchant_id=merchant_id,
            kind=CaseKind.UNMATCHED,
            subject_kind="webhook",
            subject_id=webhook_id,
            payment_intent_id=None,
            evidence={
                "event": webhook.event_type,
                "psp_reference": webhook.psp_reference,
                **(claim_of(outcome) if outcome else {}),
            },
        )
    elif payment_intent_id is not None:
        # Handled again, and known now.
        close_cases(
            merchant_id=merchant_id,
            subject_kind="webhook",
            subject_id=webhook_id,
            kinds=[CaseKind.UNMATCHED],
        )

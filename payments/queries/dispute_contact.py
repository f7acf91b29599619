"""What was said between us and a PSP about one dispute, for the page of it a floor above."""

from __future__ import annotations

from uuid import UUID

from payments.models import PspCall, PspWebhook

PASSED_UP = "passed_up"
MOST_ROWS = 100


def list_dispute_calls(*, merchant_id: UUID, payment_intent_id: UUID, dispute_id: UUID) -> list[PspCall]:
    """Our calls about it with their PSP accounts, newest first."""
    rows = PspCall.objects.for_merchant(merchant_id).select_related("psp_account")
    rows = rows.filter(payment_intent_id=payment_intent_id, subject_kind="dispute", subject_id=dispute_id)
    return list(rows[:MOST_ROWS])


def list_dispute_webhooks(*, merchant_id: UUID, payment_intent_id: UUID) -> list[PspWebhook]:
    """What the PSP told of disputes and fraud of this payment, newest first, without their bodies."""
    rows = PspWebhook.objects.for_merchant(merchant_id).select_related("psp_account")
    rows = rows.filter(payment_intent_id=payment_intent_id, result=PASSED_UP)
    return list(rows.defer("body", "headers")[:MOST_ROWS])

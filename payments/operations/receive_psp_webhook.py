"""Store a verified webhook of a PSP in the inbox, once, and have it handled."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from payments.models import PspWebhook


@owns_transaction
def receive_psp_webhook(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    event_id: str,
    event_type: str,
    psp_reference: str,
    body: str,
    headers: dict[str, str],
) -> bool:
    """Answers whether it was new.

    Writes: the inbox row and job payments.handle_psp_webhook.
    Safe to repeat: the event id is unique for the PSP account; a repeat writes nothing.
    """
    webhook = PspWebhook(
        merchant_id=merchant_id,
        psp_account_id=psp_account_id,
        event_id=event_id,
        event_type=event_type,
        psp_reference=psp_reference,
        body=body,
        headers=headers,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    # PSPs repeat themselves: the unique key decides, without an error that would end the transaction.
    PspWebhook.across_merchants.bulk_create([webhook], ignore_conflicts=True)
    is_new = PspWebhook.objects.for_merchant(merchant_id).filter(pk=webhook.pk).exists()
    if is_new:
        stage_job(
            "payments.handle_psp_webhook",
            {"merchant_id": str(merchant_id), "webhook_id": str(webhook.id)},
            merchant_id=merchant_id,
        )
    return is_new

"""Store a verified webhook of a PSP in the inbox, once, and have it handled."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from payments.models import PaymentAttempt, PspAccount, PspWebhook
from payments.psp.port import PspNews
from payments.queries.movements import find_movement_of_news, is_call_under_way
from payments.steps.weigh_attempt_outcome import tells_nothing_new


@owns_transaction
def receive_psp_webhook(
    *, merchant_id: UUID, psp_account: PspAccount, news: PspNews, body: str, headers: dict[str, str]
) -> bool:
    """Answers whether it was new. news: what the verified body says.

    Writes: the inbox row; job payments.handle_psp_webhook, unless it tells nothing new or its call is under way.
    Safe to repeat: the event id is unique for the PSP account; a repeat writes nothing.
    """
    row = find_movement_of_news(psp_account, news)
    is_repeat = isinstance(row, PaymentAttempt) and tells_nothing_new(row, news)
    is_under_way = row is not None and is_call_under_way(row)
    webhook = PspWebhook(
        merchant_id=merchant_id,
        psp_account_id=psp_account.id,
        event_id=news.event_id,
        event_type=news.event_type,
        psp_reference=news.psp_reference,
        body=body,
        headers=headers,
        request_id=current().request_id,
        trace_id=current().trace_id,
        # In life nearly every webhook repeats what the call answered: it is put away as it comes.
        handled_at=clock.now() if is_repeat else None,
        result="known" if is_repeat else "",
        payment_intent_id=row.payment_intent_id if row is not None else None,
    )
    # PSPs repeat themselves: the unique key decides, without an error that would end the transaction.
    PspWebhook.across_merchants.bulk_create([webhook], ignore_conflicts=True)
    is_new = PspWebhook.objects.for_merchant(merchant_id).filter(pk=webhook.pk).exists()
    # PSPs tell before they answer. Whoever made the call is about to record the answer, which says more: such news
    # is left to the sweep, which puts it away with many others.
    if is_new and not is_repeat and not is_under_way:
        stage_job(
            "payments.handle_psp_webhook",
            {"merchant_id": str(merchant_id), "webhook_id": str(webhook.id)},
            merchant_id=merchant_id,
        )
    return is_new

"""Put away the webhooks that tell what the answer of the call told already, many at a time; have the rest handled.

In life nearly every webhook is such a repeat: a job for each would double the work of a payment.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.locks import lock_unhandled_webhooks
from payments.models import PaymentAttempt, PspWebhook
from payments.psp.registry import connector_for
from payments.queries.movements import is_call_under_way, list_attempts_of_keys
from payments.steps.weigh_attempt_outcome import tells_nothing_new

BATCH = 500
QUIET_SECONDS = 5
MINUTE_SECONDS = 60

CLOSE = """
UPDATE payments_pspwebhook AS webhook
SET handled_at = %s, result = 'known', payment_intent_id = known.payment_intent_id
FROM unnest(%s::uuid[], %s::uuid[]) AS known (id, payment_intent_id)
WHERE webhook.id = known.id
"""


@owns_transaction
def sweep_psp_webhooks() -> int:
    """Answers how many webhooks were looked at; a full batch asks for another round.

    Raises: WebhookRefused for a stored body that can not be read, which a verified one never is.
    Writes: inbox rows; jobs payments.handle_psp_webhook. Safe to repeat: a webhook is staged once a minute at most.
    """
    now = clock.now()
    webhooks = lock_unhandled_webhooks(received_before=now - timedelta(seconds=QUIET_SECONDS), limit=BATCH)
    news = {row.id: connector_for(row.psp_account.psp).parse_webhook(row.body.encode()) for row in webhooks}
    attempts = list_attempts_of_keys(
        [one.psp_key for one in news.values() if one.kind == "attempt" and one.psp_key]
    )
    known: list[tuple[PspWebhook, PaymentAttempt]] = []
    rest: list[PspWebhook] = []
    for row in webhooks:
        one = news[row.id]
        attempt = attempts.get((row.psp_account_id, one.psp_key))
        if attempt is not None and is_call_under_way(attempt):
            continue
        if attempt is not None and tells_nothing_new(attempt, one):
            known.append((row, attempt))
        else:
            rest.append(row)
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [now, [row.id for row, _ in known], [a.payment_intent_id for _, a in known]])
    minute = int(now.timestamp()) // MINUTE_SECONDS
    stage_jobs(
        [
            NewJob(
                "payments.handle_psp_webhook",
                {"merchant_id": str(row.merchant_id), "webhook_id": str(row.id)},
                merchant_id=row.merchant_id,
                dedupe_key=f"webhook:{row.id}:{minute}",
            )
            for row in rest
        ]
    )
    return len(webhooks)

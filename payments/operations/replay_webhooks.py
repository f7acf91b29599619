"""Replay webhooks: have stored ones handled again, by the code that handles new ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from foundation.jobs.staging import NewJob, stage_jobs
from foundation.replay.running import Criteria, Cursor, Found, Replay, Source, run_replay
from foundation.transactions import outside_transaction
from payments.models import PspWebhook


@outside_transaction
def replay_webhooks(
    *,
    merchant_id: UUID | None = None,
    webhook_ids: Sequence[UUID] | None = None,
    psp_account_id: UUID | None = None,
    received_from: datetime | None = None,
    received_to: datetime | None = None,
    event_type: str | None = None,
    limit: int | None = None,
    is_dry_run: bool = False,
    resume: UUID | None = None,
) -> Replay:
    """Handle again what was received, oldest first. merchant_id: None for the platform's own people only.

    The rest narrows it down; limit: at most so many. resume: go on with this replay, whatever else is given.
    Raises: ResourceMissing, ReplayDiffers.
    Writes: the replay; unless is_dry_run, the inbox rows (open again) and jobs payments.handle_psp_webhook.
    Safe to repeat: known outcomes change nothing.
    """
    given = {
        "merchant": merchant_id and str(merchant_id),
        "webhooks": [str(one) for one in webhook_ids] if webhook_ids is not None else None,
        "psp_account": psp_account_id and str(psp_account_id),
        "from": received_from and received_from.isoformat(),
        "to": received_to and received_to.isoformat(),
        "type": event_type,
    }
    criteria: Criteria = {name: value for name, value in given.items() if value is not None}
    return run_replay(
        WEBHOOKS,
        criteria=criteria,
        is_dry_run=is_dry_run,
        merchant_id=merchant_id,
        most=limit,
        resume=resume,
    )


def _read(criteria: Criteria, cursor: Cursor | None, limit: int) -> list[Found]:
    rows = PspWebhook.across_merchants.filter(received_at__lte=datetime.fromisoformat(criteria["before"]))
    if "merchant" in criteria:
        rows = rows.filter(merchant_id=criteria["merchant"])
    if "webhooks" in criteria:
        rows = rows.filter(id__in=criteria["webhooks"])
    if "psp_account" in criteria:
        rows = rows.filter(psp_account_id=criteria["psp_account"])
    if "from" in criteria:
        rows = rows.filter(received_at__gte=datetime.fromisoformat(criteria["from"]))
    if "to" in criteria:
        rows = rows.filter(received_at__lt=datetime.fromisoformat(criteria["to"]))
    if "type" in criteria:
        rows = rows.filter(event_type=criteria["type"])
    if cursor is not None:
        at = datetime.fromisoformat(cursor[0])
        rows = rows.filter(Q(received_at__gt=at) | Q(received_at=at, id__gt=cursor[1]))
    found = rows.order_by("received_at", "id").values_list("id", "event_type", "received_at")[:limit]
    return [Found(row_id, word, [at.isoformat(), str(row_id)]) for row_id, word, at in found]


def _again(webhook_ids: Sequence[UUID], criteria: Criteria, replay: str) -> int:
    rows = PspWebhook.across_merchants.filter(id__in=list(webhook_ids))
    rows.update(handled_at=None, result="", error="")
    jobs = [
        NewJob(
            "payments.handle_psp_webhook",
            {"merchant_id": str(merchant_id), "webhook_id": str(webhook_id)},
            merchant_id=merchant_id,
            dedupe_key=f"replay:{replay}:{webhook_id}",
        )
        for webhook_id, merchant_id in rows.values_list("id", "merchant_id")
    ]
    stage_jobs(jobs)
    return len(jobs)


WEBHOOKS = Source(Replay.Kind.WEBHOOKS, _read, _again)

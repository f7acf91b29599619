"""Put an answer to the PSP on disk, with our key, before the PSP hears of it: one per dispute and stage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from disputes.errors import DisputeAnswered, DisputeDeadlinePassed, DisputeUnexpectedState
from disputes.models import Dispute, DisputeOrder, EvidenceFile, OrderKind
from disputes.queries.disputes import find_standing_order
from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction


@joins_transaction
def refuse_unless_answerable(dispute: Dispute, *, kind: OrderKind) -> None:
    """Raises DisputeAnswered, DisputeUnexpectedState, DisputeDeadlinePassed. The dispute is locked."""
    standing = find_standing_order(dispute)
    if standing is not None:
        raise DisputeAnswered(
            f"Dispute {dispute.public_id} was answered by {standing.requested_by or 'us'}"
            f" ({standing.get_kind_display().lower()}): it can be answered once."  # type: ignore[attr-defined]
        )
    # Nothing was taken for an inquiry: there is nothing to accept.
    may_answer = dispute.status == "needs_response" if kind is OrderKind.ACCEPT else dispute.is_answerable
    if not may_answer:
        raise DisputeUnexpectedState(f"A dispute in status {dispute.status} can not be answered so.")
    if dispute.evidence_due_at is not None and clock.now() > dispute.evidence_due_at:
        raise DisputeDeadlinePassed(f"The answer was due by {dispute.evidence_due_at:%Y-%m-%d %H:%M} UTC.")


@joins_transaction
def open_order(
    dispute: Dispute,
    kind: OrderKind,
    *,
    order_id: UUID,
    evidence: Mapping[str, Any] | None = None,
    pack: EvidenceFile | None = None,
) -> DisputeOrder:
    """Write the order and stage its job. refuse_unless_answerable was called under the same lock.

    evidence: the copy that goes out; it never changes again, and its hash says so. pack: the PDF beside it."""
    copy = dict(evidence or {})
    order = DisputeOrder(
        id=order_id,
        merchant_id=dispute.merchant_id,
        dispute=dispute,
        kind=kind,
        stage=dispute.stage,
        evidence=copy,
        evidence_sha256=evidence_hash(copy) if copy else "",
        pack=pack,
        requested_by=current().actor[:150],
        next_check_at=clock.now(),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    order.psp_key = order.public_id
    order.save(force_insert=True)
    dispute.version += 1
    dispute.next_action_at = None
    dispute.accepts_at = None
    dispute.save(update_fields=["version", "next_action_at", "accepts_at"])
    stage_job(
        "disputes.execute_order",
        {"merchant_id": str(dispute.merchant_id), "order_id": str(order.id)},
        merchant_id=dispute.merchant_id,
    )
    return order


def evidence_hash(evidence: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(
        json.dumps(evidence, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()

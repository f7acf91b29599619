"""Submit the staged evidence: once, with an immutable copy, the pack and their hashes. A worker carries it out."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import DisputeChanged, EvidenceMissing
from disputes.locks import lock_dispute
from disputes.models import Dispute, DisputeOrder, OrderKind
from disputes.queries.disputes import find_order, get_dispute
from disputes.queries.packing import Pack, read_pack
from disputes.steps.check_evidence import refuse_unless_within_limits
from disputes.steps.keep_pack import keep_pack
from disputes.steps.open_order import open_order, refuse_unless_answerable
from foundation.transactions import outside_transaction, owns_transaction


@outside_transaction
def submit_evidence(
    *,
    merchant_id: UUID,
    dispute_id: UUID,
    order_id: UUID,
    expected_version: int | None = None,
    expected_pack_sha256: str | None = None,
) -> DisputeOrder:
    """Promise to submit what is staged, with its pack. The dispute is under review once the PSP has it.

    order_id: chosen by the caller: the idempotency key's reserved id, or the page's one-time form key.
    expected_version, expected_pack_sha256: what the person saw; None when nobody looked.
    Raises: ResourceMissing, DisputeAnswered, DisputeUnexpectedState, DisputeDeadlinePassed, DisputeChanged,
    EvidenceMissing, EvidenceTooLarge.
    Writes: the order with its copy, the pack as a file, the dispute's version, job disputes.execute_order.
    Safe to repeat: the same order_id finds its order; a second answer is refused, by the database too.
    """
    existing = find_order(merchant_id=merchant_id, order_id=order_id)
    if existing is not None:
        return existing
    dispute = get_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    # Drawn before the lock is taken: nobody waits for a PDF, and what was staged meanwhile is noticed.
    pack = read_pack(dispute, dispute.evidence)
    has_changed = expected_version not in (None, dispute.version) or (
        expected_pack_sha256 not in (None, pack.sha256)
    )
    return _promise(drawn_of=dispute, order_id=order_id, pack=pack, has_changed=has_changed)


@owns_transaction
def _promise(*, drawn_of: Dispute, order_id: UUID, pack: Pack, has_changed: bool) -> DisputeOrder:
    # Locked first: accepting and submitting at once must not both pass.
    dispute = lock_dispute(merchant_id=drawn_of.merchant_id, dispute_id=drawn_of.id)
    existing = find_order(merchant_id=dispute.merchant_id, order_id=order_id)
    if existing is not None:
        return existing
    refuse_unless_answerable(dispute, kind=OrderKind.SUBMIT)
    if has_changed or drawn_of.version != dispute.version:
        raise DisputeChanged()
    evidence = {name: value for name, value in sorted(dispute.evidence.items()) if value}
    if not evidence:
        raise EvidenceMissing()
    refuse_unless_within_limits(dispute, evidence)
    kept = keep_pack(dispute, pack)
    return open_order(dispute, OrderKind.SUBMIT, order_id=order_id, evidence=evidence, pack=kept)

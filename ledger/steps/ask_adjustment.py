"""Keep what a person asks for, so that another can approve exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.context import current
from foundation.transactions import joins_transaction
from ledger.errors import AdjustmentDiffers
from ledger.models import ManualAdjustment
from ledger.steps.adjustment_parameters import parameters_hash, stored_lines
from ledger.steps.lines import Line


@joins_transaction
def ask_adjustment(
    merchant_id: UUID,
    adjustment_id: UUID,
    lines: Sequence[Line],
    effective_at: datetime,
    reason: str,
    *,
    reverses: UUID | None = None,
) -> ManualAdjustment:
    """Keep the request, once per id. Raises AdjustmentDiffers when the id is taken by another request.

    Writes one ManualAdjustment.
    """
    asked = parameters_hash(merchant_id, lines, effective_at, reason, reverses)
    wanted = ManualAdjustment(
        id=adjustment_id,
        merchant_id=merchant_id,
        lines=stored_lines(lines),
        effective_at=effective_at,
        reason=reason,
        reverses_id=reverses,
        parameters_hash=asked,
        requested_by=current().actor[:150],
    )
    adjustments = ManualAdjustment.objects.for_merchant(merchant_id)
    adjustments.bulk_create([wanted], ignore_conflicts=True)
    standing = adjustments.filter(pk=adjustment_id).first()
    if standing is None or standing.parameters_hash != asked:
        raise AdjustmentDiffers("This request was made already, with other parameters.")
    return standing

"""Move a dispute to the status that was proven, with what an end brings with it. The dispute is locked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from disputes.models import ClosedBy, Dispute, DisputeStatus
from foundation.transactions import joins_transaction

_ARROWS: dict[str, Callable[[Dispute], None]] = {
    DisputeStatus.NEEDS_RESPONSE: Dispute.demand_response,
    DisputeStatus.UNDER_REVIEW: Dispute.review,
    DisputeStatus.WARNING_UNDER_REVIEW: Dispute.review_warning,
    DisputeStatus.WARNING_CLOSED: Dispute.close_warning,
    DisputeStatus.WON: Dispute.win,
    DisputeStatus.LOST: Dispute.lose,
    DisputeStatus.PREVENTED: Dispute.prevent,
}


@joins_transaction
def advance(dispute: Dispute, status: str, *, closed_by: ClosedBy, now: datetime) -> None:
    """Changes the row in memory; the caller saves it. A higher stage in the same status only begins anew."""
    if str(dispute.status) != status:
        _ARROWS[status](dispute)
    if dispute.is_closed:
        dispute.closed_at = now
        # What we know of how it ended (accepted, expired) is not overwritten by the network's mere "lost".
        dispute.closed_by = (
            dispute.closed_by if status == DisputeStatus.LOST and dispute.closed_by else closed_by
        )
    else:
        dispute.closed_at = None
        dispute.closed_by = ""
        dispute.alarmed_hours = None

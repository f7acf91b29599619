"""The interlock: while a dispute has the money, or is about to, payments may not refund it as well."""

from __future__ import annotations

from typing import Any

from disputes.lifecycle import allows_refund
from disputes.models import Dispute
from foundation.transactions import joins_transaction
from payments.steps.hold_funds import hold_funds, release_funds

HOLDER = "dispute"


@joins_transaction
def guard_refunds(dispute: Dispute) -> None:
    """Hold the disputed amount of the charge, or let it go, as the status says. The dispute is locked.

    Writes: as hold_funds and release_funds. Safe to repeat."""
    holder: dict[str, Any] = {
        "merchant_id": dispute.merchant_id,
        "attempt_id": dispute.attempt_id,
        "holder_kind": HOLDER,
        "holder_id": dispute.id,
    }
    if allows_refund(str(dispute.status)):
        release_funds(**holder)
    else:
        hold_funds(**holder, amount=dispute.amount)

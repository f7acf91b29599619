"""The only translator from disputes to double entry. Booked on each movement of the PSP's, never on a status.

A status moves no cash: it only changes what the money counts as while the PSP has it (post_recount).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from disputes.lifecycle import DISPUTE_FEES, MOVED, RECOUNTED
from disputes.models import Dispute
from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.queries.periods import date_in_open_period
from ledger.steps import Line, post_entry
from payments.psp.disputes import FundMovement


@joins_transaction
def post_movement(
    dispute: Dispute, movement: FundMovement, *, account: str, now: datetime, named: str = ""
) -> UUID | None:
    """Taken: Dr `account`, Dr dispute fees / Cr PSP clearing. Given back: the other way round. None: nothing moved.

    named: the PSP's name of it in a statement, where that is not its id. Dated as the PSP dates it, or on the first
    open day after a closed period."""
    clearing = f"assets/psp_clearing/{dispute.psp_account.public_id}"
    lines = []
    if not movement.amount.is_zero:
        lines += [Line(account, -movement.amount), Line(clearing, movement.amount)]
    if not movement.fee.is_zero:
        lines += [Line(DISPUTE_FEES, movement.fee), Line(clearing, -movement.fee)]
    if not lines:
        return None
    return post_entry(
        merchant_id=dispute.merchant_id,
        kind=MOVED,
        reference=f"dispute_movement:{dispute.psp_account.public_id}:{movement.movement_id}",
        lines=lines,
        source_kind="dispute",
        source_id=dispute.id,
        effective_at=date_in_open_period(dispute.merchant_id, min(movement.occurred_at, now)),
        external_reference=named or movement.movement_id,
        description=f"Dispute {dispute.public_id} of {dispute.attempt.public_id}",
    ).id


@joins_transaction
def post_recount(
    dispute: Dispute, amount: Money, *, from_account: str, to_account: str, ordinal: int, at: datetime
) -> UUID:
    """Dr `to_account` / Cr `from_account`: lost money becomes a loss, a late win makes it a claim again."""
    return post_entry(
        merchant_id=dispute.merchant_id,
        kind=RECOUNTED,
        reference=f"dispute_recount:{dispute.public_id}:{ordinal}",
        lines=[Line(to_account, amount), Line(from_account, -amount)],
        source_kind="dispute",
        source_id=dispute.id,
        effective_at=at,
        external_reference=dispute.psp_reference,
        description=f"Dispute {dispute.public_id} is {dispute.get_status_display().lower()}",  # type: ignore[attr-defined]
    ).id

"""Book the fee of a fund movement that only the PSP's statement tells: a notification of Adyen's has none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from disputes import events
from disputes.locks import lock_dispute
from disputes.models import DisputeFundMovement
from disputes.queries.disputes import list_movements
from disputes.steps.announce import announce_dispute
from disputes.steps.keep_money import book_movements
from foundation import clock
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.psp.disputes import FundMovement

FEE = ":fee"
"""Ends the id of a movement that is the fee of another, whose id comes before."""


@owns_transaction
def book_settled_fee(
    *, merchant_id: UUID, dispute_id: UUID, entry_id: UUID, gross: Money, fee: Money, at: datetime
) -> bool:
    """Whether the line is of one movement of this dispute that was booked without a fee.

    entry_id: the entry beside the line. gross, fee: of the line; a fee that the PSP took is positive. at: its date.
    Raises: ResourceMissing. Writes: a movement of no amount with the fee, its ledger entry under the PSP's name of
    the movement, charge.dispute.updated.
    Safe to repeat: the fee of a movement is booked once.
    """
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    movement = _find_movement(list(list_movements(dispute)), entry_id)
    if movement is None or movement.amount != gross or movement.fee_minor or fee.is_zero:
        return False
    told = FundMovement(
        movement_id=f"{movement.movement_id}{FEE}",
        amount=Money.zero(fee.currency),
        fee=fee,
        is_counter_fee=movement.is_counter_fee,
        occurred_at=at,
    )
    booked = book_movements(
        dispute, [told], account=movement.account, now=clock.now(), named=movement.movement_id
    )
    if booked:
        announce_dispute(dispute, [events.DISPUTE_UPDATED])
    return True


def _find_movement(movements: list[DisputeFundMovement], entry_id: UUID) -> DisputeFundMovement | None:
    return next((one for one in movements if one.ledger_entry_id == entry_id), None)

"""Answer a line whose fee differs from what is booked: true the capture up to it."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.operations.true_up_fee import true_up_fee
from payments.queries.movements import find_capture_of_entry


@outside_transaction
def answer_fee_difference(*, merchant_id: UUID, entry_id: UUID, gross: Money, fee: Money, proof: str) -> bool:
    """Answers whether the line is of one capture of ours; a line of several is left to a person.

    entry_id: the entry beside the line. gross, fee: of the line. proof: the PSP's name of it.
    Writes: as true_up_fee. Safe to repeat: the second time there is no difference.
    """
    capture = find_capture_of_entry(merchant_id=merchant_id, entry_id=entry_id)
    if capture is None or capture.amount != gross or fee.is_negative:
        return False
    true_up_fee(merchant_id=merchant_id, capture_id=capture.id, fee=fee, proof=proof)
    return True

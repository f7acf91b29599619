"""The money of a dispute: book what the PSP moved, once each, and let it count as what the status says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from disputes.lifecycle import counts_as
from disputes.models import Dispute, DisputeFundMovement, DisputeRecount
from disputes.queries.disputes import list_movements, list_recounts, read_position
from disputes.steps.post_to_ledger import post_movement, post_recount
from foundation.transactions import joins_transaction
from payments.psp.disputes import FundMovement


@joins_transaction
def book_movements(
    dispute: Dispute, movements: Sequence[FundMovement], *, account: str, now: datetime, named: str = ""
) -> list[FundMovement]:
    """Book those that are not booked yet against `account`, and answer with them. The dispute is locked.

    named: the name under which the PSP's statement has them, where that is not their id.
    Writes: a row and a ledger entry for each. Safe to repeat: the PSP's movement id is booked once."""
    known = set(list_movements(dispute).values_list("movement_id", flat=True))
    new = [movement for movement in movements if movement.movement_id not in known]
    for movement in new:
        entry_id = post_movement(dispute, movement, account=account, now=now, named=named)
        DisputeFundMovement.objects.for_merchant(dispute.merchant_id).create(
            merchant_id=dispute.merchant_id,
            dispute=dispute,
            psp_account_id=dispute.psp_account_id,
            movement_id=movement.movement_id,
            amount_minor=movement.amount.amount_minor,
            fee_minor=movement.fee.amount_minor,
            currency=movement.amount.currency,
            is_counter_fee=movement.is_counter_fee,
            account=account,
            ledger_entry_id=entry_id,
            occurred_at=movement.occurred_at,
        )
    return new


@joins_transaction
def recount(dispute: Dispute, *, at: datetime) -> None:
    """Move what stands in another account to the one that the status names: no cash moves. The dispute is locked.

    Writes: a row and a ledger entry for each account and currency left. Safe to repeat: nothing is left."""
    target = counts_as(dispute.status)
    ordinal = list_recounts(dispute).count()
    for (account, currency), amount in sorted(read_position(dispute).items()):
        if account == target:
            continue
        ordinal += 1
        entry_id = post_recount(
            dispute, amount, from_account=account, to_account=target, ordinal=ordinal, at=at
        )
        DisputeRecount.objects.for_merchant(dispute.merchant_id).create(
            merchant_id=dispute.merchant_id,
            dispute=dispute,
            ordinal=ordinal,
            from_account=account,
            to_account=target,
            amount_minor=amount.amount_minor,
            currency=currency,
            ledger_entry_id=entry_id,
        )

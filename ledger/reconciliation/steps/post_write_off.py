"""The entry that writes a break off."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationBreak, Source
from ledger.reconciliation.accounts import BANK, TRANSIT, WRITTEN_OFF, clearing_path
from ledger.reconciliation.movements import WRITE_OFF
from ledger.steps import Line, post_entry


@joins_transaction
def post_write_off(found: ReconciliationBreak, amount: Money) -> UUID:
    """Dr the account that differs / Cr reconciliation differences, by psp − book; the other way when negative.

    The account: a PSP's clearing; of a bank, the bank for what arrived, and cash in transit for what never did.
    """
    if found.source == Source.PSP:
        path = clearing_path(found.psp_account)
    else:
        path = TRANSIT if found.psp_minor is None else BANK
    return post_entry(
        merchant_id=found.merchant_id,
        kind=WRITE_OFF,
        reference=f"write_off:{found.public_id}",
        lines=[Line(path, amount), Line(WRITTEN_OFF, -amount)],
        source_kind="reconciliation_break",
        source_id=found.id,
        effective_at=clock.now(),
        external_reference=found.reference,
        description=f"{found.get_kind_display()} {found.reference}: {found.write_off_reason}"[:500],
    ).id

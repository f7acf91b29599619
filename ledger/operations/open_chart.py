"""Open the standard accounts of a merchant in a currency, before anything is posted."""

from __future__ import annotations

from uuid import UUID

from foundation.money import exponent_of
from foundation.transactions import owns_transaction
from ledger.chart import CHART
from ledger.steps.open_account import open_missing_accounts


@owns_transaction
def open_chart(*, merchant_id: UUID, currency: str) -> None:
    """Open every account of ledger/chart.py that stands alone, so that a report shows it at zero.

    currency: ISO 4217, lower case. Raises CurrencyUnknown.
    Writes: LedgerAccounts. Safe to repeat: accounts that are open stay as they are.
    """
    exponent_of(currency)
    paths = [line.path for line in CHART if not line.is_family]
    open_missing_accounts(merchant_id, [(path, currency) for path in paths])

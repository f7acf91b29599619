"""Which reader a format has, whose books it tells of, and how far its word goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ledger.reconciliation.importers.adyen_settlement import read_adyen_settlement
from ledger.reconciliation.importers.camt import read_camt
from ledger.reconciliation.importers.lines import Reader
from ledger.reconciliation.importers.mt940 import read_mt940
from ledger.reconciliation.importers.stripe_reports import read_stripe_report


class Coverage(Enum):
    """Until when everything that happened is in the file.

    closed_days: the end of its last day; a bank writes its statement when the day is over. whole_days: the same,
    but a report of today ends now. last_line: a report of payouts holds what was paid out, and says nothing of
    the rest.
    """

    CLOSED_DAYS = "closed_days"
    WHOLE_DAYS = "whole_days"
    LAST_LINE = "last_line"


@dataclass(frozen=True, slots=True)
class Format:
    """tells_of_payouts, tells_of_the_rest: which movements a missing line of this format says something about."""

    source: str
    read: Reader
    coverage: Coverage
    tells_of_payouts: bool = True
    tells_of_the_rest: bool = True


FORMATS = {
    "stripe_balance": Format("psp", read_stripe_report, Coverage.WHOLE_DAYS, tells_of_payouts=False),
    "stripe_payout": Format("psp", read_stripe_report, Coverage.LAST_LINE, tells_of_payouts=False),
    "stripe_payout_list": Format("psp", read_stripe_report, Coverage.WHOLE_DAYS, tells_of_the_rest=False),
    "adyen_settlement": Format("psp", read_adyen_settlement, Coverage.LAST_LINE),
    "camt053": Format("bank", read_camt, Coverage.CLOSED_DAYS),
    "camt054": Format("bank", read_camt, Coverage.LAST_LINE),
    "mt940": Format("bank", read_mt940, Coverage.CLOSED_DAYS),
}

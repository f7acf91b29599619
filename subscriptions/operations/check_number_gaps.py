"""Check that no series of numbers has a gap: what was counted is what is there."""

from __future__ import annotations

from foundation.transactions import owns_transaction
from payments.steps.open_case import open_numbers_case
from subscriptions.queries.number_gaps import list_gaps


@owns_transaction
def check_number_gaps() -> int:
    """How many series have a gap.

    Writes: a case for a person for each.
    Safe to repeat: a case is open once per series.
    """
    gaps = list_gaps()
    for gap in gaps:
        open_numbers_case(
            merchant_id=gap.merchant_id,
            series_id=gap.series_id,
            evidence={"prefix": gap.prefix, "counted": gap.counted, "found": gap.found},
        )
    return len(gaps)

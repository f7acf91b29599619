"""Reckon a sample of invoice lines again from their inputs, and compare: the nightly doubt about our own arithmetic."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from foundation import clock
from foundation.transactions import owns_transaction
from payments.steps.open_case import open_line_amount_case
from subscriptions.queries.rechecked_lines import DifferingLine, list_differing_lines, read_first_line_at

SAMPLE = 500
NEW = timedelta(hours=2)


@owns_transaction
def recheck_lines() -> int:
    """How many differ, among the newest lines and as many that begin at an instant by chance.

    Writes: a case for a person for each.
    Safe to repeat: a case is open once per line.
    """
    now = clock.now()
    found: dict[tuple[object, str], DifferingLine] = {}
    for since in (now - NEW, _any_instant(now)):
        for one in list_differing_lines(since=since, limit=SAMPLE):
            found[one.line_id, one.what] = one
    for one in found.values():
        open_line_amount_case(
            merchant_id=one.merchant_id,
            line_id=one.line_id,
            evidence={
                "invoice": str(one.invoice_id),
                "what": one.what,
                "expected": one.expected,
                "found": one.found,
            },
        )
    return len(found)


def _any_instant(now: datetime) -> datetime:
    first = read_first_line_at() or now
    return first + (now - first) * random.random()

"""Stripe's payouts: reading one, and listing the newest.

Source: docs.stripe.com/api/payouts, version 2026-10-28.endive, read 2026-11.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from foundation import clock
from payments.psp.port import PayoutNews
from payments.psp.stripe.amounts import from_stripe

EXPAND = ["balance_transaction"]
STATUSES = frozenset({"pending", "in_transit", "paid", "failed", "canceled"})
PAGE = 100
MOST_LISTED = 300
"""Three pages, each with a deadline: a job's time. Earlier looks have seen what is older."""


def read_payout(payout: dict[str, Any], *, told_at: datetime | None = None) -> PayoutNews:
    """Raises KeyError, ValueError and the like for what is no payout."""
    status = payout["status"]
    if status not in STATUSES:
        raise ValueError(f"A payout is not {status!r}.")
    amount = from_stripe(payout["amount"], payout["currency"])
    if amount.is_zero:
        raise ValueError("A payout of nothing.")
    booked = payout.get("balance_transaction")
    trace = payout.get("trace_id") or {}
    return PayoutNews(
        psp_reference=payout["id"],
        amount=amount,
        status=status,
        created_at=clock.from_timestamp(payout["created"]),
        arrival_on=clock.from_timestamp(payout["arrival_date"]).date(),
        balance_currency=booked["currency"] if isinstance(booked, dict) else "",
        told_at=told_at,
        is_automatic=bool(payout.get("automatic", True)),
        statement_descriptor=payout.get("statement_descriptor") or "",
        bank_trace=str(trace.get("value") or ""),
        failure_code=payout.get("failure_code") or "",
    )


def list_payouts(api: Any, created_since: datetime) -> tuple[PayoutNews, ...]:
    """The newest, at most MOST_LISTED."""
    page = api.payouts.list(
        {
            "created": {"gte": clock.to_timestamp(created_since)},
            "limit": PAGE,
            "expand": [f"data.{path}" for path in EXPAND],
        }
    )
    return tuple(read_payout(dict(row.to_dict())) for row in islice(page.auto_paging_iter(), MOST_LISTED))

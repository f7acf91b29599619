"""The sandbox's own truth: sums per account and currency, and every money movement row by row."""

from typing import Any

from .books import Body, Books

MAX_ENTRIES = 1000

_MOVEMENTS = """
SELECT account, currency,
    COUNT(DISTINCT CASE WHEN type = 'charge' THEN source END),
    COUNT(CASE WHEN type = 'charge' THEN 1 END),
    COALESCE(SUM(CASE WHEN type = 'charge' THEN amount END), 0),
    COALESCE(SUM(CASE WHEN type <> 'adjustment' THEN fee END), 0),
    COUNT(CASE WHEN type = 'refund' THEN 1 END),
    COALESCE(-SUM(CASE WHEN type = 'refund' THEN amount END), 0),
    COUNT(CASE WHEN type = 'refund_failure' THEN 1 END),
    COALESCE(SUM(CASE WHEN type = 'refund_failure' THEN amount END), 0),
    COALESCE(-SUM(CASE WHEN type = 'payment_failure_refund' THEN amount END), 0),
    COALESCE(SUM(CASE WHEN type NOT IN ('payout', 'payout_failure') THEN net END), 0),
    COALESCE(-SUM(CASE WHEN type = 'adjustment' AND amount < 0 THEN amount END), 0),
    COALESCE(SUM(CASE WHEN type = 'adjustment' AND amount > 0 THEN amount END), 0),
    COALESCE(SUM(CASE WHEN type = 'adjustment' THEN fee END), 0),
    COUNT(CASE WHEN type = 'payout' THEN 1 END),
    COALESCE(-SUM(CASE WHEN type = 'payout' THEN net END), 0),
    COALESCE(SUM(CASE WHEN type = 'payout_failure' THEN net END), 0),
    COALESCE(SUM(net), 0)
FROM balance_transactions WHERE (?1 IS NULL OR account = ?1) GROUP BY account, currency
"""
_MOVEMENT_NAMES = (
    "charges_count", "captures_count", "charges_gross_minor", "fees_minor", "refunds_count",
    "refunds_amount_minor", "refunds_returned_count", "refunds_returned_minor", "charges_returned_minor",
    "net_minor", "disputes_withdrawn_minor", "disputes_reinstated_minor", "disputes_fees_minor",
    "payouts_count", "payouts_amount_minor", "payouts_returned_minor", "balance_minor",
)  # fmt: skip
_OPEN = """
SELECT account, currency, COUNT(*), SUM(amount_capturable)
FROM payment_intents WHERE amount_capturable > 0 AND (?1 IS NULL OR account = ?1) GROUP BY account, currency
"""
_OPEN_NAMES = ("authorized_open_count", "authorized_open_minor")
_DISPUTES = """
SELECT account, currency, COUNT(*),
    COUNT(CASE WHEN status IN ('needs_response', 'under_review') THEN 1 END),
    COUNT(CASE WHEN status = 'won' THEN 1 END),
    COUNT(CASE WHEN status = 'lost' THEN 1 END),
    COALESCE(SUM(CASE WHEN json_extract(private, '$.is_prevented') THEN amount END), 0),
    COUNT(CASE WHEN status GLOB 'warning_*' THEN 1 END)
FROM disputes WHERE (?1 IS NULL OR account = ?1) GROUP BY account, currency
"""
_DISPUTE_NAMES = (
    "disputes_count", "disputes_open_count", "disputes_won_count", "disputes_lost_count",
    "disputes_prevented_minor", "inquiries_count",
)  # fmt: skip


def books_summary(books: Books, account: str | None, now: float) -> Body:
    """`{"now": …, "accounts": {key: {currency: {charges_count, charges_gross_minor, …}}}}`.

    Refunds count as they are made; those returned by a bank are counted again under `refunds_returned_*`, and
    `net_minor` is what the account earned: gross - fees - refunds + returned - what disputes withdrew
    + reinstated - their fees, which are not among `fees_minor`. `balance_minor` is what of that has not been paid
    out: net - payouts + payouts returned.
    """
    accounts: dict[str, dict[str, dict[str, int]]] = {}
    with books.reading():
        movements, open_rows = books.rows(_MOVEMENTS, (account,)), books.rows(_OPEN, (account,))
        dispute_rows = books.rows(_DISPUTES, (account,))
    for key, currency, *sums in movements:
        _place(accounts, key, currency).update(zip(_MOVEMENT_NAMES, sums, strict=True))
    for key, currency, *sums in open_rows:
        _place(accounts, key, currency).update(zip(_OPEN_NAMES, sums, strict=True))
    for key, currency, *sums in dispute_rows:
        _place(accounts, key, currency).update(zip(_DISPUTE_NAMES, sums, strict=True))
    if account is not None:
        accounts.setdefault(account, {})
    return {"now": int(now), "accounts": accounts}


def books_entries(books: Books, account: str | None, after: int, limit: int) -> Body:
    """Money movements in the order they were booked, after the sequence number `after`, `limit` at most."""
    limit = max(1, min(limit, MAX_ENTRIES))
    records = books.select(
        "balance_transactions",
        "(? IS NULL OR account = ?) AND seq > ?",
        (account, account, after, limit + 1),
        "ORDER BY seq LIMIT ?",
    )
    settled = settled_by(books, [record.id for record in records[:limit]])
    entries = [
        _entry(record.seq, record.account, record.body, record.private) | {"payout": settled.get(record.id)}
        for record in records[:limit]
    ]
    return {
        "entries": entries,
        "has_more": len(records) > limit,
        "next_after": entries[-1]["sequence"] if entries else after,
    }


def settled_by(books: Books, transaction_ids: list[str]) -> dict[str, str]:
    """The payout of each movement that has one; at most `MAX_ENTRIES` movements at once."""
    marks = ", ".join("?" * len(transaction_ids))
    return dict(
        books.rows(f"SELECT id, payout FROM settled_transactions WHERE id IN ({marks})", transaction_ids)  # noqa: S608
    )


def _entry(sequence: int, account: str, body: Body, private: Body) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "account": account,
        "id": body["id"],
        "kind": body["type"],
        "booked_at": body["created"],
        "currency": body["currency"],
        "amount_minor": body["amount"],
        "fee_minor": body["fee"],
        "net_minor": body["net"],
        "payment_intent": private["payment_intent"],
        "charge": private["charge"],
        "refund": private["refund"],
        "dispute": body["source"] if body["type"] == "adjustment" else None,
        "metadata": private["metadata"],
        "payment_metadata": private["payment_metadata"],
    }


def _place(accounts: dict[str, dict[str, dict[str, int]]], key: str, currency: str) -> dict[str, int]:
    empty = dict.fromkeys((*_MOVEMENT_NAMES, *_OPEN_NAMES, *_DISPUTE_NAMES), 0)
    return accounts.setdefault(key, {}).setdefault(currency, empty)

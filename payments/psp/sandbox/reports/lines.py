"""The lines of a settlement report, provider by provider the same facts: one movement of the balance each."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..books import Body, Books, Record
from ..summary import settled_by
from .wishes import Wish

PAGE = 500
ACTIVITY = ("charge", "refund", "refund_failure", "payment_failure_refund", "adjustment")
SETTLED = (*ACTIVITY, "payout_failure")
PAYOUTS = ("payout", "payout_failure")


@dataclass(frozen=True, slots=True)
class Line:
    """Amounts in minor units, signed as the balance sees them; instants in epoch seconds."""

    transaction: str
    kind: str
    category: str
    created: int
    available_on: int
    currency: str
    gross: int
    fee: int
    net: int
    source: str
    description: str
    charge: str
    payment_intent: str
    refund: str
    metadata: dict[str, str]
    payment_metadata: dict[str, str]
    charge_body: Body
    payout_body: Body  # that settled this movement
    own_payout_body: Body  # that this movement is of
    batch: int

    @property
    def payout(self) -> str:
        return str(self.payout_body.get("id", ""))


def created_within(books: Books, wish: Wish, kinds: tuple[str, ...]) -> Iterator[Line]:
    """Movements booked within the time asked for, in the order they were booked."""
    marks = ", ".join("?" * len(kinds))
    where = (
        f"account = ? AND type IN ({marks}) AND created_at >= ? AND created_at < ? "
        "AND (? IS NULL OR currency = ?) AND seq > ?"
    )
    values = (wish.account, *kinds, wish.starts_at, wish.ends_at, wish.currency, wish.currency)
    after = 0
    while True:
        # Page by page: the books stay free for payments while a long report is written.
        records = books.select("balance_transactions", where, (*values, after), f"ORDER BY seq LIMIT {PAGE}")
        yield from _lines(books, records)
        if len(records) < PAGE:
            return
        after = records[-1].seq


def settled_within(books: Books, wish: Wish, kinds: tuple[str, ...]) -> Iterator[Line]:
    """Movements of the payouts that arrive within the time asked for, payout by payout."""
    kind_marks = ", ".join("?" * len(kinds))
    for payout in payouts_arriving(books, wish):
        after = 0
        while True:
            page = books.rows(
                f"SELECT id, seq FROM settled_transactions WHERE payout = ? AND seq > ? "  # noqa: S608
                f"ORDER BY seq LIMIT {PAGE}",
                (payout.id, after),
            )
            marks = ", ".join("?" * len(page))
            where = f"id IN ({marks}) AND type IN ({kind_marks})"
            ids = [row[0] for row in page]
            yield from _lines(
                books, books.select("balance_transactions", where, (*ids, *kinds), "ORDER BY seq")
            )
            if len(page) < PAGE:
                break
            after = page[-1][1]


def payouts_arriving(books: Books, wish: Wish) -> list[Record]:
    return books.select(
        "payouts",
        "account = ? AND arrival_date >= ? AND arrival_date < ? AND (? IS NULL OR currency = ?) "
        "AND (? IS NULL OR id = ?)",
        (
            wish.account,
            wish.starts_at,
            wish.ends_at,
            wish.currency,
            wish.currency,
            wish.payout,
            wish.payout,
        ),
        "ORDER BY arrival_date, seq",
    )


def _lines(books: Books, records: list[Record]) -> Iterator[Line]:
    charges = _bodies(books, "charges", {str(record.private["charge"]) for record in records})
    settled = settled_by(books, [record.id for record in records])
    own = {record.body["source"] for record in records if record.body["type"] in PAYOUTS}
    payouts = _records(books, "payouts", own | set(settled.values()))
    for record in records:
        settling = payouts.get(settled.get(record.id, ""))
        yield _line(record, charges, settling, payouts.get(record.body["source"]))


def _line(record: Record, charges: dict[str, Body], payout: Record | None, own: Record | None) -> Line:
    body, private = record.body, record.private
    charge = charges.get(str(private["charge"]), {})
    return Line(
        transaction=record.id,
        kind=body["type"],
        category=body["reporting_category"],
        created=body["created"],
        available_on=body["available_on"],
        currency=body["currency"],
        gross=body["amount"],
        fee=body["fee"],
        net=body["net"],
        source=body["source"],
        description=body["description"] or "",
        charge=private["charge"] or "",
        payment_intent=private["payment_intent"] or "",
        refund=private["refund"] or "",
        metadata=private["metadata"],
        payment_metadata=private["payment_metadata"],
        charge_body=charge,
        payout_body=payout.body if payout else {},
        own_payout_body=own.body if own else {},
        batch=payout.private["batch"] if payout else 0,
    )


def _records(books: Books, table: str, ids: set[str]) -> dict[str, Record]:
    marks = ", ".join("?" * len(ids))
    return {record.id: record for record in books.select(table, f"id IN ({marks})", sorted(ids))}


def _bodies(books: Books, table: str, ids: set[str]) -> dict[str, Body]:
    return {object_id: record.body for object_id, record in _records(books, table, ids).items()}

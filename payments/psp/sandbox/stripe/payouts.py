"""Payouts: settled money leaves the balance, is on its way, arrives at the bank or comes back.

Lives here: which movements a payout settles and what becomes of it. Does not live here: the files that tell
of it (`..reports`) and who orders one (`..settlement_controls`).
"""

from dataclasses import dataclass

from ..books import Body
from . import payout_shapes, shapes
from .call import Call
from .lists import list_page

DEFAULT_ARRIVAL_SECONDS = 24 * 3600
_FAILURE = {
    "failure_code": "account_closed",
    "failure_message": "The bank account has been closed.",
}
_OPEN = "account = ? AND type <> 'payout' AND id NOT IN (SELECT id FROM settled_transactions)"


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Pay out what is available (or, with `include_pending`, everything), arriving after so many seconds."""

    currency: str | None = None
    include_pending: bool = False
    arrival_seconds: float = DEFAULT_ARRIVAL_SECONDS
    fails: bool = False


def retrieve(call: Call, payout_id: str) -> Body:
    return call.find("payouts", payout_id).body


def list_all(call: Call) -> Body:
    return list_page(call, "payouts", "/v1/payouts", ("status",))


def pay_out(call: Call, order: PayoutOrder) -> list[Body]:
    """One payout per currency whose open movements add up to more than nothing; one batch for all of them.

    A balance below zero is carried into a later payout, as Stripe does before it debits a bank account.
    """
    where, values = _open_movements(call, order)
    sums = call.books.rows(
        f"SELECT currency, SUM(net) FROM balance_transactions WHERE {where} "  # noqa: S608
        "GROUP BY currency HAVING SUM(net) > 0 ORDER BY currency",
        values,
    )
    row = call.books.row(
        "SELECT COALESCE(MAX(json_extract(private, '$.batch')), 0) FROM payouts WHERE account = ?",
        (call.account,),
    )
    batch = int(row[0]) + 1 if row else 1
    return [_pay_out_currency(call, order, currency, net, batch) for currency, net in sums]


def arrive(call: Call, payout_id: str) -> bool:
    """The money is at the bank. Returns whether the payout was still on its way."""
    record = call.find("payouts", payout_id)
    if record.body["status"] != "in_transit":
        return False
    record.body |= {"status": "paid", "reconciliation_status": "completed"}
    call.save(record)
    call.announce("payout.paid", record.body)
    call.announce("payout.reconciliation_completed", record.body)
    return True


def fail(call: Call, payout_id: str) -> bool:
    """The bank sends the money back: it returns to the balance and waits for the next payout."""
    record = call.find("payouts", payout_id)
    if record.body["status"] != "in_transit":
        return False
    transaction = _book(call, record.body, record.body["amount"], "payout_failure")
    record.body |= _FAILURE | {
        "status": "failed",
        "reconciliation_status": "completed",
        "failure_balance_transaction": transaction["id"],
    }
    call.save(record)
    call.announce("payout.failed", record.body)
    return True


def _open_movements(call: Call, order: PayoutOrder) -> tuple[str, list[object]]:
    where: str = _OPEN
    values: list[object] = [call.account]
    if order.currency is not None:
        where += " AND currency = ?"
        values.append(order.currency)
    if not order.include_pending:
        where += f" AND {shapes.IS_AVAILABLE}"
        values.append(call.now - shapes.AVAILABLE_AFTER_SECONDS)
    return where, values


def _pay_out_currency(call: Call, order: PayoutOrder, currency: str, net: int, batch: int) -> Body:
    arrival = call.now + order.arrival_seconds
    body = payout_shapes.payout(
        amount=net, currency=currency, account=call.account, now=call.timestamp, arrival=int(arrival)
    )
    where, values = _open_movements(call, order)
    call.books.execute(
        f"INSERT INTO settled_transactions (id, payout, seq) SELECT id, ?, seq FROM balance_transactions "  # noqa: S608
        f"WHERE {where} AND currency = ?",
        (body["id"], *values, currency),
    )
    if order.include_pending:
        # What has been paid out was available, whatever day was promised before.
        call.books.execute(
            "UPDATE balance_transactions SET body = json_set(body, '$.available_on', ?1) "
            "WHERE id IN (SELECT id FROM settled_transactions WHERE payout = ?2) "
            "AND json_extract(body, '$.available_on') > ?1",
            (call.timestamp, body["id"]),
        )
    transaction = _book(call, body, -net, "payout")
    call.books.execute(
        "INSERT INTO settled_transactions (id, payout, seq) SELECT id, ?, seq FROM balance_transactions "
        "WHERE id = ?",
        (body["id"], transaction["id"]),
    )
    body["balance_transaction"] = transaction["id"]
    call.create("payouts", body, {"batch": batch})
    call.announce("payout.created", body)
    _await_arrival(call, order, body["id"], arrival)
    return call.find("payouts", body["id"]).body


def _await_arrival(call: Call, order: PayoutOrder, payout_id: str, arrival: float) -> None:
    if order.arrival_seconds > 0:
        call.schedule("fail_payout" if order.fails else "arrive_payout", payout_id, arrival)
    elif order.fails:
        fail(call, payout_id)
    else:
        arrive(call, payout_id)


def _book(call: Call, payout: Body, amount: int, kind: str) -> Body:
    """The payout's own movement, which is available at once."""
    transaction = shapes.balance_transaction(
        kind=kind,
        source=payout["id"],
        amount=amount,
        fee=0,
        currency=payout["currency"],
        now=call.timestamp,
        description=payout["description"] if kind == "payout" else "STRIPE PAYOUT FAILURE",
    )
    transaction |= {"available_on": call.timestamp, "status": "available"}
    nobody = dict.fromkeys(("payment_intent", "charge", "refund"))
    call.create("balance_transactions", transaction, nobody | {"metadata": {}, "payment_metadata": {}})
    return transaction

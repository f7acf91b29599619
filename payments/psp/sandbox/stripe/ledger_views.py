"""What has been booked, read only: charges, balance transactions, the balance, events."""

from ..books import Body, Record
from . import shapes
from .call import Call
from .lists import conditions_of, list_page, page_of
from .refusals import invalid
from .search import search as search_objects

_UNDELIVERED = """EXISTS (
    SELECT 1 FROM webhook_deliveries d WHERE d.event = events.id AND d.state <> 'delivered'
)"""


def retrieve_charge(call: Call, charge_id: str) -> Body:
    return call.find("charges", charge_id).body


def update_charge(call: Call, charge_id: str) -> Body:
    record = call.find("charges", charge_id)
    if "description" in call.params:
        record.body["description"] = call.text("description")
    call.books.update_metadata(record, call.metadata())
    call.save(record)
    call.announce("charge.updated", record.body)
    return record.body


def list_charges(call: Call) -> Body:
    return list_page(call, "charges", "/v1/charges", ("customer", "payment_intent"))


def search_charges(call: Call) -> Body:
    return search_objects(call, "charges", "/v1/charges/search")


def retrieve_transaction(call: Call, transaction_id: str) -> Body:
    return _as_of(call.find("balance_transactions", transaction_id).body, call.timestamp)


def list_transactions(call: Call) -> Body:
    table = "balance_transactions"
    conditions, values = conditions_of(call, table, ("currency", "source", "type"))
    payout = call.text("payout")
    if payout is not None:
        conditions.append("id IN (SELECT id FROM settled_transactions WHERE payout = ?)")
        values.append(call.find("payouts", payout, "payout").id)
    page = page_of(call, table, "/v1/balance_transactions", conditions, values)
    page["data"] = [_as_of(body, call.timestamp) for body in page["data"]]
    return page


def balance(call: Call) -> Body:
    rows = call.books.rows(
        f"SELECT currency, SUM(CASE WHEN {shapes.IS_AVAILABLE} THEN net ELSE 0 END), SUM(net) "  # noqa: S608
        "FROM balance_transactions WHERE account = ? GROUP BY currency ORDER BY currency",
        (call.now - shapes.AVAILABLE_AFTER_SECONDS, call.account),
    )
    return {
        "object": "balance",
        "available": [_amount(currency, available) for currency, available, _ in rows],
        "livemode": False,
        "pending": [_amount(currency, total - available) for currency, available, total in rows],
    }


def retrieve_event(call: Call, event_id: str) -> Body:
    return _with_pending(call, call.find("events", event_id))


def list_events(call: Call) -> Body:
    conditions, values = conditions_of(call, "events", ("type",))
    types = call.strings("types")
    if types and call.text("type"):
        raise invalid("You may pass either `type` or `types`, but not both.", param="types")
    if types:
        clauses = []
        for event_type in types:
            is_family = event_type.endswith(".*")
            clauses.append("type GLOB ?" if is_family else "type = ?")
            values.append(event_type)
        conditions.append(f"({' OR '.join(clauses)})")
    delivered = call.text("delivery_success")
    if delivered is not None:
        conditions.append(_UNDELIVERED if delivered == "false" else f"NOT {_UNDELIVERED}")
    page = page_of(call, "events", "/v1/events", conditions, values)
    page["data"] = [
        body | {"pending_webhooks": _pending(call, body["id"])} if body["pending_webhooks"] else body
        for body in page["data"]
    ]
    return page


def _with_pending(call: Call, record: Record) -> Body:
    return record.body | {"pending_webhooks": _pending(call, record.id)}


def _pending(call: Call, event_id: str) -> int:
    row = call.books.row(
        "SELECT COUNT(*) FROM webhook_deliveries WHERE event = ? AND state = 'waiting'", (event_id,)
    )
    return int(row[0]) if row else 0


def _as_of(body: Body, now: int) -> Body:
    return body | {"status": "available" if body["available_on"] <= now else "pending"}


def _amount(currency: str, amount: int) -> Body:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}

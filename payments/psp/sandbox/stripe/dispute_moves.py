"""What a dispute does to the balance and to its charge: taken, given back, ended; a refund that closes an inquiry.

Does not live here: why (`disputing.py` opens, `dispute_verdicts.py` decides, `disputes.py` are the endpoints).
"""

from ..books import Body, Record
from . import dispute_shapes
from .call import Call
from .charging import book_transaction

DISPUTE_FEE_MINOR = 1_500
HOLDING = ("needs_response", "under_review", "lost", "prevented")
INQUIRY = ("warning_needs_response", "warning_under_review")
ANSWERABLE = ("needs_response", "warning_needs_response")


def take(
    call: Call, dispute: Record, *, fee: int, is_counter_fee: bool = False, amount: int | None = None
) -> None:
    """Out of the balance: the disputed amount unless told otherwise, and a fee. The caller announces and saves."""
    taken = dispute.body["amount"] if amount is None else amount
    _move(call, dispute, -taken, fee, is_counter_fee=is_counter_fee)


def give_back(call: Call, dispute: Record, amount: int) -> None:
    """Into the balance, with the fee for contesting where one was taken. Announces, and saves."""
    fee = dispute.private.get("counter_fee_taken", 0)
    dispute.private["counter_fee_taken"] = 0
    _move(call, dispute, amount, -fee, is_counter_fee=bool(fee))
    call.save(dispute)
    call.announce("charge.dispute.funds_reinstated", dispute.body)


def end(call: Call, dispute: Record, status: str) -> None:
    dispute.body |= {"status": status, "is_charge_refundable": False}
    call.save(dispute)
    call.announce("charge.dispute.closed", dispute.body)


def lose(call: Call, dispute: Record) -> None:
    """What was refunded before and then taken as well comes back: the cardholder is paid once."""
    charge = call.find("charges", dispute.body["charge"]).body
    twice = charge["amount_refunded"] + dispute.body["amount"] - charge["amount_captured"]
    returned = min(charge["amount_refunded"], max(twice, 0))
    if returned:
        give_back(call, dispute, returned)
    end(call, dispute, "lost")


def of_charge(call: Call, charge_id: str, statuses: tuple[str, ...]) -> list[Record]:
    marks = ", ".join("?" * len(statuses))
    where = f"account = ? AND charge = ? AND status IN ({marks})"
    return call.books.select("disputes", where, (call.account, charge_id, *statuses), "ORDER BY seq")


def disputed_minor(call: Call, charge_id: str) -> int:
    """How much of a charge its disputes have, or are about to."""
    return sum(record.body["amount"] for record in of_charge(call, charge_id, HOLDING))


def note_refund(call: Call, charge: Body) -> None:
    """A charge refunded in full leaves nothing to ask about, and nothing to prevent."""
    if not charge["refunded"]:
        return
    for dispute in of_charge(call, charge["id"], INQUIRY):
        end(call, dispute, "warning_closed")
    settle_warnings(call, charge["id"])


def settle_warnings(call: Call, charge_id: str) -> None:
    rows = call.books.select(
        "early_fraud_warnings", "account = ? AND charge = ?", (call.account, charge_id), "ORDER BY seq"
    )
    for warning in rows:
        if warning.body["actionable"]:
            warning.body["actionable"] = False
            call.save(warning)
            call.announce("radar.early_fraud_warning.updated", warning.body)


def _move(call: Call, dispute: Record, amount: int, fee: int, *, is_counter_fee: bool) -> None:
    transaction = dispute_shapes.movement(
        dispute.body, amount, fee, is_counter_fee=is_counter_fee, now=call.timestamp
    )
    book_transaction(call, transaction, call.find("charges", dispute.body["charge"]).body, None)
    dispute.body["balance_transactions"].append(transaction)

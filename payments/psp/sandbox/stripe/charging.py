"""The charge behind an intent: approved or declined by the card, captured into the balance, released.

Lives here: what is booked. Does not live here: which state an intent may leave (`confirmation.py`,
`captures.py`).
"""

from ..books import Body, Record
from ..ids import new_id, random_digits
from ..money_rules import fee_minor
from . import charge_shapes, shapes
from .call import Call
from .payment_methods import attach, card_error, card_of
from .tokens import Card, Decline

AUTHORIZATION_SECONDS = 7 * 24 * 3600


def take_payment(call: Call, intent: Record, method: Record, *, is_authenticated: bool) -> Body | None:
    """Charge the card. Returns None when approved, else the error of the decline; both are booked."""
    card = card_of(method)
    if card.decline:
        return decline(call, intent, method, card.decline, is_authenticated=is_authenticated)
    charge = _new_charge(intent, method, card, call.timestamp, is_authenticated)
    charge |= {"status": "succeeded", "paid": True, "outcome": charge_shapes.outcome_approved(card)}
    details = charge["payment_method_details"]["card"]
    details |= {"amount_authorized": charge["amount"], "authorization_code": random_digits(6)}
    body = intent.body
    body |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
    is_manual = body["capture_method"] == "manual"
    if is_manual:
        expires = call.timestamp + AUTHORIZATION_SECONDS
        details["capture_before"] = expires
        call.schedule("expire_authorization", intent.id, expires)
    record = Record(
        "charges", call.account, call.now, charge, {"dispute": card.dispute, "refund": card.refund}
    )
    if is_manual:
        body |= {"status": "requires_capture", "amount_capturable": charge["amount"]}
    else:
        book_capture(call, record, charge["amount"])
        charge["captured"] = True
        body |= {"status": "succeeded", "amount_received": charge["amount"]}
    call.books.insert(record)
    call.save(intent)
    call.announce("charge.succeeded", charge)
    call.announce(
        "payment_intent.amount_capturable_updated" if is_manual else "payment_intent.succeeded", body
    )
    attach_used_method(call, intent, method)
    return None


def decline(
    call: Call, intent: Record, method: Record, reason: Decline, *, is_authenticated: bool = False
) -> Body:
    """Book a failed charge and send the intent back to `requires_payment_method`; returns the error."""
    card = card_of(method)
    charge = _new_charge(intent, method, card, call.timestamp, is_authenticated)
    charge |= {
        "outcome": charge_shapes.outcome_declined(card, reason),
        "failure_code": reason.code,
        "failure_message": reason.message,
    }
    call.create("charges", charge, {"dispute": None, "refund": "instant"})
    error = card_error(reason, charge_id=charge["id"], method=method.body)
    intent.body["latest_charge"] = charge["id"]
    call.announce("charge.failed", charge)
    fail_intent(call, intent, error)
    return error


def fail_intent(call: Call, intent: Record, error: Body) -> None:
    intent.body |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": error,
    }
    call.save(intent)
    call.announce("payment_intent.payment_failed", intent.body)


def book_capture(call: Call, charge: Record, amount: int) -> None:
    """Move captured money into the balance, less the fee. The caller stores the charge."""
    body = charge.body
    if charge.private.get("dispute") and not body["amount_captured"]:
        call.schedule("open_dispute", charge.id, call.now + call.settle_seconds)
    transaction = shapes.balance_transaction(
        kind="charge",
        source=charge.id,
        amount=amount,
        fee=fee_minor(amount, body["currency"]),
        currency=body["currency"],
        now=call.timestamp,
        description=body["description"],
    )
    book_transaction(call, transaction, charge.body, None)
    body["amount_captured"] += amount
    body["balance_transaction"] = transaction["id"]


def book_transaction(call: Call, transaction: Body, charge: Body, refund: Body | None) -> None:
    """With what a reconciler needs to know whose money it is."""
    call.create(
        "balance_transactions",
        transaction,
        {
            "payment_intent": charge["payment_intent"],
            "charge": charge["id"],
            "refund": refund["id"] if refund else None,
            "metadata": refund["metadata"] if refund else charge["metadata"],
            "payment_metadata": charge["metadata"],
        },
    )


def release(charge: Record) -> None:
    """Give an uncaptured hold back; Stripe shows that as a refund of the charge without a refund object."""
    charge.body |= {"refunded": True, "amount_refunded": charge.body["amount"]}


def _new_charge(intent: Record, method: Record, card: Card, now: int, is_authenticated: bool) -> Body:
    charge = charge_shapes.charge(intent.body, method.body, card, now, new_id("ch_3", 23))
    if is_authenticated:
        details = charge["payment_method_details"]["card"]
        details["three_d_secure"] = charge_shapes.authenticated()
        details["electronic_commerce_indicator"] = "05"
    return charge


def attach_used_method(call: Call, intent: Record, method: Record) -> None:
    """A used method is kept with its customer when asked for, and spent when nobody owns it."""
    wanted = intent.body["setup_future_usage"]
    if wanted == "off_session":
        method.private["set_up"] = True
    customer = intent.body["customer"]
    if wanted and customer and not method.body["customer"]:
        attach(call, method, customer)
        return
    if not method.body["customer"] and not wanted:
        method.private["spent"] = True
    if "card" in method.body:
        method.body["card"]["checks"]["cvc_check"] = card_of(method).cvc_check
    call.save(method)

"""Payments that are no card's: a debit that takes days and may come back, a customer who approves at their bank."""

from ..books import Body, Record
from ..ids import new_id
from . import charge_shapes, shapes
from .bank_tokens import RETURN_DEBIT_SECONDS, SETTLE_DEBIT_SECONDS
from .call import Call
from .charging import attach_used_method, book_capture, book_transaction, fail_intent
from .payment_methods import card_of
from .refusals import error_body, invalid
from .tokens import Card

_MESSAGES = {
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
}


def begin(call: Call, intent: Record, method: Record, card: Card) -> None:
    """Send the customer to their bank, or the debit to the bank's. Raises Stripe's refusal of manual capture."""
    bank, body = card.bank, intent.body
    assert bank is not None, "it is no card"
    if body["capture_method"] == "manual":
        raise invalid(
            f"The payment method type {bank.type} does not support manual capture.",
            code="payment_intent_invalid_parameter",
            param="capture_method",
        )
    body["payment_method_types"] = [bank.type]
    intent.private["mandate"] = call.text("mandate")
    if bank.redirects:
        url = f"{call.base_url}/3ds/{intent.id}"
        body |= {
            "status": "requires_action",
            "next_action": shapes.redirect_action(url, intent.private.get("return_url")),
        }
        call.save(intent)
        call.announce("payment_intent.requires_action", body)
        return
    proceed(call, intent, method, card)


def proceed(call: Call, intent: Record, method: Record, card: Card) -> None:
    """The customer has agreed: the bank answers at once, or in days."""
    bank, body = card.bank, intent.body
    assert bank is not None, "it is no card"
    charge = charge_shapes.bank_charge(
        body, method.body, bank, call.timestamp, new_id("ch_3", 23), intent.private.get("mandate")
    )
    record = Record("charges", call.account, call.now, charge, {"dispute": None, "refund": "instant"})
    call.books.insert(record)
    body |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
    attach_used_method(call, intent, method)
    if not bank.takes_days:
        _settle(call, intent, record, bank.ending, bank.failure)
        return
    body |= {"status": "processing"}
    call.save(intent)
    call.schedule("settle_debit", intent.id, call.timestamp + SETTLE_DEBIT_SECONDS)
    call.announce("charge.pending", charge)
    call.announce("payment_intent.processing", body)


def settle(call: Call, intent_id: str) -> bool:
    """The bank answers. Returns whether it was still waited for."""
    intent = call.find("payment_intents", intent_id)
    if intent.body["status"] != "processing":
        return False
    charge = call.find("charges", intent.body["latest_charge"])
    bank = card_of(call.find("payment_methods", charge.body["payment_method"])).bank
    assert bank is not None, "only a bank takes days"
    _settle(call, intent, charge, bank.ending, bank.failure)
    return True


def come_back(call: Call, intent_id: str) -> bool:
    """The bank takes back what it had paid. Returns whether it could still."""
    intent = call.find("payment_intents", intent_id)
    charge = call.find("charges", intent.body["latest_charge"])
    body = charge.body
    if body["status"] != "succeeded" or body["amount_refunded"]:
        return False
    transaction = shapes.balance_transaction(
        kind="payment_failure_refund",
        source=charge.id,
        amount=-body["amount_captured"],
        fee=0,
        currency=body["currency"],
        now=call.timestamp,
        description=body["description"],
    )
    book_transaction(call, transaction, body, None)
    code = "debit_not_authorized"
    body |= {
        "status": "failed",
        "paid": False,
        "failure_balance_transaction": transaction["id"],
        "failure_code": code,
        "failure_message": _MESSAGES[code],
    }
    call.save(charge)
    intent.body["amount_received"] = 0
    call.announce("charge.failed", body)
    fail_intent(call, intent, _error(code, charge.id))
    return True


def _settle(call: Call, intent: Record, charge: Record, ending: str, failure: str) -> None:
    body = charge.body
    if ending == "failed":
        body |= {"status": "failed", "failure_code": failure, "failure_message": _message(failure)}
        call.save(charge)
        call.announce("charge.failed", body)
        fail_intent(call, intent, _error(failure, charge.id))
        return
    book_capture(call, charge, body["amount"])
    body |= {"status": "succeeded", "paid": True, "captured": True}
    call.save(charge)
    intent.body |= {"status": "succeeded", "amount_received": body["amount"]}
    call.save(intent)
    if ending == "returned":
        call.schedule("return_debit", intent.id, call.timestamp + RETURN_DEBIT_SECONDS)
    call.announce("charge.succeeded", body)
    call.announce("payment_intent.succeeded", intent.body)


def _error(code: str, charge_id: str) -> Body:
    return error_body("invalid_request_error", _message(code), code=code, charge=charge_id)


def _message(code: str) -> str:
    return _MESSAGES.get(code, "The customer's bank or provider declined the payment.")

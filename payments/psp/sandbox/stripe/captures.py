"""What becomes of an authorization: capture in one or several parts, cancel, raise, expire."""

from ..books import Body, Record
from .call import Call
from .charging import AUTHORIZATION_SECONDS, book_capture, release
from .intents import amount_and_currency
from .refusals import Refusal, invalid, unexpected_state

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
CANCELLATION_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
MAX_INCREMENTS = 10


def capture(call: Call, intent_id: str) -> Body:
    intent, charge = _authorized(call, intent_id, "captured")
    body = intent.body
    asked = call.integer("amount_to_capture")
    amount = call.orders.amount(body["amount_capturable"] if asked is None else asked)
    is_final = call.params.get("final_capture", "true") != "false"
    _refuse_capture(call, body, charge.body, amount, is_final)
    if amount:
        book_capture(call, charge, amount)
    call.books.update_metadata(intent, call.metadata())
    body["amount_received"] += amount
    body["amount_capturable"] = 0 if is_final else body["amount_capturable"] - amount
    is_done = is_final or body["amount_capturable"] == 0
    if is_done:
        body |= {"status": "succeeded", "amount_capturable": 0}
        charge.body["captured"] = True
    call.save(charge)
    call.save(intent)
    if amount:
        call.announce("charge.captured", charge.body)
    call.announce("payment_intent.succeeded" if is_done else "payment_intent.amount_capturable_updated", body)
    return body


def cancel(call: Call, intent_id: str) -> Body:
    intent = call.find("payment_intents", intent_id)
    body = intent.body
    if body["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {body['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            payment_intent=body,
        )
    reason = call.choice("cancellation_reason", CANCELLATION_REASONS)
    if body["status"] == "requires_capture":
        charge = call.find("charges", body["latest_charge"])
        if not charge.body["amount_captured"]:
            release(charge)
            call.save(charge)
            call.announce("charge.refunded", charge.body)
    _close(call, intent, reason)
    return body


def increment_authorization(call: Call, intent_id: str) -> Body:
    intent, charge = _authorized(call, intent_id, "incremented")
    body = intent.body
    details = charge.body["payment_method_details"]["card"]
    if details["incremental_authorization"]["status"] != "available":
        raise unexpected_state(
            "This PaymentIntent cannot be incremented: it was not confirmed with "
            "payment_method_options[card][request_incremental_authorization]=if_available.",
            code="payment_intent_invalid_parameter",
            payment_intent=body,
        )
    if charge.private.get("increments", 0) >= MAX_INCREMENTS:
        raise unexpected_state(
            f"You can increment an authorization at most {MAX_INCREMENTS} times.", payment_intent=body
        )
    call.params["currency"] = body["currency"]
    total, _ = amount_and_currency(call)
    if total <= body["amount"]:
        raise invalid(
            f"The amount must be greater than the currently authorized amount of {body['amount']}.",
            code="payment_intent_invalid_parameter",
            param="amount",
        )
    body["amount_capturable"] += total - body["amount"]
    body["amount"] = charge.body["amount"] = total
    details["amount_authorized"] = total
    details["overcapture"]["maximum_amount_capturable"] = total
    charge.private["increments"] = charge.private.get("increments", 0) + 1
    call.books.update_metadata(intent, call.metadata())
    call.save(charge)
    call.save(intent)
    call.announce("payment_intent.amount_capturable_updated", body)
    return body


def expire_authorization(call: Call, intent_id: str) -> bool:
    """Due seven days after authorization. Returns whether there was still something to expire."""
    intent = call.find("payment_intents", intent_id)
    body = intent.body
    if body["status"] != "requires_capture":
        return False
    charge = call.find("charges", body["latest_charge"])
    if charge.created_at + AUTHORIZATION_SECONDS > call.now + 1:
        return False
    if charge.body["amount_captured"]:
        body |= {"status": "succeeded", "amount_capturable": 0}
        charge.body["captured"] = True
        call.save(charge)
        call.save(intent)
        call.announce("payment_intent.succeeded", body)
        return True
    release(charge)
    call.save(charge)
    call.announce("charge.expired", charge.body)
    _close(call, intent, "automatic")
    return True


def _close(call: Call, intent: Record, reason: str | None) -> None:
    intent.body |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": call.timestamp,
        "cancellation_reason": reason,
        "next_action": None,
    }
    call.save(intent)
    call.announce("payment_intent.canceled", intent.body)


def _authorized(call: Call, intent_id: str, verb: str) -> tuple[Record, Record]:
    intent = call.find("payment_intents", intent_id)
    status = intent.body["status"]
    if status != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be {verb} because it has a status of {status}. Only a "
            f"PaymentIntent with one of the following statuses may be {verb}: requires_capture.",
            payment_intent=intent.body,
        )
    return intent, call.find("charges", intent.body["latest_charge"])


def _refuse_capture(call: Call, intent: Body, charge: Body, amount: int, is_final: bool) -> None:
    # Nothing more to capture is how a multicapture ends early: final_capture with an amount of zero.
    smallest = 0 if is_final and charge["amount_captured"] else 1
    if amount < smallest:
        raise _refused(
            f"This value must be greater than or equal to {smallest}.", "parameter_invalid_integer", intent
        )
    if amount > intent["amount_capturable"]:
        raise _refused(
            "The payment could not be captured because the requested capture amount is greater than the "
            "amount you can capture for this charge.",
            "amount_too_large",
            intent,
        )
    multicapture = charge["payment_method_details"]["card"]["multicapture"]["status"]
    if not is_final and multicapture != "available":
        raise invalid(
            "You cannot set `final_capture` to false: this PaymentIntent was not confirmed with "
            "payment_method_options[card][request_multicapture]=if_available.",
            code="payment_intent_invalid_parameter",
            param="final_capture",
            is_remembered=True,
            payment_intent=intent,
        )


def _refused(message: str, code: str, intent: Body) -> Refusal:
    return invalid(message, code=code, param="amount_to_capture", is_remembered=True, payment_intent=intent)

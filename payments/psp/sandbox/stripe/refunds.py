"""Refunds: created, settled or returned later, canceled while pending. The fee of the charge is never given
back.
"""

from ..books import Body, Record
from ..ids import random_digits
from ..money_rules import display
from . import shapes
from .call import Call
from .charging import book_transaction
from .dispute_moves import disputed_minor, note_refund
from .lists import list_page
from .refusals import invalid, unexpected_state

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(call: Call) -> Body:
    charge = _charge_to_refund(call)
    body = charge.body
    left = body["amount_captured"] - body["amount_refunded"]
    if body["refunded"] or left <= 0:
        raise unexpected_state(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    asked = call.integer("amount")
    if asked is not None and asked < 1:
        raise invalid(
            "Invalid positive integer: the amount must be at least 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    disputed = disputed_minor(call, charge.id)
    amount = call.orders.amount(left - disputed if asked is None and left > disputed else asked or left)
    if left - disputed < amount <= left:
        raise unexpected_state(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if amount > left:
        currency = body["currency"]
        raise invalid(
            f"Refund amount ({display(amount, currency)}) is greater than unrefunded amount on charge "
            f"({display(left, currency)})",
            param="amount",
            is_remembered=True,
        )
    metadata = {key: value for key, value in call.metadata().items() if value != ""}
    refund = shapes.refund(body, amount, call.choice("reason", REASONS), metadata, call.timestamp)
    _book(call, charge, refund)
    record = call.create("refunds", refund)
    call.announce("refund.created", refund)
    call.announce("charge.refunded", body)
    note_refund(call, body)
    _schedule(call, charge, record)
    return refund


def retrieve(call: Call, refund_id: str) -> Body:
    return call.find("refunds", refund_id).body


def update(call: Call, refund_id: str) -> Body:
    refund = call.find("refunds", refund_id)
    call.books.update_metadata(refund, call.metadata())
    call.save(refund)
    _announce_update(call, refund.body)
    return refund.body


def list_all(call: Call) -> Body:
    return list_page(call, "refunds", "/v1/refunds", ("payment_intent", "charge"))


def list_of_charge(call: Call, charge_id: str) -> Body:
    call.find("charges", charge_id)
    return list_page(call, "refunds", f"/v1/charges/{charge_id}/refunds", (), charge=charge_id)


def cancel(call: Call, refund_id: str) -> Body:
    """A pending refund is called back, which Stripe allows until the customer has acted."""
    refund = call.find("refunds", refund_id)
    if refund.body["status"] not in ("pending", "requires_action"):
        raise unexpected_state(
            f"Refund {refund_id} cannot be canceled because it has a status of {refund.body['status']}.",
            code="status_transition_invalid",
        )
    _give_back(call, refund, "canceled")
    _announce_update(call, refund.body)
    return refund.body


def settle(call: Call, refund_id: str) -> bool:
    """A pending refund arrives. Returns whether it was still pending."""
    refund = call.find("refunds", refund_id)
    if refund.body["status"] != "pending":
        return False
    refund.body["status"] = "succeeded"
    refund.body.pop("pending_reason", None)
    refund.body["destination_details"]["card"] |= {
        "reference": random_digits(15),
        "reference_status": "available",
    }
    call.save(refund)
    _announce_update(call, refund.body)
    return True


def fail(call: Call, refund_id: str) -> bool:
    """The card's bank returns the money. Returns whether the refund could still fail."""
    refund = call.find("refunds", refund_id)
    if refund.body["status"] not in ("succeeded", "pending"):
        return False
    _fail(call, refund, "expired_or_canceled_card")
    return True


def fail_pending(call: Call, charge_id: str, reason: str) -> None:
    """What has not arrived yet never will."""
    rows = call.books.select(
        "refunds", "account = ? AND charge = ? AND status = 'pending'", (call.account, charge_id)
    )
    for refund in rows:
        _fail(call, refund, reason)


def _charge_to_refund(call: Call) -> Record:
    intent_id, charge_id = call.text("payment_intent"), call.text("charge")
    if charge_id:
        charge = call.find("charges", charge_id, "charge")
        if intent_id and charge.body["payment_intent"] != intent_id:
            raise invalid("The charge does not belong to the payment intent.", param="charge")
    elif intent_id:
        intent = call.find("payment_intents", intent_id, "payment_intent")
        latest = intent.body["latest_charge"]
        charge = call.find("charges", latest) if latest else None  # type: ignore[assignment]
        if charge is None or charge.body["status"] != "succeeded":
            raise unexpected_state(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                payment_intent=intent.body,
            )
    else:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
            param="payment_intent",
        )
    body = charge.body
    if body["status"] != "succeeded" or not (body["amount_captured"] or body["refunded"]):
        raise unexpected_state(
            f"Charge {charge.id} has not been captured; cancel its PaymentIntent instead of refunding it.",
            code="charge_not_refundable",
        )
    return charge


def _book(call: Call, charge: Record, refund: Body) -> None:
    if charge.private.get("refund") == "pending":
        refund |= {"status": "pending", "pending_reason": "processing"}
    transaction = shapes.balance_transaction(
        kind="refund",
        source=refund["id"],
        amount=-refund["amount"],
        fee=0,
        currency=refund["currency"],
        now=call.timestamp,
        description="REFUND FOR CHARGE",
    )
    book_transaction(call, transaction, charge.body, refund)
    refund["balance_transaction"] = transaction["id"]
    charge.body["amount_refunded"] += refund["amount"]
    charge.body["refunded"] = (
        charge.body["captured"] and charge.body["amount_refunded"] == charge.body["amount_captured"]
    )
    call.save(charge)


def _schedule(call: Call, charge: Record, refund: Record) -> None:
    kind = charge.private.get("refund")
    if kind == "pending":
        call.schedule("settle_refund", refund.id, call.now + call.settle_seconds)
    returned_after = call.orders.return_refund_after_seconds
    if returned_after is not None:
        call.schedule("fail_refund", refund.id, call.now + returned_after)
    elif kind == "fails":
        call.schedule("fail_refund", refund.id, call.now + call.settle_seconds)


def _give_back(call: Call, refund: Record, status: str) -> None:
    """The money returns to the balance and the charge may be refunded again."""
    body = refund.body
    charge = call.find("charges", body["charge"])
    transaction = shapes.balance_transaction(
        kind="refund_failure",
        source=refund.id,
        amount=body["amount"],
        fee=0,
        currency=body["currency"],
        now=call.timestamp,
        description="REFUND FAILURE",
    )
    book_transaction(call, transaction, charge.body, body)
    body |= {"status": status, "failure_balance_transaction": transaction["id"]}
    charge.body["amount_refunded"] -= body["amount"]
    charge.body["refunded"] = False
    call.save(charge)
    call.save(refund)


def _fail(call: Call, refund: Record, reason: str) -> None:
    refund.body.pop("pending_reason", None)
    refund.body["failure_reason"] = reason
    _give_back(call, refund, "failed")
    _announce_update(call, refund.body)
    call.announce("refund.failed", refund.body)


def _announce_update(call: Call, refund: Body) -> None:
    call.announce("refund.updated", refund)
    call.announce("charge.refund.updated", refund)

"""What becomes of a payment that is no card's: the bank answers in days, or on a page that the shopper is sent to.

Adyen hears from the bank itself: unlike with a challenge, what the shopper did at their bank is done, whether they come
back to tell of it or not.
"""

from ..books import Body, Record
from ..stripe import shapes
from ..stripe.bank_tokens import RETURN_DEBIT_SECONDS, SETTLE_DEBIT_SECONDS
from .banks import BANKS, OFFER_SECONDS, Bank, ending_of
from .booking import approve, is_reference_used, open_payment, refuse
from .call import Call, new_reference
from .cards import FRAUD
from .refusals import invalid, missing, unknown_currency

_SHOPPER_CANCELLED = ("16", "Shopper Cancelled")
_REFUSED = ("2", "Refused")
_REASON_CODES = {"Not enough balance": "12", "Blocked Card": "5", "Refused": "2"}


def open_bank_payment(call: Call, kind: str, *, amount: int, currency: str, is_manual: bool) -> Record:
    """A payment by this method, undecided. Raises Refusal where the method can not take it."""
    bank = BANKS[kind]
    if bank.currencies and currency not in bank.currencies:
        raise unknown_currency()
    if not amount or (is_manual and not bank.can_hold):
        raise invalid(f"Payment method {kind} does not support this")
    if bank.needs_items and not call.params.get("lineItems"):
        raise missing("lineItems")
    if call.text("shopperInteraction") == "ContAuth":
        # The sandbox keeps cards only.
        raise invalid(f"Payment method {kind} is not stored")
    ending = ending_of(call.mapping("paymentMethod"))
    return open_payment(
        call,
        amount=amount,
        currency=currency,
        method=kind,
        options={
            "bank": kind,
            "ending": ending.word,
            "reason": ending.reason,
            "capture": "manual" if is_manual else "immediate",
            "return_url": call.text("returnUrl"),
        },
    )


def is_bank_payment(payment: Record) -> bool:
    return "bank" in payment.private


def bank_of(payment: Record) -> Bank:
    return BANKS[payment.private["bank"]]


def begin_debit(call: Call, payment: Record) -> Body:
    """Received: the bank is asked, and answers in days."""
    payment.body["status"] = "pending"
    call.save(payment)
    call.schedule("adyen_settle_debit", payment.id, call.now + SETTLE_DEBIT_SECONDS)
    _tell(call, payment, "PENDING", seen=_mandate_of(payment))
    return {"resultCode": "Received", "additionalData": _mandate_of(payment)}


def wait_for_shopper(call: Call, payment: Record) -> None:
    call.schedule("adyen_close_offer", payment.id, call.now + OFFER_SECONDS)


def shopper_was_there(call: Call, payment: Record, *, has_approved: bool) -> Body:
    """The bank tells Adyen at once. Returns the result that /payments/details will give."""
    if has_approved:
        return _decide(call, payment)
    return refuse(call, payment, *_SHOPPER_CANCELLED, seen={}) | {"resultCode": "Cancelled"}


# Work that falls due: each returns whether it still had something to do.


def settle_debit(call: Call, payment_id: str) -> bool:
    payment = call.books.find("payment_intents", call.account, payment_id)
    if payment is None or payment.body["status"] != "pending":
        return False
    _decide(call, payment)
    if payment.body["status"] == "captured" and payment.private["ending"] == "returned":
        call.schedule("adyen_return_debit", payment.id, call.now + RETURN_DEBIT_SECONDS)
    return True


def return_debit(call: Call, payment_id: str) -> bool:
    """The bank takes back what it had paid; nobody can defend against it."""
    payment = call.books.find("payment_intents", call.account, payment_id)
    if payment is None or payment.body["status"] != "captured" or payment.body["amount_refunded"]:
        return False
    body, reference = payment.body, new_reference()
    transaction = shapes.balance_transaction(
        kind="payment_failure_refund",
        source=payment.id,
        amount=-body["amount_captured"],
        fee=0,
        currency=body["currency"],
        now=int(call.now),
        description=body["merchantReference"],
    )
    transaction["id"] = reference
    call.create(
        "balance_transactions",
        transaction,
        {
            "payment_intent": payment.id,
            "charge": payment.id,
            "refund": None,
            "metadata": body["metadata"],
            "payment_metadata": body["metadata"],
        },
    )
    body["status"] = "charged_back"
    call.save(payment)
    call.announce(
        "CHARGEBACK",
        body,
        amount=body["amount_captured"],
        psp_reference=reference,
        merchant_reference=body["merchantReference"],
        original_reference=payment.id,
        reason=payment.private["reason"],
        seen={"chargebackReasonCode": payment.private["reason"], "disputeStatus": "Lost"},
    )
    return True


def close_offer(call: Call, payment_id: str) -> bool:
    """The shopper never came to a decision at their bank."""
    payment = call.books.find("payment_intents", call.account, payment_id)
    if payment is None or payment.body["status"] != "requires_action":
        return False
    payment.body["status"] = "expired"
    call.save(payment)
    _tell(call, payment, "OFFER_CLOSED")
    return True


def _decide(call: Call, payment: Record) -> Body:
    if is_reference_used(call, payment):
        return refuse(call, payment, *FRAUD, seen={})
    if payment.private["ending"] == "refused":
        reason = payment.private["reason"]
        code = _REASON_CODES.get(reason)
        return refuse(call, payment, *((code, reason) if code else _REFUSED), seen={})
    return approve(call, payment, seen={"paymentMethod": payment.private["bank"], **_mandate_of(payment)})


def _mandate_of(payment: Record) -> Body:
    return {"sepadirectdebit.mandateId": payment.id} if payment.private["bank"] == "sepadirectdebit" else {}


def _tell(call: Call, payment: Record, code: str, seen: Body | None = None) -> None:
    body = payment.body
    call.announce(
        code,
        body,
        amount=body["amount"],
        psp_reference=payment.id,
        merchant_reference=body["merchantReference"],
        seen=seen,
    )


WORK = {
    "adyen_close_offer": close_offer,
    "adyen_return_debit": return_debit,
    "adyen_settle_debit": settle_debit,
}

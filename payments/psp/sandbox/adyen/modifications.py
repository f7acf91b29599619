"""Captures, cancels, refunds, reversals and changed amounts: accepted at once, done a little later, told by webhook.

Source: https://docs.adyen.com/online-payments/capture, .../cancel, .../refund, .../reversal, .../adjust-authorisation,
read 2026-11.
"""

from ..books import Body, Record
from . import bank_payments
from .amounts import shown
from .booking import give_back, take, take_back
from .call import Call, new_reference
from .cards import known_card
from .dispute_moves import disputed_minor
from .refusals import invalid

WORK_SECONDS = 1.0
"""How long Adyen works on a modification before it tells; less where the sandbox settles faster."""


def accept(call: Call, psp_reference: str) -> Body:
    """POST /payments/REF/captures, refunds, amountUpdates, cancels and reversals: received, and nothing more."""
    payment = call.payment(psp_reference)
    if payment.body["status"] == "opened":
        raise invalid("Original pspReference required for this operation", "167")
    amount = None
    if call.operation in ("capture", "refund", "increment_authorization"):
        asked, currency = call.amount()
        if currency != payment.body["currency"]:
            raise invalid("Currency does not match the original payment", "138")
        amount = call.orders.amount(asked)
    modification = _write_down(call, payment, amount)
    answer = {
        "merchantAccount": call.required("merchantAccount"),
        "paymentPspReference": payment.id,
        "pspReference": modification.id,
        "reference": call.text("reference"),
        "status": "received",
    }
    return answer | ({} if amount is None else {"amount": shown(amount, payment.body["currency"])})


def cancel_unseen(call: Call) -> Body:
    """POST /cancels: a payment whose pspReference nobody was told, by its merchant reference."""
    wanted = call.required("paymentReference")
    rows = call.books.rows(
        "SELECT id FROM metadata WHERE kind = 'payment_intents' AND account = ? AND key = 'charge' AND value = ?",
        (call.account, wanted),
    )
    payments = [call.payment(row[0]) for row in rows]
    reference = new_reference()
    for payment in payments:
        _write_down(call, payment, None, kind="technical_cancel")
    return {
        "merchantAccount": call.required("merchantAccount"),
        "paymentReference": wanted,
        "pspReference": reference,
        "reference": call.text("reference"),
        "status": "received",
    }


def _write_down(call: Call, payment: Record, amount: int | None, kind: str = "") -> Record:
    kind = kind or call.operation
    body = {
        "id": new_reference(),
        "object": kind,
        "status": "received",
        "charge": payment.id,
        "payment_intent": payment.id,
        "currency": payment.body["currency"],
        "amount": amount,
        "merchantReference": call.text("reference") or payment.body["merchantReference"],
        "metadata": {"refund": call.text("reference")} if kind == "refund" else {},
    }
    orders = call.orders
    modification = call.create(
        "refunds", body, {"fails": orders.fail_modification, "returns": orders.return_refund_after_seconds}
    )
    call.schedule(f"adyen_{kind}", modification.id, call.now + min(WORK_SECONDS, call.settle_seconds))
    return modification


# Work that falls due: each returns whether it still had something to do.


def _open(call: Call, modification_id: str) -> tuple[Record, Record] | None:
    modification = call.books.find("refunds", call.account, modification_id)
    if modification is None or modification.body["status"] != "received":
        return None
    return modification, call.payment(modification.body["payment_intent"])


def capture(call: Call, modification_id: str) -> bool:
    found = _open(call, modification_id)
    if found is None:
        return False
    modification, payment = found
    amount = modification.body["amount"]
    if modification.private["fails"]:
        _end(call, modification, payment, "CAPTURE_FAILED", reason="Capture failed")
        return True
    if not 0 < amount <= payment.body["amount_capturable"]:
        _end(
            call, modification, payment, "CAPTURE", is_success=False, reason="Insufficient balance on payment"
        )
        return True
    payment.body["amount_capturable"] -= amount
    take(call, payment, amount, modification.id)
    call.save(payment)
    _end(call, modification, payment, "CAPTURE")
    return True


def cancel(call: Call, modification_id: str, event_code: str = "CANCELLATION") -> bool:
    """Releases what is not captured; of a payment that is captured in full there is nothing to release."""
    found = _open(call, modification_id)
    if found is None:
        return False
    modification, payment = found
    modification.body["amount"] = payment.body["amount"]
    is_open = bool(payment.body["amount_capturable"]) or payment.body["status"] in (
        "requires_action",
        "pending",
        "authenticated",
        "cancelled",
        "expired",
    )
    if modification.private["fails"] or not is_open:
        reason = "Transaction is not in a state that can be cancelled"
        _end(call, modification, payment, event_code, is_success=False, reason=reason)
        return True
    _release(call, payment, "cancelled")
    _end(call, modification, payment, event_code)
    return True


def technical_cancel(call: Call, modification_id: str) -> bool:
    return cancel(call, modification_id, "TECHNICAL_CANCEL")


def refund(call: Call, modification_id: str) -> bool:
    found = _open(call, modification_id)
    if found is None:
        return False
    modification, payment = found
    held = disputed_minor(call, payment.id)
    left = payment.body["amount_captured"] - payment.body["amount_refunded"] - held
    if payment.body["status"] == "charged_back":
        left = 0
    if modification.private["fails"] or not 0 < modification.body["amount"] <= left:
        _end(
            call, modification, payment, "REFUND", is_success=False, reason="Insufficient balance on payment"
        )
        return True
    give_back(call, payment, modification)
    _end(call, modification, payment, "REFUND")
    fate = _fate_of_refunds(payment)
    if modification.private["returns"] is not None:
        call.schedule("adyen_return_refund", modification.id, call.now + modification.private["returns"])
    elif fate == "fails":
        call.schedule("adyen_fail_refund", modification.id, call.now + call.settle_seconds)
    return True


def fail_refund(call: Call, modification_id: str, event_code: str = "REFUND_FAILED") -> bool:
    """The bank does not take the money: it is the merchant's again."""
    refund = call.books.find("refunds", call.account, modification_id)
    if refund is None or refund.body["status"] != "done":
        return False
    payment = call.payment(refund.body["payment_intent"])
    take_back(call, payment, refund)
    refund.body["status"] = "received"
    _end(call, refund, payment, event_code, reason="Refund returned by the issuer", leaves="failed")
    return True


def return_refund(call: Call, modification_id: str) -> bool:
    return fail_refund(call, modification_id, "REFUNDED_REVERSED")


def reversal(call: Call, modification_id: str) -> bool:
    """Cancels what is not captured, refunds what is."""
    found = _open(call, modification_id)
    if found is None:
        return False
    modification, payment = found
    left = payment.body["amount_captured"] - payment.body["amount_refunded"]
    if left:
        modification.body["amount"] = left
        give_back(call, payment, modification)
        _end(call, modification, payment, "CANCEL_OR_REFUND", seen={"modification.action": "refund"})
        return True
    modification.body["amount"] = payment.body["amount"]
    if payment.body["amount_capturable"]:
        _release(call, payment, "cancelled")
        _end(call, modification, payment, "CANCEL_OR_REFUND", seen={"modification.action": "cancel"})
        return True
    _end(call, modification, payment, "CANCEL_OR_REFUND", is_success=False, reason="Nothing left to reverse")
    return True


def increment_authorization(call: Call, modification_id: str) -> bool:
    """The authorised amount becomes the one asked for, of a card that was authorised as PreAuth."""
    found = _open(call, modification_id)
    if found is None:
        return False
    modification, payment = found
    amount, body = modification.body["amount"], payment.body
    is_open = (
        payment.private.get("is_adjustable") and body["amount_capturable"] and not body["amount_captured"]
    )
    if modification.private["fails"] or not is_open or amount <= 0:
        reason = "Adjustment refused"
        _end(call, modification, payment, "AUTHORISATION_ADJUSTMENT", is_success=False, reason=reason)
        return True
    body["amount"] = amount
    body["amount_capturable"] = amount - body["amount_captured"]
    call.save(payment)
    _end(call, modification, payment, "AUTHORISATION_ADJUSTMENT")
    return True


def expire(call: Call, payment_id: str) -> bool:
    payment = call.books.find("payment_intents", call.account, payment_id)
    if payment is None or not payment.body["amount_capturable"]:
        return False
    body = payment.body
    _release(call, payment, "expired")
    call.announce(
        "EXPIRE",
        body,
        amount=body["amount"],
        psp_reference=new_reference(),
        merchant_reference=body["merchantReference"],
        original_reference=payment.id,
    )
    return True


def _release(call: Call, payment: Record, status: str) -> None:
    payment.body["amount_capturable"] = 0
    if not payment.body["amount_captured"]:
        payment.body["status"] = status
    call.save(payment)


def _fate_of_refunds(payment: Record) -> str:
    return known_card(payment.private["card"]).refund if "card" in payment.private else "instant"


def _end(
    call: Call,
    modification: Record,
    payment: Record,
    event_code: str,
    *,
    is_success: bool = True,
    reason: str = "",
    leaves: str = "",
    seen: Body | None = None,
) -> None:
    is_good = is_success and event_code != "CAPTURE_FAILED"
    modification.body["status"] = leaves or ("done" if is_good else "refused")
    call.save(modification)
    call.announce(
        event_code,
        payment.body,
        amount=modification.body["amount"],
        psp_reference=modification.id,
        merchant_reference=modification.body["merchantReference"],
        original_reference=payment.id,
        is_success=is_success,
        reason=reason,
        seen=seen,
    )


WORK = {
    "adyen_cancel": cancel,
    "adyen_capture": capture,
    "adyen_expire": expire,
    "adyen_fail_refund": fail_refund,
    "adyen_increment_authorization": increment_authorization,
    "adyen_refund": refund,
    "adyen_return_refund": return_refund,
    "adyen_reversal": reversal,
    "adyen_technical_cancel": technical_cancel,
} | bank_payments.WORK

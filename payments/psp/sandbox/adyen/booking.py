"""What an Adyen payment books: authorised or refused, captured into the balance, refunded, released.

Lives here: the records. Does not live here: who may ask for it (`payments.py`, `modifications.py`).
"""

from ..books import Body, Record
from ..money_rules import fee_minor
from ..stripe import shapes
from .call import Call, new_reference
from .cards import FRAUD, known_card, reason_of, seen_of, seen_of_decline
from .stored import keep_card

AUTHORIZATION_SECONDS = 7 * 24 * 3600
AUTHORISED = ("authorised", "captured", "charged_back")


def open_payment(call: Call, *, amount: int, currency: str, method: str, options: Body) -> Record:
    """A payment nobody has decided on. method: as notifications and reports name it. options: the card, or the bank,
    and what the request said about how to go on."""
    reference = call.reference()
    metadata = {name: str(value) for name, value in call.mapping("metadata").items()}
    body = {
        "id": new_reference(),
        "object": "payment",
        "status": "opened",
        "customer": call.text("shopperReference") or None,
        "currency": currency,
        "amount": amount,
        "amount_capturable": 0,
        "amount_captured": 0,
        "amount_refunded": 0,
        "merchantReference": reference,
        "merchantAccount": call.required("merchantAccount"),
        "paymentMethod": method,
        # The settlement report names the order by it.
        "metadata": metadata | {"charge": reference},
    }
    return call.create("payment_intents", body, options)


def decide(call: Call, payment: Record, *, is_authenticated: bool) -> Body:
    """Ask the card's bank. Returns the answer of /payments; approved or refused, it is booked."""
    body = payment.body
    card = known_card(payment.private["card"])
    seen = seen_of(card, payment.id, is_authenticated=is_authenticated)
    if is_reference_used(call, payment):
        return refuse(call, payment, *FRAUD, seen={})
    if card.decline and (body["amount"] or card.declines_setup):
        return refuse(call, payment, *reason_of(card.decline), seen=seen | seen_of_decline(card.decline))
    seen |= {"authCode": payment.id[:6]} | keep_card(call, payment)
    return approve(call, payment, seen=seen)


def approve(call: Call, payment: Record, *, seen: Body) -> Body:
    """Authorised: held, or taken at once. Returns the answer of /payments."""
    body = payment.body
    body["amount"] = call.orders.amount(body["amount"]) if body["amount"] else 0
    is_manual = payment.private["capture"] == "manual"
    body["status"] = "authorised"
    _charge(call, payment, status="succeeded")
    if body["amount"] and is_manual:
        body["amount_capturable"] = body["amount"]
        call.schedule("adyen_expire", payment.id, call.now + AUTHORIZATION_SECONDS)
    elif body["amount"]:
        take(call, payment, body["amount"], new_reference())
    call.save(payment)
    call.announce(
        "AUTHORISATION",
        body,
        amount=body["amount"],
        psp_reference=payment.id,
        merchant_reference=body["merchantReference"],
        seen=seen,
    )
    return {"resultCode": "Authorised", "additionalData": seen}


def refuse(call: Call, payment: Record, code: str, reason: str, *, seen: Body) -> Body:
    body = payment.body
    body["status"] = "refused"
    _charge(call, payment, status="failed")
    call.save(payment)
    call.announce(
        "AUTHORISATION",
        body,
        amount=body["amount"],
        psp_reference=payment.id,
        merchant_reference=body["merchantReference"],
        is_success=False,
        reason=reason,
        seen=seen,
    )
    return {
        "resultCode": "Refused",
        "refusalReason": reason,
        "refusalReasonCode": code,
        "additionalData": seen,
    }


def take(call: Call, payment: Record, amount: int, reference: str) -> None:
    """Captured money goes into the balance. Of an account on deducted fees less the fee, which nobody is told before
    the settlement report; else all of it. The caller stores the payment."""
    body = payment.body
    card = payment.private.get("card")
    if card and known_card(card).dispute and not body["amount_captured"]:
        call.schedule("adyen_open_dispute", payment.id, call.now + call.settle_seconds)
    fee = fee_minor(amount, body["currency"]) if call.deducts_fees() else 0
    _book(call, payment, "charge", amount, reference, fee=fee)
    body["amount_captured"] += amount
    body["status"] = "captured"


def give_back(call: Call, payment: Record, refund: Record) -> None:
    amount = refund.body["amount"]
    _book(call, payment, "refund", -amount, f"{refund.id}_RF", refund=refund)
    payment.body["amount_refunded"] += amount
    call.save(payment)


def take_back(call: Call, payment: Record, refund: Record) -> None:
    """A refund came back: the money is the merchant's again."""
    amount = refund.body["amount"]
    _book(call, payment, "refund_failure", amount, f"{refund.id}_RR", refund=refund)
    payment.body["amount_refunded"] -= amount
    call.save(payment)


def is_reference_used(call: Call, payment: Record) -> bool:
    """Risk rule "Duplicate Merchant Reference", stored post auth: the reference of a payment that was authorised."""
    rows = call.books.rows(
        "SELECT id FROM metadata WHERE kind = 'payment_intents' AND account = ? AND key = 'charge' AND value = ?",
        (call.account, payment.body["merchantReference"]),
    )
    others = [call.payment(row[0]).body for row in rows if row[0] != payment.id]
    return any(
        other["status"] in AUTHORISED and other["merchantAccount"] == payment.body["merchantAccount"]
        for other in others
    )


def _charge(call: Call, payment: Record, *, status: str) -> None:
    """The same payment as the reports know charges: by its brand and funding."""
    body = payment.body
    details: Body = {"type": body["paymentMethod"]}
    if "card" in payment.private:
        card = known_card(payment.private["card"])
        details = {"card": {"brand": card.brand, "funding": card.funding}}
    call.create(
        "charges",
        {
            "id": payment.id,
            "object": "charge",
            "status": status,
            "customer": body["customer"],
            "payment_intent": payment.id,
            "currency": body["currency"],
            "amount": body["amount"],
            "metadata": body["metadata"],
            "merchantAccount": body["merchantAccount"],
            "payment_method_details": details,
        },
    )


def _book(
    call: Call,
    payment: Record,
    kind: str,
    amount: int,
    reference: str,
    *,
    fee: int = 0,
    refund: Record | None = None,
) -> None:
    body = payment.body
    transaction = shapes.balance_transaction(
        kind=kind,
        source=refund.id if refund else payment.id,
        amount=amount,
        fee=fee,
        currency=body["currency"],
        now=int(call.now),
        description=body["merchantReference"],
    )
    # A modification is known by its own pspReference, in the report as in the notification.
    transaction["id"] = reference
    call.create(
        "balance_transactions",
        transaction,
        {
            "payment_intent": payment.id,
            "charge": payment.id,
            "refund": refund.id if refund else None,
            "metadata": refund.body["metadata"] if refund else body["metadata"],
            "payment_metadata": body["metadata"],
        },
    )

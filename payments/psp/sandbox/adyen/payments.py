"""/payments and /payments/details: authorise, send the shopper to the challenge or to their bank, finish what they did
there."""

from ..books import Body, Record
from ..ids import random_text
from ..stripe.tokens import Card
from .amounts import shown
from .bank_payments import (
    bank_of,
    begin_debit,
    is_bank_payment,
    open_bank_payment,
    shopper_was_there,
    wait_for_shopper,
)
from .banks import BANKS
from .booking import decide, open_payment, refuse
from .call import Call
from .cards import BRANDS, NOT_AUTHENTICATED, known_card
from .refusals import invalid
from .stored import MODELS, card_of

INTERACTIONS = ("Ecommerce", "ContAuth", "Moto")


def create(call: Call) -> Body:
    amount, currency = call.amount()
    is_manual = str(call.mapping("additionalData").get("manualCapture", "")).lower() == "true"
    kind = str(call.mapping("paymentMethod").get("type"))
    if kind in BANKS:
        return _create_at_bank(call, kind, amount, currency, is_manual=is_manual)
    name, stored_id = card_of(call)
    interaction = call.text("shopperInteraction") or ("ContAuth" if stored_id else "Ecommerce")
    model = call.text("recurringProcessingModel")
    if interaction not in INTERACTIONS or (model and model not in MODELS):
        raise invalid("Invalid shopperInteraction or recurringProcessingModel")
    wants_token = call.params.get("storePaymentMethod") is True
    if wants_token and not call.text("shopperReference"):
        raise invalid("Required field 'shopperReference' is not provided.", "130")
    payment = open_payment(
        call,
        amount=amount,
        currency=currency,
        method=BRANDS[known_card(name).brand],
        options={
            "card": name,
            "is_adjustable": call.mapping("additionalData").get("authorisationType") == "PreAuth",
            "capture": "manual" if is_manual else "immediate",
            "store": wants_token and not stored_id,
            "return_url": call.text("returnUrl"),
        },
    )
    if needs_authentication(known_card(name), is_stored=bool(stored_id), interaction=interaction):
        if interaction == "ContAuth":
            return _answer(payment, refuse(call, payment, "38", "Authentication required", seen={}))
        return _redirect(call, payment)
    return _answer(payment, decide(call, payment, is_authenticated=False))


def _create_at_bank(call: Call, kind: str, amount: int, currency: str, *, is_manual: bool) -> Body:
    payment = open_bank_payment(call, kind, amount=amount, currency=currency, is_manual=is_manual)
    if not bank_of(payment).redirects:
        return _answer(payment, begin_debit(call, payment))
    wait_for_shopper(call, payment)
    return _redirect(call, payment)


def needs_authentication(card: Card, *, is_stored: bool, interaction: str) -> bool:
    """A card that was stored with its shopper present may be charged without them."""
    match card.authentication:
        case "always":
            return True
        case "off_session_unless_set_up":
            return not is_stored
        case "unless_off_session":
            return interaction != "ContAuth"
    return False


def details(call: Call) -> Body:
    """The shopper is back: what the challenge came to becomes the payment's result, once."""
    result = call.mapping("details").get("redirectResult")
    reference, _, _ = str(result or "").partition(".")
    payment = call.books.find("payment_intents", call.account, reference)
    if payment is None or not result or payment.private.get("redirect_result") != result:
        raise invalid("Invalid redirectResult", "14_018")
    if "answer" in payment.private:
        return dict(payment.private["answer"])
    if payment.private["is_authenticated"]:
        answer = _answer(payment, decide(call, payment, is_authenticated=True))
    else:
        answer = _answer(payment, refuse(call, payment, *NOT_AUTHENTICATED, seen={}))
    payment.private["answer"] = answer
    call.save(payment)
    return answer


def settle_challenge(call: Call, payment: Record, *, is_passed: bool) -> None:
    """The shopper's verdict on the page; of a card's challenge nothing is authorised before /payments/details."""
    if payment.body["status"] != "requires_action":
        return
    if is_bank_payment(payment):
        result = shopper_was_there(call, payment, has_approved=is_passed)
        payment.private["answer"] = _answer(payment, result)
    else:
        payment.body["status"] = "authenticated"
    payment.private |= {
        "is_authenticated": is_passed,
        "redirect_result": f"{payment.id}.{random_text(40)}",
    }
    call.save(payment)


def _redirect(call: Call, payment: Record) -> Body:
    if not payment.private["return_url"]:
        raise invalid("Return URL is missing.", "14_030")
    payment.body["status"] = "requires_action"
    call.save(payment)
    # As at Adyen: no pspReference before the shopper has been back.
    return {
        "resultCode": "RedirectShopper",
        "action": {
            "method": "GET",
            "paymentMethodType": payment.private.get("bank", "scheme"),
            "type": "redirect",
            "url": f"{call.base_url}/3ds/{payment.id}",
        },
        "merchantReference": payment.body["merchantReference"],
    }


def _answer(payment: Record, result: Body) -> Body:
    body = payment.body
    return {
        "pspReference": payment.id,
        "merchantReference": body["merchantReference"],
        "amount": shown(body["amount"], body["currency"]),
        "paymentMethod": _method_shown(payment),
        **result,
    }


def _method_shown(payment: Record) -> Body:
    if is_bank_payment(payment):
        return {"type": payment.private["bank"]}
    return {"brand": payment.body["paymentMethod"], "type": "scheme"}

"""How a claim begins at Adyen: a magic card's, some time after its capture, or one that is asked for by hand."""

from dataclasses import replace

from ..books import Body, Record
from ..stripe.dispute_shapes import Claim, due_by, network_code
from .call import Call, new_reference
from .cards import BRANDS, known_card
from .dispute_moves import ASKED, CHARGED_BACK, NOTIFIED, step
from .refusals import invalid

FRAUD_WARNING = "early_fraud_warning"
_CLAIMS = {
    "fraudulent": (Claim(),),
    "product_not_received": (Claim(reason="product_not_received"),),
    "inquiry": (Claim(case_type="inquiry"),),
    "fraudulent_ce3_eligible": (Claim(),),
}
_SENTENCES = {
    "fraudulent": "Other Fraud-Card Absent Environment",
    "product_not_received": "Merchandise/Services Not Received",
    "product_unacceptable": "Not as Described or Defective Merchandise/Services",
    "subscription_canceled": "Cancelled Recurring",
    "credit_not_processed": "Credit Not Processed",
    "duplicate": "Duplicate Processing",
}
# What an issuer's request for information is called; the networks have few words for it.
_INQUIRY_CODES = {"visa": "30", "mastercard": "6305"}
_STOLEN_CARD = "1"


def open_by_card(call: Call, payment_id: str) -> bool:
    """Due some time after a magic card's capture. Returns whether there was something to dispute."""
    payment = call.books.find("payment_intents", call.account, payment_id)
    if payment is None:
        return False
    left = payment.body["amount_captured"] - payment.body["amount_refunded"]
    kind = known_card(payment.private["card"]).dispute
    if not left or kind is None:
        return False
    if kind == FRAUD_WARNING:
        warn(call, payment)
        return True
    claims = _claims(kind, payment.body["amount_captured"])
    for claim in claims:
        open_claim(call, payment, claim)
    return bool(claims)


def warn(call: Call, payment: Record) -> Body:
    """The issuer reports fraud; nobody has disputed the payment yet."""
    body = payment.body
    reference = new_reference()
    warning = {
        "id": reference,
        "object": "notification_of_fraud",
        "charge": payment.id,
        "payment_intent": payment.id,
    }
    call.create("early_fraud_warnings", warning)
    call.announce(
        "NOTIFICATION_OF_FRAUD",
        body,
        amount=body["amount"],
        psp_reference=reference,
        merchant_reference=body["merchantReference"],
        original_reference=payment.id,
        reason="Stolen card",
        seen={
            "nofReasonCode": _STOLEN_CARD,
            "nofSchemeCode": body["paymentMethod"],
            "modificationMerchantReferences": "",
        },
    )
    return warning


def open_claim(call: Call, payment: Record, claim: Claim) -> Body:
    """A dispute of the payment; the money is taken at once unless it is only a request for information.

    Raises the refusal of what Adyen does not have: it tells of no claim that ended before it was one."""
    if claim.is_prevented or claim.counter_fee or claim.case_type == "compliance":
        raise invalid("Adyen's face has no prevented disputes, no compliance cases and no fee for defending")
    body = payment.body
    network = known_card(payment.private["card"]).brand
    is_inquiry = claim.case_type == "inquiry"
    code = _INQUIRY_CODES.get(network, "") if is_inquiry else network_code(network, claim.reason) or ""
    dispute = call.create(
        "disputes",
        {
            "id": new_reference(),
            "object": "adyen_dispute",
            "status": "warning_needs_response" if is_inquiry else "needs_response",
            "charge": payment.id,
            "payment_intent": payment.id,
            "merchantAccount": body["merchantAccount"],
            "currency": body["currency"],
            "amount": body["amount_captured"] if claim.amount is None else claim.amount,
            "disputeStatus": "Unresponded" if is_inquiry else "Undefended",
            "scheme": BRANDS[network],
            "reasonCode": claim.network_reason_code or code,
            "reason": _SENTENCES.get(claim.reason, "Other"),
            "defensePeriodEndsAt": due_by(network, int(call.now)),
            "documents": {},
            "defenseReasonCode": None,
            "submissions": 0,
        },
        {"texts": {}, "is_reversed": False, "claim": claim.reason, "is_prevented": False},
    )
    if is_inquiry:
        step(call, dispute, ASKED, "Unresponded")
        await_answer(call, dispute)
    else:
        charge_back(call, dispute)
    return dispute.body


def charge_back(call: Call, dispute: Record) -> None:
    """Notified and debited: at Adyen days lie between the two, here none."""
    body = dispute.body
    if body["status"] != "needs_response":
        network = next(name for name, brand in BRANDS.items() if brand == body["scheme"])
        body |= {
            "status": "needs_response",
            "reasonCode": network_code(network, dispute.private["claim"]) or "",
            "defensePeriodEndsAt": due_by(network, int(call.now)),
            "documents": {},
            "defenseReasonCode": None,
        }
        dispute.private["texts"] = {}
    step(call, dispute, NOTIFIED, "Undefended")
    step(call, dispute, CHARGED_BACK, "Undefended")
    await_answer(call, dispute)


def await_answer(call: Call, dispute: Record) -> None:
    call.schedule("adyen_expire_dispute", dispute.id, dispute.body["defensePeriodEndsAt"] + 1)


def _claims(kind: str, captured: int) -> tuple[Claim, ...]:
    if kind == "multiple":
        first = captured // 2
        return tuple(replace(Claim(), amount=part) for part in (first, captured - first) if part)
    return _CLAIMS.get(kind, ())


WORK = {"adyen_open_dispute": open_by_card}

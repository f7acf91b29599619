"""The shape of a card charge and of its outcome. Builders only, as in `shapes.py`."""

import uuid

from ..books import Body
from ..ids import random_digits
from .bank_tokens import Bank
from .shapes import wallet
from .tokens import Card, Decline

RISK_SCORES = {"normal": 12, "elevated": 65, "highest": 80}


def charge(intent: Body, method: Body, card: Card, now: int, charge_id: str) -> Body:
    """A card charge before its result is known: neither paid nor captured, outcome missing."""
    details = {"card": _charged_card(intent, method, card), "type": "card"}
    return _charge(intent, method, details, now, charge_id)


def bank_charge(
    intent: Body, method: Body, bank: Bank, now: int, charge_id: str, mandate: str | None
) -> Body:
    """A charge that waits for a bank. mandate: the customer's earlier leave; a debit without one obtains it."""
    shown = dict(method[bank.type])
    if bank.takes_days:
        shown["mandate"] = mandate or f"mandate_1{random_digits(20)}"
    details = {bank.type: shown, "type": bank.type}
    return _charge(intent, method, details, now, charge_id) | {"status": "pending"}


def _charge(intent: Body, method: Body, details: Body, now: int, charge_id: str) -> Body:
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": details,
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def _charged_card(intent: Body, method: Body, card: Card) -> Body:
    asked = intent["payment_method_options"]["card"]
    given = method["billing_details"]["address"]

    def feature(name: str) -> str:
        return "available" if asked.get(name) == "if_available" else "unavailable"

    return {
        "amount_authorized": None,
        "authorization_code": None,
        "brand": card.brand,
        "checks": {
            "address_line1_check": card.line1_check or ("pass" if given["line1"] else None),
            "address_postal_code_check": card.postal_code_check or ("pass" if given["postal_code"] else None),
            "cvc_check": card.cvc_check,
        },
        "country": card.country,
        "electronic_commerce_indicator": None,
        "exp_month": method["card"]["exp_month"],
        "exp_year": method["card"]["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": method["card"]["fingerprint"],
        "funding": card.funding,
        "incremental_authorization": {"status": feature("request_incremental_authorization")},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": feature("request_multicapture")},
        "network": card.brand,
        "network_token": {"used": card.network_token},
        "network_transaction_id": _earlier_transaction(asked) or random_digits(15),
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": wallet(card),
    }


def _earlier_transaction(asked: Body) -> str:
    """The network's id of the first charge, where the merchant names it: the network keeps the chain together."""
    exemption = asked.get("mit_exemption")
    return str(exemption.get("network_transaction_id") or "") if isinstance(exemption, dict) else ""


def outcome_approved(card: Card) -> Body:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": card.risk_level,
        "risk_score": RISK_SCORES[card.risk_level],
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def outcome_declined(card: Card, decline: Decline) -> Body:
    if decline.is_blocked:
        network_status, reason, kind = "not_sent_to_network", "highest_risk_level", "blocked"
        message = "Stripe blocked this payment as too risky."
    else:
        network_status, reason, kind = (
            "declined_by_network",
            decline.decline_code or decline.code,
            "issuer_declined",
        )
        message = f"The bank returned the decline code `{reason}`."
    return {
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": network_status,
        "reason": reason,
        "risk_level": card.risk_level,
        "risk_score": RISK_SCORES[card.risk_level],
        "seller_message": message,
        "type": kind,
    }


def authenticated() -> Body:
    """`three_d_secure` of a charge whose cardholder passed the challenge."""
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": str(uuid.uuid4()),
        "version": "2.2.0",
    }

"""The shapes of disputes, early fraud warnings and files, and what the networks call a claim. Builders only."""

from dataclasses import dataclass
from typing import Any

from ..books import Body
from ..ids import new_id
from . import shapes

TEXT_FIELDS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
FILE_FIELDS = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
    "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
FIELDS = (*TEXT_FIELDS, *FILE_FIELDS)

# What each network calls a claim of Stripe's reasons; the first word is what the sandbox has without one.
_CODES = {
    "visa": {
        "fraudulent": "10.4", "product_not_received": "13.1", "product_unacceptable": "13.3",
        "subscription_canceled": "13.2", "credit_not_processed": "13.6", "duplicate": "12.6.1",
        "general": "12.5", "noncompliant": "98.1",
    },
    "mastercard": {
        "fraudulent": "4837", "product_not_received": "4855", "product_unacceptable": "4853",
        "subscription_canceled": "4841", "credit_not_processed": "4860", "duplicate": "4834",
        "general": "4808",
    },
    "amex": {
        "fraudulent": "F29", "product_not_received": "C08", "product_unacceptable": "C31",
        "subscription_canceled": "C28", "credit_not_processed": "C02", "duplicate": "P08", "general": "A02",
    },
    "discover": {
        "fraudulent": "7030", "product_not_received": "4755", "subscription_canceled": "4541",
        "credit_not_processed": "8002", "duplicate": "4534", "general": "4550",
    },
}  # fmt: skip
REASONS = tuple(_CODES["visa"])
DAYS_TO_ANSWER = {"visa": 18, "mastercard": 40, "amex": 14, "diners": 25, "discover": 25, "jcb": 40}
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Claim:
    """What a cardholder claims. amount: minor units, None for all that was captured. is_prevented: resolved with
    the issuer before it became a dispute. counter_fee: what contesting costs, minor units."""

    amount: int | None = None
    reason: str = "fraudulent"
    network_reason_code: str | None = None
    case_type: str = "chargeback"
    is_prevented: bool = False
    counter_fee: int = 0
    eligibility: str | None = None


def dispute(charge: Body, claim: Claim, now: int) -> Body:
    """Just opened: nothing moved yet, an answer is due."""
    card = charge["payment_method_details"]["card"]
    code = claim.network_reason_code or network_code(card["network"], claim.reason)
    is_inquiry = claim.case_type == "inquiry"
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": charge["amount_captured"] if claim.amount is None else claim.amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [claim.eligibility] if claim.eligibility else [],
        "evidence": {**dict.fromkeys(FIELDS), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by(card["network"], now),
            "enhanced_eligibility": _eligibility(claim.eligibility),
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": claim.case_type,
                "network": card["network"],
                "network_reason_code": code,
            },
            "type": "card",
        },
        "reason": claim.reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }


def network_code(network: str, reason: str) -> str | None:
    """What the network calls a claim of one of Stripe's reasons."""
    return _CODES.get(network, {}).get(reason)


def due_by(network: str, now: int) -> int:
    """The last second of the last day, UTC."""
    days = DAYS_TO_ANSWER.get(network, 18)
    return (now // DAY_SECONDS + days + 1) * DAY_SECONDS - 1


def movement(dispute_body: Body, amount: int, fee: int, *, is_counter_fee: bool, now: int) -> Body:
    """A movement of the balance for a dispute: `amount` negative taken, positive given back; both minor units."""
    transaction = shapes.balance_transaction(
        kind="adjustment",
        source=dispute_body["id"],
        amount=amount,
        fee=fee,
        currency=dispute_body["currency"],
        now=now,
        description=f"Chargeback {'reversal ' if amount > 0 else ''}for {dispute_body['charge']}",
    )
    for detail in transaction["fee_details"]:
        detail["description"] = "Dispute countered fee" if is_counter_fee else "Dispute fee"
    return transaction | {
        "available_on": now,
        "status": "available",
        "reporting_category": "dispute_reversal" if amount > 0 else "dispute",
    }


def fraud_warning(charge: Body, now: int) -> Body:
    return {
        "id": new_id("issfr_1"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": now,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }


def file(*, filename: str, purpose: str, size: int, kind: str, base_url: str, now: int) -> Body:
    file_id = new_id("file_1")
    return {
        "id": file_id,
        "object": "file",
        "created": now,
        "expires_at": None,
        "filename": filename,
        "links": shapes.page(f"/v1/file_links?file={file_id}", [], False),
        "purpose": purpose,
        "size": size,
        "title": None,
        "type": kind,
        "url": f"{base_url}/v1/files/{file_id}/contents",
    }


def _eligibility(kind: str | None) -> dict[str, Any]:
    if kind == "visa_compelling_evidence_3":
        missing = ["missing_customer_identifiers", "missing_prior_undisputed_transactions"]
        return {kind: {"required_actions": missing, "status": "requires_action"}}
    return {kind: {"status": "requires_fee_acknowledgement"}} if kind else {}

"""Payment attempts as the API shows them: charges."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.declines import decline_message
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent, TokenKind
from payments.shapes.customers import billing_shape, payment_method_type_shape, shipping_shape, wallet_shape
from payments.shapes.ids import public

SHOWN_STATES = frozenset(
    set(AttemptStatus) - {AttemptStatus.CREATED, AttemptStatus.REQUIRES_ACTION, AttemptStatus.NOT_SENT}
)
"""Attempts that are a charge to the caller: the PSP has, or may have, made one."""

_STATUS = {
    AttemptStatus.SUBMITTING: "pending",
    AttemptStatus.UNKNOWN: "pending",
    AttemptStatus.PENDING: "pending",
    AttemptStatus.DECLINED: "failed",
    AttemptStatus.RETURNED: "failed",
}
_RELEASED = (AttemptStatus.VOIDED, AttemptStatus.EXPIRED)


def charge_shape(attempt: PaymentAttempt, intent: PaymentIntent, *, livemode: bool) -> dict[str, Any]:
    """attempt: read with its payment method, whose billing details are shown."""
    status = _STATUS.get(attempt.status, "succeeded")
    refunded_minor = attempt.amount_minor if attempt.status in _RELEASED else attempt.amount_refunded_minor
    failed = status == "failed"
    captured = attempt.amount_captured_minor > 0
    return {
        "id": attempt.public_id,
        "object": "charge",
        "amount": attempt.amount_minor,
        "amount_captured": attempt.amount_captured_minor,
        "amount_refunded": refunded_minor,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": public("txn", attempt.ledger_entry_id),
        "billing_details": billing_shape(attempt.payment_method.billing_details),
        "calculated_statement_descriptor": intent.statement_descriptor or None,
        "captured": captured,
        "created": to_timestamp(attempt.created_at),
        "currency": attempt.currency,
        "customer": public("cus", intent.customer_id),
        "description": intent.description or None,
        "disputed": attempt.is_disputed,
        "failure_balance_transaction": None,
        "failure_code": attempt.error_code or None if failed else None,
        "failure_message": decline_message(attempt.error_code, attempt.decline_code) if failed else None,
        "fraud_details": {},
        "livemode": livemode,
        "metadata": intent.metadata,
        "on_behalf_of": None,
        "outcome": _outcome(attempt, failed=failed) if status != "pending" else None,
        "paid": status == "succeeded",
        "payment_intent": public("pi", attempt.payment_intent_id),
        "payment_method": public("pm", attempt.payment_method_id),
        "payment_method_details": _method_details(attempt),
        "receipt_email": intent.receipt_email or None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": refunded_minor > 0
        and refunded_minor >= (attempt.amount_captured_minor or attempt.amount_minor),
        "review": None,
        "shipping": shipping_shape(intent.shipping),
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent.statement_descriptor or None,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix or None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(attempt: PaymentAttempt, *, failed: bool) -> dict[str, Any]:
    return {
        "advice_code": None,
        "network_advice_code": attempt.network_advice_code or None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": (attempt.decline_code or attempt.error_code) if failed else None,
        "seller_message": decline_message(attempt.error_code, attempt.decline_code)
        if failed
        else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }


def _method_details(attempt: PaymentAttempt) -> dict[str, Any]:
    method = attempt.payment_method
    if method.type != "card":
        mandate = {"mandate": public("mandate", attempt.mandate_id)} if attempt.mandate_id else {}
        shown = payment_method_type_shape(method)
        return {method.type: {**shown[method.type], **mandate}, "type": method.type}
    facts = attempt.card_facts
    secure = facts.get("three_d_secure_result")
    # Stripe leaves it out where nothing waits for a capture; null it never is.
    expires_at = attempt.authorization_expires_at
    capture_before = {"capture_before": to_timestamp(expires_at)} if expires_at else {}
    return {
        "card": {
            **capture_before,
            "amount_authorized": attempt.amount_minor,
            "authorization_code": attempt.authorization_code or None,
            "brand": facts.get("brand") or None,
            "checks": {
                "address_line1_check": facts.get("avs_line1_check") or None,
                "address_postal_code_check": facts.get("avs_postal_code_check") or None,
                "cvc_check": facts.get("cvc_check") or None,
            },
            "country": facts.get("country") or None,
            "electronic_commerce_indicator": None,
            "exp_month": facts.get("exp_month") or 0,
            "exp_year": facts.get("exp_year") or 0,
            "fingerprint": facts.get("fingerprint") or None,
            "funding": facts.get("funding") or None,
            "installments": None,
            "last4": facts.get("last4") or None,
            "mandate": None,
            "network": facts.get("network") or None,
            "network_token": {"used": True} if attempt.token_kind == TokenKind.NETWORK else None,
            "network_transaction_id": attempt.network_transaction_id or None,
            "regulated_status": None,
            "three_d_secure": _three_d_secure(facts) if secure else None,
            "transaction_link_id": None,
            "wallet": wallet_shape(facts.get("wallet") or "", facts.get("last4") or ""),
        },
        "type": "card",
    }


def _three_d_secure(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "authentication_flow": None,
        "electronic_commerce_indicator": None,
        "exemption_indicator": None,
        "result": facts["three_d_secure_result"],
        "result_reason": None,
        "transaction_id": None,
        "version": facts.get("three_d_secure_version") or None,
    }

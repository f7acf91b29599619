"""Reading Stripe's objects: plain dicts in, outcomes out. No network here."""

from __future__ import annotations

from typing import Any

from foundation.money import Money
from payments.psp.outcomes import (
    CardFacts,
    Declined,
    InquiryOutcome,
    NotFound,
    Outcome,
    Pending,
    RequiresAction,
    Returned,
    Succeeded,
    Unknown,
    Voided,
)
from payments.psp.stripe.amounts import fee_from_stripe, from_stripe

# Soft declines: a later try may pass. Everything else is treated as hard.
# Source: docs.stripe.com/declines/codes, read 2026-11.
RETRYABLE_DECLINES = frozenset(
    {
        "approve_with_id",
        "call_issuer",
        "do_not_honor",
        "generic_decline",
        "insufficient_funds",
        "issuer_not_available",
        "processing_error",
        "reenter_transaction",
        "try_again_later",
        "withdrawal_count_limit_exceeded",
    }
)
_SHOWN_DETAILS = (
    "account_holder_type",
    "account_type",
    "bank_name",
    "routing_number",
    "bank_code",
    "branch_code",
    "bank",
    "bic",
)
NEVER_RETRY_ADVICE = frozenset({"03", "21"})
PAYMENT_INTENT_EXPAND = ["latest_charge", "latest_charge.balance_transaction"]


def reference_of(value: Any) -> str:
    """An id, whether Stripe expanded the object or not."""
    if isinstance(value, dict):
        return str(value.get("id") or "")
    return str(value or "")


def card_facts(charge: dict[str, Any]) -> CardFacts | None:
    details = charge.get("payment_method_details") or {}
    card = details.get("card")
    if not card:
        return None
    checks = card.get("checks") or {}
    secure = card.get("three_d_secure") or {}
    return CardFacts(
        brand=card.get("brand") or "",
        last4=card.get("last4") or "",
        bin=card.get("iin") or "",
        exp_month=card.get("exp_month"),
        exp_year=card.get("exp_year"),
        funding=card.get("funding") or "",
        country=card.get("country") or "",
        fingerprint=card.get("fingerprint") or "",
        network=card.get("network") or "",
        wallet=(card.get("wallet") or {}).get("type") or "",
        cvc_check=checks.get("cvc_check") or "",
        avs_line1_check=checks.get("address_line1_check") or "",
        avs_postal_code_check=checks.get("address_postal_code_check") or "",
        three_d_secure_result=secure.get("result") or "",
        three_d_secure_version=secure.get("version") or "",
    )


def method_details(method: dict[str, Any]) -> tuple[CardFacts, dict[str, str]] | None:
    """Of a method that is no card: what it has of a card's facts, and what only its type has, as Stripe masks it."""
    shown = method.get(method.get("type") or "")
    if not isinstance(shown, dict):
        return None
    facts = CardFacts(
        last4=shown.get("last4") or "",
        country=shown.get("country") or "",
        fingerprint=shown.get("fingerprint") or "",
    )
    details = {name: str(shown[name]) for name in _SHOWN_DETAILS if shown.get(name)}
    return facts, details


def mandate_of(charge: dict[str, Any]) -> str:
    """The mandate's id, which Stripe keeps among the details of a debit's charge."""
    details = charge.get("payment_method_details") or {}
    shown = details.get(details.get("type") or "")
    return reference_of(shown.get("mandate")) if isinstance(shown, dict) else ""


def fee_of(charge: dict[str, Any]) -> Money | None:
    """The fee, once Stripe has booked the charge and the balance transaction was asked for."""
    booked = charge.get("balance_transaction")
    if not isinstance(booked, dict):
        return None
    return fee_from_stripe(booked["fee"], booked["currency"])


def read_payment_intent(intent: dict[str, Any]) -> Outcome:
    """A Stripe payment intent to the outcome it proves. Raises KeyError and the like when it is no such thing."""
    status = intent["status"]
    reference = intent["id"]
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {"id": charge or ""}
    if status in ("succeeded", "requires_capture"):
        currency = intent["currency"]
        card = (charge.get("payment_method_details") or {}).get("card") or {}
        return Succeeded(
            psp_reference=reference,
            psp_charge_reference=charge.get("id") or "",
            amount=from_stripe(intent["amount"], currency),
            captured=from_stripe(intent["amount_received"], currency) if status == "succeeded" else None,
            fee=fee_of(charge) if status == "succeeded" else None,
            card=card_facts(charge),
            network_transaction_id=card.get("network_transaction_id") or "",
            authorization_code=card.get("authorization_code") or charge.get("authorization_code") or "",
            mandate_reference=mandate_of(charge),
        )
    if status == "requires_action":
        redirect = (intent.get("next_action") or {}).get("redirect_to_url") or {}
        return RequiresAction(
            psp_reference=reference,
            url=redirect.get("url") or "",
            return_url=redirect.get("return_url") or "",
        )
    if status == "processing":
        return Pending(
            psp_reference=reference,
            psp_charge_reference=charge.get("id") or "",
            mandate_reference=mandate_of(charge),
        )
    if status == "canceled":
        return Voided(
            psp_reference=reference, is_expiry=intent.get("cancellation_reason") in ("automatic", "expired")
        )
    if charge.get("failure_balance_transaction"):
        # It had succeeded, and money was booked back: no decline of a try, but a return.
        return read_return(charge)
    if status == "requires_payment_method" and intent.get("last_payment_error"):
        return read_decline(intent["last_payment_error"], reference=reference, charge=charge)
    return Unknown(reason=f"stripe_status_{status}")


def read_return(charge: dict[str, Any]) -> Returned:
    """A charge that its bank took back after it had succeeded."""
    return Returned(
        psp_reference=reference_of(charge.get("payment_intent")), code=charge.get("failure_code") or ""
    )


def read_decline(
    error: dict[str, Any], *, reference: str = "", charge: dict[str, Any] | None = None
) -> Declined:
    """Stripe's error object to a decline in our words."""
    decline_code = error.get("decline_code") or ""
    advice = error.get("network_advice_code") or ""
    return Declined(
        code=error.get("code") or "card_declined",
        decline_code=decline_code,
        advice_code=advice,
        message=error.get("message") or "",
        retryable=(decline_code or error.get("code")) in RETRYABLE_DECLINES
        and advice not in NEVER_RETRY_ADVICE,
        psp_reference=reference,
        psp_charge_reference=reference_of(error.get("charge")) or (charge or {}).get("id") or "",
        card=card_facts(charge) if charge else None,
    )


def read_refund(refund: dict[str, Any]) -> Outcome:
    """A Stripe refund to the outcome it proves."""
    status = refund["status"]
    amount = from_stripe(refund["amount"], refund["currency"])
    if status == "succeeded":
        return Succeeded(psp_reference=refund["id"], amount=amount)
    if status in ("pending", "requires_action"):
        return Pending(psp_reference=refund["id"])
    if status in ("failed", "canceled"):
        return Declined(
            code="refund_failed",
            decline_code=refund.get("failure_reason") or status,
            psp_reference=refund["id"],
        )
    return Unknown(reason=f"stripe_refund_status_{status}")


def read_setup_intent(setup: dict[str, Any]) -> Outcome:
    """A Stripe setup intent to the outcome it proves; it moves no money, so the amount is zero."""
    status = setup["status"]
    if status == "succeeded":
        return Succeeded(
            psp_reference=setup["id"],
            amount=Money.zero("usd"),
            mandate_reference=reference_of(setup.get("mandate")),
        )
    if status == "requires_action":
        redirect = (setup.get("next_action") or {}).get("redirect_to_url") or {}
        return RequiresAction(psp_reference=setup["id"], url=redirect.get("url") or "")
    if status == "processing":
        return Pending(psp_reference=setup["id"])
    if status == "canceled":
        return Voided(psp_reference=setup["id"])
    if setup.get("last_setup_error"):
        return read_decline(setup["last_setup_error"], reference=setup["id"])
    return Unknown(reason=f"stripe_setup_status_{status}")


def read_saved(shape: dict[str, Any]) -> Outcome:
    """A customer or a payment method that Stripe has kept; it moves no money, so the amount is zero."""
    return Succeeded(psp_reference=shape["id"], amount=Money.zero("usd"))


def read_capture(intent: dict[str, Any], *, amount: Money, captured_before: Money) -> InquiryOutcome:
    """Whether a capture of `amount` is among what Stripe says it received of the intent, beyond captured_before."""
    received = from_stripe(intent["amount_received"], intent["currency"])
    taken = received - captured_before
    if intent["status"] == "canceled":
        return Declined(code="payment_intent_canceled", psp_reference=intent["id"])
    if taken.amount_minor <= 0:
        return NotFound()
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    return Succeeded(
        psp_reference=intent["id"],
        psp_charge_reference=charge.get("id") or "",
        amount=taken,
        captured=taken,
        fee=fee_of(charge),
    )


def read_increment(intent: dict[str, Any], *, amount: Money) -> InquiryOutcome:
    """Whether the intent is authorized for at least `amount`; with less, the increment is not (yet) there."""
    authorized = from_stripe(intent["amount"], intent["currency"])
    if intent["status"] != "requires_capture":
        return Declined(code=f"payment_intent_{intent['status']}", psp_reference=intent["id"])
    if authorized.currency != amount.currency or authorized < amount:
        return NotFound()
    return Succeeded(psp_reference=intent["id"], amount=authorized)


def settled_or_unknown(outcome: InquiryOutcome) -> Outcome:
    """Of the answer of a call: a success that does not show what was asked for is no answer."""
    return Unknown(reason="stripe_answer_without_effect") if isinstance(outcome, NotFound) else outcome

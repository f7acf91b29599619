"""Declines in plain words: Stripe's decline codes, what they mean to an agent, and whether a later try may pass.

Source: docs.stripe.com/declines/codes, read 2026-11; the sentences are ours.
"""

from __future__ import annotations

_SENTENCES: dict[str, str] = {
    "approve_with_id": "The issuer could not authorize the payment. Try again; else the customer calls the bank.",
    "authentication_required": "The issuer wants the customer to authenticate at the checkout.",
    "call_issuer": "The card was declined. The customer has to ask the bank why.",
    "card_not_supported": "The card does not support this kind of purchase.",
    "card_velocity_exceeded": "The customer went over the card's limit.",
    "currency_not_supported": "The card does not support this currency.",
    "do_not_honor": "The card was declined. The customer has to ask the bank why.",
    "duplicate_transaction": "The same amount was charged to this card moments ago.",
    "expired_card": "The card has expired.",
    "fraudulent": "The payment was declined as possibly fraudulent. Do not tell the customer why.",
    "generic_decline": "The card was declined. The customer has to ask the bank why.",
    "highest_risk_level": "The payment was blocked because its risk is too high.",
    "incorrect_cvc": "The security code is wrong.",
    "incorrect_pin": "The PIN is wrong.",
    "incorrect_zip": "The postal code is wrong.",
    "invalid_amount": "The issuer does not accept this amount.",
    "incorrect_number": "The card number is wrong.",
    "insufficient_funds": "There is not enough money on the card.",
    "issuer_not_available": "The issuer could not be reached. Try again later.",
    "lost_card": "The card was reported lost. Do not tell the customer why.",
    "pickup_card": "The card can not be used. Do not tell the customer why.",
    "pin_try_exceeded": "The PIN was wrong too often. The customer has to use another card.",
    "processing_error": "The PSP made an error. Try again later.",
    "psp_rate_limited": "The PSP asked us to slow down. Try again in a moment.",
    "reenter_transaction": "The issuer could not read the payment. Try again.",
    "restricted_card": "The card can not be used for this payment.",
    "revocation_of_all_authorizations": "The customer forbade all further charges to this card.",
    "revocation_of_authorization": "The customer forbade this charge.",
    "stolen_card": "The card was reported stolen. Do not tell the customer why.",
    "transaction_not_allowed": "The issuer does not allow this payment.",
    "try_again_later": "The card was declined for an unknown reason. Try again later.",
    "withdrawal_count_limit_exceeded": "The customer went over the card's limit.",
    "amount_not_representable": "The PSP can not express this amount.",
}

HARD_DECLINES = frozenset(
    {
        "authentication_required",
        "highest_risk_level",
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "transaction_not_allowed",
    }
)
"""No later try may pass without a new method (shared/reference/billing_cases.md, closing decisions)."""

FALLBACK = "The card was declined."


def decline_message(code: str, decline_code: str) -> str:
    """One sentence for a decline, by its decline code, else its code."""
    return _SENTENCES.get(decline_code) or _SENTENCES.get(code) or FALLBACK

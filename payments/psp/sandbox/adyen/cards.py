"""The sandbox's magic cards in Adyen's words: refusals, checks, brands.

A card comes as `encryptedCardNumber`: one of the magic names of `stripe/tokens.py`, with `test_` before it or not.
Source: https://docs.adyen.com/development-resources/refusal-reasons and .../avs-check, read 2026-11.
"""

from ..books import Body
from ..stripe.tokens import EXPIRY, Card, Decline, card_named, card_of_token

BRANDS = {"visa": "visa", "mastercard": "mc", "amex": "amex", "discover": "discover", "diners": "diners",
          "jcb": "jcb", "unionpay": "cup"}  # fmt: skip
_REASONS: dict[str, tuple[str, str]] = {
    "approve_with_id": ("3", "Referral"),
    "authentication_required": ("38", "Authentication required"),
    "call_issuer": ("3", "Referral"),
    "card_not_supported": ("10", "Not supported"),
    "card_velocity_exceeded": ("28", "Withdrawal amount exceeded"),
    "do_not_honor": ("27", "Declined Non Generic"),
    "expired_card": ("6", "Expired Card"),
    "fraudulent": ("20", "FRAUD"),
    "incorrect_cvc": ("24", "CVC Declined"),
    "incorrect_number": ("8", "Invalid Card Number"),
    "insufficient_funds": ("12", "Not enough balance"),
    "issuer_not_available": ("9", "Issuer Unavailable"),
    "lost_card": ("5", "Blocked Card"),
    "pickup_card": ("5", "Blocked Card"),
    "processing_error": ("4", "Acquirer Error"),
    "revocation_of_all_authorizations": ("26", "Revocation Of Auth"),
    "revocation_of_authorization": ("26", "Revocation Of Auth"),
    "stolen_card": ("5", "Blocked Card"),
    "transaction_not_allowed": ("23", "Transaction Not Permitted"),
    "try_again_later": ("9", "Issuer Unavailable"),
    "withdrawal_count_limit_exceeded": ("29", "Withdrawal count exceeded"),
}
_GENERIC = ("2", "Refused")
NOT_AUTHENTICATED = ("11", "3D Not Authenticated")
FRAUD = ("20", "FRAUD")
WALLETS = {"applepay": "applePayToken", "googlepay": "googlePayToken"}
"""Where a wallet's token stands."""
_CVC = {"pass": "1 Matches", "fail": "2 Doesn't match"}
_AVS = {
    ("pass", "pass"): "7 Both postal code and address match",
    ("pass", "fail"): "1 Address matches, but the postal code doesn't match",
    ("fail", "pass"): "6 Postal code matches, but the address doesn't match",
    ("fail", "fail"): "2 Neither postal code nor address match",
    ("unavailable", "unavailable"): "5 No AVS data provided",
}


def card_called(number: object) -> tuple[str, Card] | None:
    """The magic card behind an encrypted card number."""
    return card_of_token(number.removeprefix("test_")) if isinstance(number, str) else None


def card_in_wallet(method: Body) -> tuple[str, Card] | None:
    """The magic card in a wallet's token: `pm_card_applePay` as `applePayToken`, and the like."""
    magic = card_called(method.get(WALLETS[str(method["type"])]))
    return magic if magic and _wallet_of(magic[1]) == method["type"] else None


def _wallet_of(card: Card) -> str:
    return card.wallet.replace("_", "")


def known_card(name: str) -> Card:
    card = card_named(name)
    if card is None:
        raise LookupError(f"the books name an unknown card {name!r}")
    return card


def reason_of(decline: Decline) -> tuple[str, str]:
    """refusalReasonCode and refusalReason."""
    return _REASONS.get(decline.decline_code or decline.code, _GENERIC)


def seen_of(card: Card, psp_reference: str, *, is_authenticated: bool) -> Body:
    """additionalData of an authorisation, approved or not. Every value is a text, as at Adyen."""
    brand = BRANDS[card.brand]
    month, year = EXPIRY
    avs = _AVS.get(
        (card.line1_check or "", card.postal_code_check or ""), "4 AVS not supported for this card type"
    )
    return {
        "avsResult": avs,
        "cardSummary": card.last4,
        "cvcResult": _CVC.get(card.cvc_check, "0 Unknown"),
        "expiryDate": f"{month}/{year}",
        "fundingSource": card.funding.upper(),
        "cardIssuingCountry": card.country,
        "networkTxReference": f"NTX{psp_reference}",
        "paymentMethod": brand,
        "paymentMethodVariant": f"{brand}_{_wallet_of(card)}" if card.wallet else f"{brand}{card.funding}",
        "threeDAuthenticated": str(is_authenticated).lower(),
        "threeDOffered": str(is_authenticated).lower(),
        **({"threeDSVersion": "2.2.0", "threeDAuthenticatedResponse": "Y"} if is_authenticated else {}),
    }


def seen_of_decline(decline: Decline) -> Body:
    """What additionalData says beyond that of a refusal."""
    raw = f"{decline.network_decline_code or '05'} : {reason_of(decline)[1]}"
    advice = decline.network_advice_code
    return {"refusalReasonRaw": raw} | (
        {"merchantAdviceCode": f"{advice} : Network advice"} if advice else {}
    )

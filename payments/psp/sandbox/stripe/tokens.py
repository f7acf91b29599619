"""Stripe's magic cards as data: `pm_card_<name>` and `tok_<name>`, and what each does.

Source: https://docs.stripe.com/testing (test PaymentMethods and tokens),
https://docs.stripe.com/declines/codes and https://docs.stripe.com/declines/network-codes, read 2026-11.
Besides Stripe's own names there is one family of the sandbox's:
`pm_card_sandbox_<brand>_<decline_code>[_<network advice code>]`, since Stripe has no test card for each
network advice that retry rules must obey.
"""

import re
from dataclasses import dataclass, replace

from .bank_tokens import BANKS, Bank


@dataclass(frozen=True, slots=True)
class Decline:
    code: str  # error.code and charge.failure_code
    decline_code: str | None
    message: str
    network_decline_code: str | None = None
    advice_code: str | None = None
    network_advice_code: str | None = None
    is_blocked: bool = False  # by Stripe's own risk rules: the network never saw it
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    last4: str = "4242"
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    declines_setup: bool = True  # a declining card is already refused when attached or set up
    # none | optional (only when asked for) | always | off_session_unless_set_up | unless_off_session
    authentication: str = "none"
    refund: str = "instant"  # instant | pending (succeeds later) | fails (later)
    dispute: str | None = None  # which claim follows (`disputing.py`); charging works normally
    line1_check: str | None = None
    postal_code_check: str | None = None
    cvc_check: str = "pass"
    risk_level: str = "normal"
    wallet: str = ""  # apple_pay or google_pay
    bank: Bank | None = None  # what is no card at all
    network_token: bool = False  # kept as a token of its network: `pm_card_<name>_networkToken`


_DECLINED = "Your card was declined."

GENERIC = Decline("card_declined", "generic_decline", _DECLINED, "01", "try_again_later")
INSUFFICIENT_FUNDS = Decline(
    "card_declined", "insufficient_funds", "Your card has insufficient funds.", "51", "try_again_later"
)
LOST_CARD = Decline("card_declined", "lost_card", _DECLINED, "41", "do_not_try_again")
STOLEN_CARD = Decline("card_declined", "stolen_card", _DECLINED, "43", "do_not_try_again")
EXPIRED_CARD = Decline(
    "expired_card", None, "Your card has expired.", "54", "confirm_card_data", param="exp_month"
)
INCORRECT_CVC = Decline(
    "incorrect_cvc", None, "Your card's security code is incorrect.", "N7", "confirm_card_data", param="cvc"
)
PROCESSING_ERROR = Decline(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
    "96",
    "try_again_later",
)
VELOCITY = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "65",
    "try_again_later",
)
FRAUDULENT = Decline("card_declined", "fraudulent", _DECLINED, is_blocked=True)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "1A",
)

CARDS: dict[str, Card] = {
    "visa": Card(),
    "visa_debit": Card("5556", funding="debit"),
    "mastercard": Card("4444", "mastercard"),
    "mastercard_debit": Card("8210", "mastercard", funding="debit"),
    "mastercard_prepaid": Card("5100", "mastercard", funding="prepaid"),
    "amex": Card("8431", "amex"),
    "discover": Card("9424", "discover"),
    "diners": Card("0004", "diners"),
    "jcb": Card("0505", "jcb", "JP"),
    "unionpay": Card("0005", "unionpay", "CN"),
    # Declines
    "chargeDeclined": Card("0002", decline=GENERIC),
    "chargeDeclinedInsufficientFunds": Card("9995", decline=INSUFFICIENT_FUNDS),
    "chargeDeclinedLostCard": Card("9987", decline=LOST_CARD),
    "chargeDeclinedStolenCard": Card("9979", decline=STOLEN_CARD),
    "chargeDeclinedExpiredCard": Card("0069", decline=EXPIRED_CARD),
    "chargeDeclinedIncorrectCvc": Card("0127", decline=INCORRECT_CVC, cvc_check="fail"),
    "chargeDeclinedProcessingError": Card("0119", decline=PROCESSING_ERROR),
    "chargeDeclinedVelocityLimitExceeded": Card("6975", decline=VELOCITY),
    "chargeDeclinedFraudulent": Card("0019", decline=FRAUDULENT, risk_level="highest"),
    "chargeCustomerFail": Card("0341", decline=GENERIC, declines_setup=False),
    "radarBlock": Card("0019", decline=FRAUDULENT, declines_setup=False, risk_level="highest"),
    "riskLevelHighest": Card("4954", risk_level="highest"),
    "riskLevelElevated": Card("9235", risk_level="elevated"),
    # Authentication
    "authenticationRequired": Card("3184", country="DE", authentication="always"),
    "authenticationRequiredOnSetup": Card("3155", country="FR", authentication="off_session_unless_set_up"),
    "authenticationRequiredSetupForOffSession": Card(
        "0446", country="IT", authentication="unless_off_session"
    ),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "3178",
        country="GB",
        decline=INSUFFICIENT_FUNDS,
        declines_setup=False,
        authentication="unless_off_session",
    ),
    "threeDSecureRequired": Card("3063", authentication="always"),
    "threeDSecure2Required": Card("3220", country="IE", authentication="always"),
    "threeDSecureRequiredChargeDeclined": Card("1629", decline=GENERIC, authentication="always"),
    "threeDSecureRequiredProcessingError": Card("1280", decline=PROCESSING_ERROR, authentication="always"),
    "threeDSecureOptional": Card("3055", authentication="optional"),
    "threeDSecureOptionalProcessingError": Card("3097", authentication="none"),
    "amex_threeDSecureNotSupported": Card("0005", "amex"),
    # Refunds
    "pendingRefund": Card("7726", refund="pending"),
    "refundFail": Card("5126", refund="fails"),
    # Disputes: the charge is booked normally, and disputed some time later.
    "createDispute": Card("0259", dispute="fraudulent"),
    "createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "createDisputeInquiry": Card("1976", dispute="inquiry"),
    "createIssuerFraudRecord": Card("5423", dispute="early_fraud_warning"),
    "createMultipleDisputes": Card("0079", dispute="multiple"),
    "createCeDisputeEligible": Card("0038", dispute="fraudulent_ce3_eligible"),
    "createComplianceDispute": Card("0779", dispute="compliance"),
    # The sandbox's own: Stripe has no test card for a claim settled before it becomes a dispute.
    "sandbox_rapid_resolution": Card("0259", dispute="rapid_resolution"),
    # Checks and funds
    "cvcCheckFail": Card("0101", cvc_check="fail"),
    "avsFail": Card("0010", line1_check="fail", postal_code_check="fail"),
    "avsLine1Fail": Card("0028", line1_check="fail", postal_code_check="pass"),
    "avsZipFail": Card("0036", line1_check="pass", postal_code_check="fail"),
    "avsUnchecked": Card("0044", line1_check="unavailable", postal_code_check="unavailable"),
    "bypassPending": Card("0077"),
    "bypassPendingInternational": Card("0278", country="IE"),
    "domesticPricing": Card("0077"),
    "us": Card(),
}

_COUNTRY_LAST4 = {
    "br": "0002", "ca": "0000", "mx": "8001", "at": "0008", "be": "0004", "bg": "0006", "cy": "0009",
    "cz": "0002", "dk": "0001", "ee": "0009", "fi": "0001", "fr": "0003", "de": "0016", "gr": "0008",
    "hu": "0005", "ie": "0005", "it": "0008", "lv": "0005", "li": "0004", "lt": "0000", "lu": "0006",
    "mt": "0009", "nl": "0002", "no": "0003", "pl": "0005", "pt": "0007", "ro": "0001", "si": "0006",
    "sk": "0001", "es": "0007", "se": "0008", "ch": "0009", "gb": "0000", "ae": "0001", "au": "0006",
    "cn": "0002", "hk": "0004", "in": "0008", "jp": "0003", "my": "0008", "nz": "0008", "sg": "0008",
    "tw": "0000", "th": "0003",
}  # fmt: skip
CARDS.update({code: Card(last4, country=code.upper()) for code, last4 in _COUNTRY_LAST4.items()})
CARDS["gb_debit"] = Card("0005", country="GB", funding="debit")

# Wallets hand out a card's token of their own; the sandbox's names, since Stripe's come from a real device.
CARDS |= {
    "applePay": Card(wallet="apple_pay"),
    "googlePay": Card("1111", wallet="google_pay"),
    "applePay_chargeDeclined": Card("0002", decline=GENERIC, declines_setup=False, wallet="apple_pay"),
}
CARDS |= {name: Card(bank.last4, "", bank.country, "", bank=bank) for name, bank in BANKS.items()}

_SANDBOX_DECLINE = re.compile(
    r"sandbox_(?P<brand>visa|mastercard|amex|discover)_(?P<code>[a-z]+(?:_[a-z]+)*)(?:_(?P<advice>\d\d))?"
)
_BRAND_INFIX = re.compile(r"^(visa|mastercard)_(?=chargeDeclined)")

EXPIRY = (12, 2034)  # fixed, so that a token is the same card on every day


_NETWORK_TOKEN = "_networkToken"  # noqa: S105 - the end of a name


def card_named(name: str) -> Card | None:
    """`visa`, `chargeDeclined`, `visa_chargeDeclined`… without the `pm_card_` or `tok_` prefix."""
    known = CARDS.get(name)
    if known:
        return known
    if name.endswith(_NETWORK_TOKEN):
        card = card_named(name.removesuffix(_NETWORK_TOKEN))
        return replace(card, network_token=True) if card else None
    infix = _BRAND_INFIX.match(name)
    if infix and name[infix.end() :] in CARDS:
        return replace(CARDS[name[infix.end() :]], brand=infix.group(1))
    match = _SANDBOX_DECLINE.fullmatch(name)
    if match is None:
        return None
    decline = Decline(
        "card_declined",
        match["code"],
        _DECLINED,
        "05",
        "do_not_try_again" if match["advice"] in ("03", "21") else "try_again_later",
        match["advice"],
    )
    return Card("0002", match["brand"], decline=decline, declines_setup=False)


def card_of_token(token: str) -> tuple[str, Card] | None:
    """Name and card of `pm_card_visa` or `tok_visa`; None when it is no magic token."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            name = token.removeprefix(prefix)
            card = card_named(name)
            return (name, card) if card else None
    name = token.removeprefix("pm_")
    return (name, CARDS[name]) if name in BANKS and name != token else None

"""Reading Adyen's answers: plain dicts in, outcomes out. No network here."""

from __future__ import annotations

from typing import Any

from foundation.money import Money
from payments.psp.adyen.amounts import from_adyen
from payments.psp.adyen.methods import HOUSE_NAMES, WALLETS
from payments.psp.adyen.refusals import NEVER_RETRY_ADVICE, REFUSALS, UNKNOWN_REASON
from payments.psp.methods import CARD
from payments.psp.outcomes import (
    CardFacts,
    Declined,
    Outcome,
    Pending,
    RequiresAction,
    Succeeded,
    Unknown,
)

BRANDS = {"mc": "mastercard", "cup": "unionpay"}
_PASS, _FAIL, _UNCHECKED = "pass", "fail", "unchecked"
# (street, postal code) by the number that avsResult begins with.
# Source: docs.adyen.com/risk-management/avs-checks, read 2026-11.
_AVS: dict[str, tuple[str, str]] = {
    "1": (_PASS, _FAIL),
    "2": (_FAIL, _FAIL),
    "3": (_UNCHECKED, _UNCHECKED),
    "4": ("unavailable", "unavailable"),
    "5": ("", ""),
    "6": (_FAIL, _PASS),
    "7": (_PASS, _PASS),
}
_CVC = {"1": _PASS, "2": _FAIL, "3": _UNCHECKED, "4": _UNCHECKED, "5": "unavailable"}


def read_payment(answer: dict[str, Any], *, asked: Money, is_captured: bool) -> Outcome:
    """The answer of /payments and /payments/details. is_captured: Adyen takes at once what it authorises."""
    result = answer["resultCode"]
    reference = str(answer.get("pspReference") or "")
    if result == "Authorised":
        return authorised(answer, reference, asked=asked, is_captured=is_captured)
    if result in ("Refused", "Cancelled", "Error"):
        return read_refusal(
            str(answer.get("refusalReasonCode") or ""),
            str(answer.get("refusalReason") or result),
            seen=answer.get("additionalData") or {},
            reference=reference,
        )
    if result in ("RedirectShopper", "ChallengeShopper", "IdentifyShopper"):
        return RequiresAction(psp_reference=reference, url=str(answer["action"].get("url") or ""))
    if result in ("Pending", "Received"):
        return received(answer, reference)
    return Unknown(reason=f"adyen_result_{result}"[:255])


def received(answer: dict[str, Any], reference: str) -> Outcome:
    """Accepted, from an answer or a notification: who decides (a bank, a lender) takes its time."""
    if not reference:
        return Unknown(reason="adyen_received_without_reference")
    return Pending(psp_reference=reference, mandate_reference=_mandate(answer.get("additionalData") or {}))


def authorised(answer: dict[str, Any], reference: str, *, asked: Money, is_captured: bool) -> Outcome:
    """An approved authorisation, from an answer or a notification. No reference: no proof of anything."""
    if not reference:
        return Unknown(reason="adyen_authorised_without_reference")
    seen = answer.get("additionalData") or {}
    amount = from_adyen(answer["amount"]) if answer.get("amount") else asked
    return Succeeded(
        psp_reference=reference,
        psp_charge_reference=reference,
        amount=amount,
        captured=amount if is_captured else None,
        # Adyen never tells a fee with a payment: it is invoiced, or comes with the settlement report.
        fee=Money.zero(amount.currency) if is_captured else None,
        card=card_facts(seen),
        network_transaction_id=str(seen.get("networkTxReference") or "")[:64],
        authorization_code=str(seen.get("authCode") or "")[:32],
        mandate_reference=_mandate(seen),
    )


def read_refusal(code: str, reason: str, *, seen: dict[str, Any], reference: str) -> Declined:
    known = REFUSALS.get(code, UNKNOWN_REASON)
    advice = str(seen.get("merchantAdviceCode") or "").partition(":")[0].strip()
    return Declined(
        code=known.code,
        decline_code=known.decline_code,
        advice_code=advice,
        message=str(seen.get("refusalReasonRaw") or reason),
        retryable=known.retryable and advice not in NEVER_RETRY_ADVICE,
        psp_reference=reference,
        card=card_facts(seen),
    )


def read_received(answer: dict[str, Any]) -> Outcome:
    """A modification: accepted, and nothing proven before its notification."""
    if answer["status"] != "received":
        return Unknown(reason=f"adyen_status_{answer['status']}"[:255])
    return Pending(psp_reference=str(answer["pspReference"]))


def read_setup(answer: dict[str, Any]) -> Outcome:
    """A check of the card for nothing; it moves no money, so the amount is zero."""
    return read_payment(answer, asked=Money.zero("usd"), is_captured=False)


def read_stored(answer: dict[str, Any]) -> Outcome:
    return Succeeded(psp_reference=str(answer["id"]), amount=Money.zero("usd"))


def card_facts(seen: dict[str, Any]) -> CardFacts | None:
    """additionalData to what was seen of the card; None when it says nothing."""
    method = str(seen.get("paymentMethod") or "")
    if not method or HOUSE_NAMES.get(method, CARD) != CARD:
        return None
    month, _, year = str(seen.get("expiryDate") or "").partition("/")
    street, postal_code = _AVS.get(_number(seen.get("avsResult")), ("", ""))
    secured = seen.get("threeDAuthenticated") == "true"
    brand = BRANDS.get(method, method)
    return CardFacts(
        brand=brand,
        last4=str(seen.get("cardSummary") or ""),
        exp_month=int(month) if month.isdecimal() else None,
        exp_year=int(year) if year.isdecimal() else None,
        funding=str(seen.get("fundingSource") or "").lower(),
        country=str(seen.get("cardIssuingCountry") or ""),
        network=brand,
        wallet=WALLETS.get(str(seen.get("paymentMethodVariant") or "").rpartition("_")[2], ""),
        cvc_check=_CVC.get(_number(seen.get("cvcResult")), ""),
        avs_line1_check=street,
        avs_postal_code_check=postal_code,
        three_d_secure_result="authenticated" if secured else "",
        three_d_secure_version=str(seen.get("threeDSVersion") or ""),
    )


def _mandate(seen: dict[str, Any]) -> str:
    return str(seen.get("sepadirectdebit.mandateId") or "")


def _number(text: Any) -> str:
    return str(text or "").partition(" ")[0]

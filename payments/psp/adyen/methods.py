"""Payment methods under Adyen's names and ours, and what a token says of itself.

A token of what is no card is the `paymentMethod` object that Adyen's component gave the browser, as JSON.
Source: docs.adyen.com/payment-methods, and .../risk-management/chargeback-guidelines for what comes back; read 2026-11.
"""

from __future__ import annotations

import json
import re
from typing import Any

from payments.psp.methods import CARD
from payments.psp.outcomes import CardFacts

CARD_TYPE = "scheme"
WALLETS = {"applepay": "apple_pay", "googlepay": "google_pay"}
"""What hands out a card's token of its own."""
HOUSE_NAMES = {
    CARD_TYPE: CARD,
    **dict.fromkeys(WALLETS, CARD),
    "ach": "us_bank_account",
    "ideal": "ideal",
    "klarna": "klarna",
    "klarna_account": "klarna",
    "klarna_paynow": "klarna",
    "sepadirectdebit": "sepa_debit",
    "upi_collect": "upi",
    "upi_intent": "upi",
}
# The bank's code of a debit that came back, in the vocabulary of charge failures.
RETURN_CODES = {
    "AC01": "no_account",
    "AC04": "account_closed",
    "AC06": "bank_account_restricted",
    "AM04": "insufficient_funds",
    "MD01": "debit_not_authorized",
    "MD06": "debit_not_authorized",
    "MS02": "debit_not_authorized",
    "SL01": "bank_account_restricted",
    "R01": "insufficient_funds",
    "R02": "account_closed",
    "R03": "no_account",
    "R04": "no_account",
    "R05": "debit_not_authorized",
    "R07": "debit_not_authorized",
    "R10": "debit_not_authorized",
    "R16": "bank_account_restricted",
    "R29": "debit_not_authorized",
}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def fields_of(token: str) -> dict[str, Any]:
    """The paymentMethod object of a token. Raises ValueError for what is no JSON though it begins like it."""
    if not token.startswith("{"):
        return {"type": CARD_TYPE, "encryptedCardNumber": token}
    found = json.loads(token)
    if not isinstance(found, dict):
        raise ValueError("A token is a JSON object.")
    return found


def type_of(token: str) -> str:
    """The house's name of what a token pays with; empty for what no connector of ours charges. Raises ValueError."""
    return HOUSE_NAMES.get(str(fields_of(token).get("type") or CARD_TYPE), "")


def facts_of(fields: dict[str, Any]) -> CardFacts:
    """What a bank's token tells of the account: of an IBAN its country and end, of anything encrypted nothing."""
    iban = str(fields.get("iban") or "").replace(" ", "").upper()
    if not _IBAN.fullmatch(iban):
        return CardFacts()
    return CardFacts(last4=iban[-4:], country=iban[:2])

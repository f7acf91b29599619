"""Make a token of what is no card for Adyen: the paymentMethod object itself, which Adyen takes with each payment.

Source: https://docs.adyen.com/payment-methods (sepa-direct-debit, ach-direct-debit, ideal, upi, klarna), read 2026-11.
"""

from __future__ import annotations

import json

from foundation.money import Money
from payments.psp.adyen import describing
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.outcomes import CardFacts, Declined, Outcome, Succeeded, Unknown
from payments.psp.port import Credentials

_ADYENS_TYPES = {"sepa_debit": "sepadirectdebit", "us_bank_account": "ach", "upi": "upi_collect"}
# Of the details, by Adyen's names.
_ADYENS_NAMES = {
    "iban": "iban",
    "account_number": "bankAccountNumber",
    "routing_number": "bankLocationId",
    "account_type": "bankAccountType",
    "vpa": "virtualPaymentAddress",
}


def make(credentials: Credentials, request: MakeTokenRequest) -> MadeToken:
    """Asks only whether the merchant account has the method. Safe to repeat."""
    fields = {"type": _ADYENS_TYPES.get(request.type, request.type)}
    fields |= {
        _ADYENS_NAMES[name]: str(text) for name, text in request.details.items() if name in _ADYENS_NAMES
    }
    if "iban" in fields or "bankAccountNumber" in fields:
        fields["ownerName"] = request.billing.get("name", "")
    token = json.dumps(fields)
    described = describing.describe(credentials, token)
    if described.card is None:
        return MadeToken(outcome=_refusal(described.call.outcome), call=described.call)
    facts = described.card
    if number := request.details.get("account_number"):
        facts = CardFacts(last4=str(number)[-4:], country="US")
    made = Succeeded(psp_reference="", amount=Money.zero("usd"))
    return MadeToken(outcome=made, call=described.call, token=token, facts=facts, details=described.details)


def _refusal(word: str) -> Outcome:
    if word.startswith("unknown"):
        return Unknown(reason=word)
    return Declined(code="method_not_offered", message="The merchant account does not offer this method.")
